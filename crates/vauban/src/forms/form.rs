//! A form in one request: [`Form`], and what cleaning makes of it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::bound::BoundField;
use super::data::{DataError, FormData};
use super::value::Problem;
use crate::{Db, Error};

/// What `#[derive(Form)]` writes: how a struct's fields are asked for, cleaned and shown.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a form",
    label = "no `#[derive(Form)]` on this type",
    note = "a form is a struct of its own that lists the fields a request may set: `#[derive(Form)] struct \
            {Self}Form {{ … }}`; a model never binds to a request, so that no column can be set by accident (CWE-915)"
)]
pub trait FormFields: Sized + Send + 'static {
    /// One [`BoundField`] per field, by name.
    type Fields: FieldSet;

    /// Fills the controls with a value to start from.
    #[doc(hidden)]
    fn show(&self, fields: &mut Self::Fields);

    /// Asks for the lists of choices, under the actor's policies.
    #[doc(hidden)]
    fn load(fields: &mut Self::Fields, db: &Db) -> impl Future<Output = Result<(), Error>> + Send;

    /// Cleans every field; `None` if one of them has an error.
    #[doc(hidden)]
    fn collect(fields: &mut Self::Fields) -> Option<Self>;

    /// The checks across fields: `#[form(clean = function)]`.
    #[doc(hidden)]
    fn check(&self, _errors: &mut FormErrors<'_, Self>) {}
}

/// A form whose fields need no rows to choose from, so that it can be shown without a database.
#[diagnostic::on_unimplemented(
    message = "the form `{Self}` has choices that are rows",
    note = "load them under the actor's policies: `Form::empty_with(&db).await?`, `Form::filled_with(&db, value).await?`"
)]
pub trait WithoutRows: FormFields {}

/// The fields of a form, by name and in order.
#[doc(hidden)]
pub trait FieldSet: Send + Sync + 'static {
    fn empty() -> Self;
    fn each(&self) -> Vec<&BoundField>;
    fn each_mut(&mut self) -> Vec<&mut BoundField>;
}

/// A form as a view gets and shows it.
///
/// As a view's parameter it is always there, valid or not: read it with [`Form::clean`]. Its fields are reached by
/// name, `form.title`, in templates too; `{{ form }}` writes them all with their labels and errors.
pub struct Form<F: FormFields> {
    fields: F::Fields,
    problems: Vec<Problem>,
    stale: bool,
}

/// What a form yields when every rule holds: the typed data, by `Deref`.
pub struct Clean<F: FormFields> {
    data: F,
    form: Form<F>,
}

/// Where cross-field checks say what is wrong.
pub struct FormErrors<'a, F: FormFields> {
    fields: &'a mut F::Fields,
    problems: &'a mut Vec<Problem>,
    found: bool,
}

impl<F: WithoutRows> Form<F> {
    /// An empty form to show.
    pub fn empty() -> Self {
        Self::blank()
    }

    /// A form to show that starts with these values.
    pub fn filled(value: &F) -> Self {
        let mut form = Self::blank();
        value.show(&mut form.fields);
        form
    }
}

impl<F: FormFields> Form<F> {
    /// An empty form to show, with the choices that the actor has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn empty_with(db: &Db) -> Result<Self, Error> {
        let mut form = Self::blank();
        F::load(&mut form.fields, db).await?;
        Ok(form)
    }

    /// A form to show that starts with these values, with the choices that the actor has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn filled_with(db: &Db, value: &F) -> Result<Self, Error> {
        let mut form = Self::empty_with(db).await?;
        value.show(&mut form.fields);
        Ok(form)
    }

    /// The typed data, or the form to show again, with what was typed and what is wrong with it.
    ///
    /// ```ignore
    /// let clean = match form.clean(&db).await? {
    ///     Ok(clean) => clean,
    ///     Err(form) => return Ok(form.again(EditPage { form, article })),
    /// };
    /// ```
    ///
    /// # Errors
    /// Those of the database, outside; what people typed wrong is the inner `Err`.
    pub async fn clean(mut self, db: &Db) -> Result<Result<Clean<F>, Self>, Error> {
        F::load(&mut self.fields, db).await?;
        // CWE-352: the token was ours but is too old. Nothing is done with the form but to show it again.
        if self.stale {
            self.problems.push(STALE);
            return Ok(Err(self));
        }
        let Some(data) = F::collect(&mut self.fields) else {
            return Ok(Err(self));
        };
        let mut errors = FormErrors {
            fields: &mut self.fields,
            problems: &mut self.problems,
            found: false,
        };
        data.check(&mut errors);
        if errors.found {
            return Ok(Err(self));
        }
        Ok(Ok(Clean { data, form: self }))
    }

    /// What is wrong with the form as a whole.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether anything is wrong, with a field or with the whole.
    pub fn has_errors(&self) -> bool {
        !self.problems.is_empty() || self.fields.each().iter().any(|field| !field.errors().is_empty())
    }

    /// Says what is wrong with the form as a whole.
    pub fn add_error(&mut self, problem: impl Into<Problem>) {
        self.problems.push(problem.into());
    }

    /// The fields, in order.
    pub fn fields(&self) -> Vec<&BoundField> {
        self.fields.each()
    }

    /// The form as a request filled it. `stale`: its token was ours, but has expired.
    ///
    /// # Errors
    /// [`DataError::Duplicate`] when one of its fields was sent twice.
    pub(crate) fn bound(data: &FormData, stale: bool) -> Result<Self, DataError> {
        let mut form = Self::blank();
        form.stale = stale;
        // CWE-915: only declared names are looked at; what else was sent has no way in.
        for field in form.fields.each_mut() {
            field.take(data)?;
        }
        Ok(form)
    }

    fn blank() -> Self {
        Self {
            fields: F::Fields::empty(),
            problems: Vec::new(),
            stale: false,
        }
    }
}

/// What the whole form says when its token has expired.
const STALE: Problem = Problem::Borrowed(
    "This page was open for so long that it expired. What you typed is still here: please send it again.",
);

impl<F: FormFields> Deref for Form<F> {
    type Target = F::Fields;

    fn deref(&self) -> &F::Fields {
        &self.fields
    }
}

impl<F: FormFields> DerefMut for Form<F> {
    fn deref_mut(&mut self) -> &mut F::Fields {
        &mut self.fields
    }
}

/// Names and errors only, no values (CWE-532).
impl<F: FormFields> fmt::Debug for Form<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("fields", &self.fields.each())
            .field("problems", &self.problems)
            .finish()
    }
}

impl<F: FormFields> Clean<F> {
    /// The typed data, moved out.
    pub fn into_data(self) -> F {
        self.data
    }

    /// The form to show again after all, because of something that only trying could tell:
    /// `clean.refuse(|form| form.slug.add_error("Another article has this address."))`.
    pub fn refuse(self, say: impl FnOnce(&mut Form<F>)) -> Form<F> {
        let mut form = self.form;
        say(&mut form);
        form
    }
}

impl<F: FormFields> Deref for Clean<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.data
    }
}

impl<F: FormFields> FormErrors<'_, F> {
    /// Says what is wrong with one field: `errors.field(|f| &mut f.again, "The two passwords differ.")`.
    pub fn field(
        &mut self,
        which: impl FnOnce(&mut F::Fields) -> &mut BoundField,
        problem: impl Into<Problem>,
    ) {
        which(self.fields).add_error(problem);
        self.found = true;
    }

    /// Says what is wrong with the form as a whole.
    pub fn form(&mut self, problem: impl Into<Problem>) {
        self.problems.push(problem.into());
        self.found = true;
    }
}
