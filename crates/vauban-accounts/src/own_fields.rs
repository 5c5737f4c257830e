//! What a site asks of people who sign up, besides address and password: `.sign_up::<Profile>()`. The account pages know
//! no type of the site's, so its form is behind a trait here.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use vauban::forms::{BoundField, Clean, Edits, FieldSet, Form, FormFields, Problem, WithoutContext};
use vauban::http::{Request, Result};
use vauban::orm::columns::Assignment;
use vauban::orm::meta::Privilege;
use vauban::orm::{Columns, Db, Model};
use vauban::routing::{BySession, Call, Param, Writing};
use vauban::{SafeHtml, Template};

use crate::forms::SignUpForm;

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The site's form of its own fields, of whatever type.
pub(crate) trait OwnFields: Send + Sync {
    /// What speaks against asking for them.
    fn refusal(&self) -> Option<String>;
    /// To be filled in.
    fn empty<'a>(&'a self, db: &'a Db) -> Pending<'a, Box<dyn OwnForm>>;
    /// As it was sent.
    fn sent<'a>(&'a self, call: &'a mut Call<Writing, BySession>) -> Pending<'a, Box<dyn OwnForm>>;
}

/// What people are shown, or have sent.
pub(crate) trait OwnForm: Send + Sync {
    fn html(&self, cx: &Request) -> SafeHtml;
    fn clean<'a>(self: Box<Self>, db: &'a Db) -> Pending<'a, Result<Box<dyn OwnData>, Box<dyn OwnForm>>>
    where
        Self: 'a;
}

/// What they said, when every rule holds.
pub(crate) trait OwnData: Send + Sync {
    /// The values of the site's user, of whatever type: `Vec<Assignment<U>>` for `Columns<U>`.
    fn changes(&self, columns: &dyn Any) -> Option<Box<dyn Any>>;
    /// To be shown again, because of something else.
    fn again(self: Box<Self>) -> Box<dyn OwnForm>;
    /// To be shown again, because the database refused it.
    fn explained(self: Box<Self>, error: vauban::orm::Error) -> Result<Box<dyn OwnForm>>;
}

/// [`OwnFields`] of the form `F`.
pub(crate) struct Asked<F>(PhantomData<fn() -> F>);

impl<F> Asked<F> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<F: Edits + WithoutContext + Sync> OwnFields for Asked<F> {
    fn refusal(&self) -> Option<String> {
        let form = std::any::type_name::<F>();
        if F::STRICT {
            return Some(format!(
                "`{form}` stands beside other fields at sign-up: take `strict` out of it"
            ));
        }
        let (own, ours) = (F::Fields::empty(), <SignUpForm as FormFields>::Fields::empty());
        let taken: Vec<_> = ours.each().iter().map(|field| field.name().to_owned()).collect();
        let privileged = |name: &str| {
            let columns = F::Row::meta().columns.iter();
            columns
                .filter(|column| column.privilege != Privilege::Open)
                .any(|column| column.field == name)
        };
        own.each().iter().map(|field| field.name()).find_map(|name| {
            if taken.iter().any(|taken| taken == name) {
                return Some(format!(
                    "sign-up asks for `{name}` already: take it out of `{form}`"
                ));
            }
            // CWE-269: nobody says of themselves at sign-up what they may.
            privileged(name).then(|| {
                format!("`{name}` carries privilege, so sign-up cannot ask for it: take it out of `{form}`")
            })
        })
    }

    fn empty<'a>(&'a self, db: &'a Db) -> Pending<'a, Box<dyn OwnForm>> {
        Box::pin(async move { Ok(Box::new(Form::<F>::empty_with(db).await?) as Box<dyn OwnForm>) })
    }

    fn sent<'a>(&'a self, call: &'a mut Call<Writing, BySession>) -> Pending<'a, Box<dyn OwnForm>> {
        Box::pin(async move {
            let form = <Form<F> as Param<Writing, BySession>>::take(call).await?;
            Ok(Box::new(form) as Box<dyn OwnForm>)
        })
    }
}

/// Without a list of errors of its own: the page has one.
#[derive(Template)]
#[template(
    source = r#"{% for problem in problems %}<p class="errors">{{ problem }}</p>{% endfor %}{% for field in fields %}{{ field }}{% endfor %}"#,
    piece
)]
struct Fields<'a> {
    problems: &'a [Problem],
    fields: Vec<&'a BoundField>,
}

impl<F: Edits + WithoutContext + Sync> OwnForm for Form<F> {
    fn html(&self, cx: &Request) -> SafeHtml {
        // There is no row yet, so no version of one.
        let fields = self
            .fields()
            .into_iter()
            .filter(|field| field.name() != "version");
        Fields {
            problems: self.problems(),
            fields: fields.collect(),
        }
        .to_html(cx)
    }

    fn clean<'a>(self: Box<Self>, db: &'a Db) -> Pending<'a, Result<Box<dyn OwnData>, Box<dyn OwnForm>>>
    where
        Self: 'a,
    {
        Box::pin(async move {
            Ok(match (*self).clean(db).await?.into_result() {
                Ok(clean) => Ok(Box::new(clean) as Box<dyn OwnData>),
                Err(form) => Err(Box::new(form) as Box<dyn OwnForm>),
            })
        })
    }
}

impl<F: Edits + WithoutContext + Sync> OwnData for Clean<F> {
    fn changes(&self, columns: &dyn Any) -> Option<Box<dyn Any>> {
        let columns = columns.downcast_ref::<Columns<F::Row>>()?;
        Some(Box::new(Edits::changes(&**self, columns)))
    }

    fn again(self: Box<Self>) -> Box<dyn OwnForm> {
        Box::new(self.refuse(|_| ()))
    }

    fn explained(self: Box<Self>, error: vauban::orm::Error) -> Result<Box<dyn OwnForm>> {
        Ok(Box::new((*self).explained(error)?))
    }
}

/// What the site's form says of a user `U`; `.sign_up::<F>()` asks that `F` edits `U`.
pub(crate) fn changes_of<U: Model>(own: &dyn OwnData, columns: &Columns<U>) -> Vec<Assignment<U>> {
    let changes = own.changes(columns).and_then(|changes| changes.downcast().ok());
    changes.map(|changes| *changes).unwrap_or_default()
}

impl fmt::Debug for dyn OwnFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnFields")
    }
}
