//! `#[form(edits = Model)]`: a form whose fields are columns of a row, listed once, that saves nothing over what somebody
//! else has saved since it was shown.

use vauban_orm::actor::actions::Change;
use vauban_orm::columns::Assignment;
use vauban_orm::{Changeable, Columns, ForeignKey, Id, Model, Version, Writes};

use super::bound::BoundField;
use super::clean::Clean;
use super::form::{Form, FormFields, WithoutContext};
use super::problems::NOT_A_VERSION;
use crate::{Db, Error, Respond};

/// A form that edits rows of a model: `#[form(edits = Article)]`. Each of its fields is the column of the same name, and it has
/// a hidden field `version` by which [`Clean::save`] sees whether somebody else was faster.
#[diagnostic::on_unimplemented(
    message = "the form `{Self}` does not say which model it edits",
    label = "no `#[form(edits = …)]` on this form",
    note = "write `#[form(edits = Article)]` on `{Self}`: then each of its fields is the column of that name"
)]
pub trait Edits: FormFields {
    /// Whose rows.
    type Row: Model;

    /// What the form starts with for a row.
    fn of(row: &Self::Row) -> Self;

    /// The columns' new values. A field that the request does not have changes nothing.
    #[doc(hidden)]
    fn changes(&self, columns: &Columns<Self::Row>) -> Vec<Assignment<Self::Row>>;

    /// The hidden field.
    #[doc(hidden)]
    fn version(fields: &mut Self::Fields) -> &mut BoundField;
}

/// What a form's field starts with: the column's own value, and of a foreign key the id.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a form's field of type `{Self}` is not the model's column of type `{C}`",
    note = "with `#[form(edits = …)]` a field has its column's type; a foreign key is an `Id<M>`, or an `Option<Id<M>>` where it \
            may be empty; a column of another type is changed with `save_with`"
)]
pub trait StartsFrom<C> {
    fn start(column: &C) -> Self;
}

impl<T: Clone> StartsFrom<T> for T {
    fn start(column: &T) -> T {
        column.clone()
    }
}

impl<M> StartsFrom<ForeignKey<M>> for Id<M> {
    fn start(column: &ForeignKey<M>) -> Self {
        column.id()
    }
}

impl<M> StartsFrom<Option<ForeignKey<M>>> for Option<Id<M>> {
    fn start(column: &Option<ForeignKey<M>>) -> Self {
        column.as_ref().map(ForeignKey::id)
    }
}

impl<F: FormFields> Form<F> {
    /// The form for a row, filled, with its version.
    ///
    /// ```ignore
    /// let article = Article::objects().get_to_change(&db, |a| a.slug.eq(&*slug)).await?;
    /// Ok(EditPage { form: Form::edit(&db, &article).await? })
    /// ```
    ///
    /// # Errors
    /// Those of the database.
    pub async fn edit(db: &Db, row: &Changeable<F::Row>) -> Result<Self, Error>
    where
        F: Edits + WithoutContext,
    {
        Self::edit_for(db, &(), row).await
    }

    /// As [`Form::edit`], with the fields and choices that there are for `context`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn edit_for(db: &Db, context: &F::Context, row: &Changeable<F::Row>) -> Result<Self, Error>
    where
        F: Edits,
    {
        let mut form = Self::filled_for(db, context, &F::of(row)).await?;
        F::version(&mut form.fields).start_with(&row.version());
        Ok(form)
    }
}

impl<F: FormFields> Clean<F> {
    /// Saves what the form says. If somebody else has saved the row since the form was shown, nothing is saved, and the page
    /// shows both texts with status 409; what the database refuses is said in the form.
    ///
    /// ```ignore
    /// clean.save(&db, article, |form| EditPage { form }).await?;
    /// ```
    ///
    /// # Errors
    /// The page, or the database's error.
    pub async fn save<P: Respond + 'static>(
        self,
        db: &dyn Writes<Change, F::Row>,
        row: Changeable<F::Row>,
        page: impl FnOnce(Form<F>) -> P,
    ) -> Result<F::Row, Error>
    where
        F: Edits,
    {
        self.save_with(db, row, |_| [], page).await
    }

    /// As [`Clean::save`], with columns that the form does not have:
    /// `clean.save_with(&db, article, |a| [a.edited_by.set(user.id)], page)`.
    ///
    /// # Errors
    /// As [`Clean::save`].
    pub async fn save_with<P: Respond + 'static, A: IntoIterator<Item = Assignment<F::Row>>>(
        mut self,
        db: &dyn Writes<Change, F::Row>,
        row: Changeable<F::Row>,
        more: impl FnOnce(&Columns<F::Row>) -> A,
        page: impl FnOnce(Form<F>) -> P,
    ) -> Result<F::Row, Error>
    where
        F: Edits,
    {
        // CWE-362: a form without a version is not one that was shown for this row, and is no way past the check.
        let Ok(shown) = F::version(&mut self.form.fields).value().parse::<Version>() else {
            let lacks = |form: &mut Form<F>| F::version(&mut form.fields).add_error(NOT_A_VERSION);
            return Err(self.refuse(lacks).shown_in(page));
        };
        if shown != row.version() {
            let mut form = self.conflicting(&F::of(&row));
            F::version(&mut form.fields).start_with(&row.version());
            return Err(form.shown_in(page));
        }
        let changes = |columns: &Columns<F::Row>| {
            let own = self.data.changes(columns);
            own.into_iter().chain(more(columns)).collect::<Vec<_>>()
        };
        match row.change(db, changes).await {
            Ok(row) => Ok(row),
            Err(error) => Err(self.explain(error, page)),
        }
    }
}
