//! `#[form(creates = Model)]`: a form from which a row is made. What it does not show, the view gives, by name and type.

use vauban_orm::actor::actions::Add;
use vauban_orm::columns::Assignment;
use vauban_orm::{Columns, Create, Model, Writes};

use super::clean::Clean;
use super::form::{Form, FormFields};
use crate::{Error, Respond};

/// A form that adds rows of a model: `#[form(creates = Article, given(author: Id<User>))]`. Each of its fields is the column of the
/// same name, and so is each that is given; together they are all that a new row needs, or the form does not compile.
#[diagnostic::on_unimplemented(
    message = "the form `{Self}` does not say which model it adds rows to",
    label = "no `#[form(creates = …)]` on this form",
    note = "write `#[form(creates = Article)]` on `{Self}`, and what a new row needs beside its fields: `given(author: Id<User>)`"
)]
pub trait Creates: FormFields {
    /// Whose rows.
    type New: Model;

    /// What the view gives: the struct that the derive wrote, `ArticleFormGiven { author: user.id }`, or `()`.
    type Given;

    /// The columns' values. A field that the request does not have says nothing.
    #[doc(hidden)]
    fn values(&self, given: Self::Given, columns: &Columns<Self::New>) -> Vec<Assignment<Self::New>>;
}

impl<F: FormFields> Clean<F> {
    /// Adds the row that the form describes, if the model's add rule allows it. What the database refuses is said in the form.
    ///
    /// ```ignore
    /// let given = ArticleFormGiven { author: user.id };
    /// let article = clean.create(&db, given, |form| NewPage { form }).await?;
    /// ```
    ///
    /// # Errors
    /// The page, or the database's error.
    pub async fn create<P: Respond + 'static>(
        self,
        db: &dyn Writes<Add, F::New>,
        given: F::Given,
        page: impl FnOnce(Form<F>) -> P,
    ) -> Result<F::New, Error>
    where
        F: Creates,
    {
        match self.new_row(given).save(db).await {
            Ok(row) => Ok(row),
            Err(error) => Err(self.explain(error, page)),
        }
    }

    /// The row, not yet saved: to set columns that have a default, or to try several addresses.
    ///
    /// ```ignore
    /// let row = clean.new_row(ArticleFormGiven { author: user.id }).set(|a| [a.pinned.set(true)]);
    /// let article = row.save(&db).await.map_err(|error| clean.explain(error, page))?;
    /// ```
    pub fn new_row(&self, given: F::Given) -> Create<F::New>
    where
        F: Creates,
    {
        let columns = <F::New as Model>::columns(&vauban_orm::__private::Path::ROOT);
        Create::of(self.data.values(given, &columns))
    }
}

/// What a new row needs and nobody gives it; while compiling.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ungiven {
    text: [u8; MOST],
    length: usize,
}

/// Enough for some columns' names; what is longer is cut.
const MOST: usize = 600;

/// Says which columns of `needed` are neither `shown` by the form nor `given`. A field that some requests do not have
/// (`optional`) is not enough.
#[doc(hidden)]
pub const fn ungiven(model: &str, needed: &[&str], shown: &[&str], optional: &[&str]) -> Ungiven {
    let mut told = Ungiven {
        text: [0; MOST],
        length: 0,
    };
    let (mut nth, mut maybe) = (0, "");
    let mut first = "";
    while nth < needed.len() {
        let name = needed[nth];
        nth += 1;
        if holds(shown, name) {
            continue;
        }
        if holds(optional, name) {
            maybe = name;
            continue;
        }
        if first.is_empty() {
            first = name;
            told.say("a new `").say(model).say("` needs `").say(name).say("`");
        } else {
            told.say(", `").say(name).say("`");
        }
    }
    if !first.is_empty() {
        told.say(", which the form does not ask for: let the view give it, `given(")
            .say(first)
            .say(": …)`; or make it a field of the form, or give the column a default");
    } else if !maybe.is_empty() {
        told.say("a new `").say(model).say("` needs `").say(maybe).say(
            "`, and some requests do not have this field (`when`): give the column a default in the model",
        );
    }
    told
}

impl Ungiven {
    const fn say(&mut self, text: &str) -> &mut Self {
        let bytes = text.as_bytes();
        let mut nth = 0;
        // A name is ASCII; a sentence that does not fit is not begun.
        if self.length + bytes.len() <= MOST {
            while nth < bytes.len() {
                self.text[self.length] = bytes[nth];
                self.length += 1;
                nth += 1;
            }
        }
        self
    }

    /// The sentence, or nothing.
    pub const fn text(&self) -> &str {
        match std::str::from_utf8(self.text.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

const fn holds(names: &[&str], name: &str) -> bool {
    let mut nth = 0;
    while nth < names.len() {
        if same(names[nth].as_bytes(), name.as_bytes()) {
            return true;
        }
        nth += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut nth = 0;
    while nth < a.len() {
        if a[nth] != b[nth] {
            return false;
        }
        nth += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use vauban_orm::Id;

    use super::super::rows::tests::{Folder, Person, Site, site};
    use super::*;
    use crate::http::{FormData, FormLimits, Text};

    #[derive(vauban_macros::Form)]
    #[form(edits = Folder, creates = Folder, given(owner: Id<Person>))]
    struct FolderForm {
        #[field(max_length = 50)]
        name: String,
    }

    /// Ann adds a folder of this owner's; and what the page shows if she may not.
    async fn add(site: &Site, body: &str, owner: Id<Person>) -> Result<String, u16> {
        let unit = site.unit();
        let db = unit.db();
        let data = FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).unwrap();
        let form = Form::<FolderForm>::bound(&data, false).unwrap();
        let clean = form.clean(&db).await.unwrap().into_result().unwrap();
        let page = |_| Text::new("");
        let added = clean.create(&db, FolderFormGiven { owner }, page).await;
        unit.finish(added.is_ok()).await.unwrap();
        let shown = |folder: Folder| format!("{} of {}", folder.name, folder.owner.id());
        added.map(shown).map_err(|error| error.status().as_u16())
    }

    /// CWE-862, CWE-915: the add rule is asked as for every new row, and what the view gives is no field of the request.
    #[tokio::test]
    async fn a_form_adds_a_row_under_the_add_rule() {
        let site = site().await;
        let sent = format!("name=Plans&owner={}&version=7", site.ben());
        let added = add(&site, &sent, site.ann()).await;
        assert_eq!(added, Ok(format!("Plans of {}", site.ann())));
        assert_eq!(add(&site, "name=Plans", site.ben()).await, Err(403));
    }

    #[test]
    fn what_a_new_row_lacks_is_said() {
        let said = |shown: &[&str], optional: &[&str]| {
            let needed = ["title", "slug", "r#type"];
            ungiven("Note", &needed, shown, optional).text().to_owned()
        };
        assert_eq!(said(&["slug", "r#type", "more", "title"], &[]), "");
        assert!(
            said(&["title"], &[]).starts_with("a new `Note` needs `slug`, `r#type`, which the form"),
            "{}",
            said(&["title"], &[])
        );
        assert!(said(&["title"], &["slug"]).starts_with("a new `Note` needs `r#type`, which"));
        assert!(said(&["title", "r#type"], &["slug"]).contains("`slug`, and some requests do not have"));
        // However many there are, the sentence is whole words of what fits.
        let long = ["a_rather_long_name_of_a_column_of_this_model"; 40];
        assert!(ungiven("Note", &long, &[], &[]).text().len() <= MOST);
    }
}
