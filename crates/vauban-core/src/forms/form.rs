//! A form in one request: [`Form`], and what a derive writes for it. What cleaning makes of it is in `clean.rs`.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::http::StatusCode;
use vauban_orm::Problem;

use super::bound::BoundField;
use super::problems::TWICE;
use crate::http::form_data::TOKEN_FIELD;
use crate::http::{Control, DataError, FormData};
use crate::{Db, Error, Respond, Response};

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

    /// What its fields and their choices depend on in one request: `#[form(context = Type)]`, otherwise nothing.
    type Context: Sync;

    /// Whether a name that it does not declare is refused: `#[form(strict)]`.
    const STRICT: bool = false;

    /// Whether it is sent in an address: `#[form(get)]`.
    const GET: bool = false;

    /// Fills the controls with a value to start from.
    #[doc(hidden)]
    fn show(&self, fields: &mut Self::Fields);

    /// Leaves out the fields that this request has not, and asks for the lists of choices, under the actor's policies.
    #[doc(hidden)]
    fn load(
        fields: &mut Self::Fields,
        db: &Db,
        context: &Self::Context,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Cleans every field; `None` if one of them has an error.
    #[doc(hidden)]
    fn collect(fields: &mut Self::Fields) -> Option<Self>;

    /// The checks across fields: `#[form(clean = function)]`.
    #[doc(hidden)]
    fn check(&self, _context: &Self::Context, _errors: &mut FormErrors<'_, Self>) {}
}

/// A form that is the same in every request.
#[diagnostic::on_unimplemented(
    message = "what the form `{Self}` asks for depends on the request",
    label = "for which context?",
    note = "it has `#[form(context = …)]`: write `.clean_for(&db, &context)`, `Form::empty_for(&db, &context)`, \
            `Form::filled_for(&db, &context, &value)`"
)]
pub trait WithoutContext: FormFields<Context = ()> {}

/// A form that is sent in an address, so that a view that only reads can take it.
#[diagnostic::on_unimplemented(
    message = "the form `{Self}` is not sent in an address",
    label = "a `get` view reads forms from its query",
    note = "a form that searches or filters: write `#[form(get)]` on `{Self}`; one that changes something is taken by a \
            `post` view"
)]
pub trait GetForm: FormFields {}

/// What a form starts with: the struct that derives `Form`, or what [`Form::clean`] found, a [`Clean`](super::Clean).
#[diagnostic::on_unimplemented(
    message = "a form does not start with a `{Self}`",
    label = "not what a form asks for",
    note = "it starts with the struct that derives `Form`, `Form::filled_with(&db, &NoteForm {{ … }})`, or with what \
            `form.clean(&db)` found; with a row: `#[form(edits = …)]` and `Form::edit(&db, &row)`"
)]
pub trait Filling {
    /// The form.
    type Form: FormFields;

    /// What its fields are.
    #[doc(hidden)]
    fn data(&self) -> &Self::Form;
}

impl<F: FormFields> Filling for F {
    type Form = F;

    fn data(&self) -> &F {
        self
    }
}

/// A form whose fields need no rows to choose from, so that it can be shown without a database.
#[diagnostic::on_unimplemented(
    message = "the form `{Self}` has choices that are rows, or depends on the request",
    note = "load them under the actor's policies: `Form::empty_with(&db).await?`, `Form::filled_with(&db, value).await?`",
    note = "with `#[form(context = …)]` they are `Form::empty_for(&db, &context)`, `Form::filled_for(&db, &context, &value)`"
)]
pub trait WithoutRows: FormFields {}

/// CWE-915: `#[derive(Form)]` implements it, and so does the ORM for every model; a type that is both conflicts, and
/// does not compile.
#[doc(hidden)]
pub trait AFormIsNotAModel {}

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
    pub(super) fields: F::Fields,
    pub(super) problems: Vec<Problem>,
    pub(super) stale: bool,
    /// With which status it is shown.
    pub(super) status: StatusCode,
    /// What was sent under names with a prefix, until the prefix is known.
    prefixed: Option<FormData>,
    /// Every name that was sent, if the form is strict.
    names: Vec<String>,
}

/// Where cross-field checks say what is wrong.
pub struct FormErrors<'a, F: FormFields> {
    pub(super) fields: &'a mut F::Fields,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) found: bool,
}

impl<F: WithoutRows> Form<F> {
    /// An empty form to show.
    pub fn empty() -> Self {
        Self::blank()
    }

    /// A form to show that starts with these values.
    pub fn filled(value: &impl Filling<Form = F>) -> Self {
        let mut form = Self::blank();
        value.data().show(&mut form.fields);
        form
    }
}

impl<F: FormFields> Form<F> {
    /// An empty form to show, with the choices that the actor has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn empty_with(db: &Db) -> Result<Self, Error>
    where
        F: WithoutContext,
    {
        Self::empty_for(db, &()).await
    }

    /// A form to show that starts with these values, with the choices that the actor has.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn filled_with(db: &Db, value: &impl Filling<Form = F>) -> Result<Self, Error>
    where
        F: WithoutContext,
    {
        Self::filled_for(db, &(), value).await
    }

    /// An empty form to show, with the fields and choices that there are for `context`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn empty_for(db: &Db, context: &F::Context) -> Result<Self, Error> {
        let mut form = Self::blank();
        F::load(&mut form.fields, db, context).await?;
        Ok(form)
    }

    /// A form to show that starts with these values, with the fields and choices that there are for `context`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn filled_for(
        db: &Db,
        context: &F::Context,
        value: &impl Filling<Form = F>,
    ) -> Result<Self, Error> {
        let mut form = Self::blank();
        // First, so that what a list shows has it in any case.
        value.data().show(&mut form.fields);
        F::load(&mut form.fields, db, context).await?;
        Ok(form)
    }

    /// Puts a prefix before every name and id, so that two forms of one kind fit on one page: the field `title` of
    /// `form.prefix("a")` is sent as `a-title` and has the id `id_a-title`. A form that a request filled takes what was
    /// sent under these names, so the view that reads it says the same prefix.
    ///
    /// ```ignore
    /// let home = home.prefix("home").clean(&db).await?.or_show(|home| Page { home })?;
    /// ```
    #[must_use]
    pub fn prefix(mut self, prefix: impl fmt::Display) -> Self {
        let prefix = prefix.to_string();
        // CWE-316: what was sent may be a secret, and is not kept longer.
        let sent = self.prefixed.take();
        for field in self.fields.each_mut() {
            field.prefix(&prefix, sent.as_ref());
        }
        self
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

    /// This form in its page, as an error that ends the view: status 422 (RFC 9110 §15.5.21), nothing is kept. After a
    /// conflict it is 409.
    #[track_caller]
    pub fn shown_in<P: Respond + 'static>(self, page: impl FnOnce(Self) -> P) -> Error {
        let status = self.status;
        Error::with_answer(Response::of(page(self)).status_code(status))
    }

    /// As [`Form::shown_in`], where the page has to be loaded first.
    ///
    /// ```ignore
    /// return Err(form.shown_in_async(|form| page(&db, form)).await);
    /// ```
    pub async fn shown_in_async<P: Respond + 'static, L: Future<Output = Result<P, Error>>>(
        self,
        page: impl FnOnce(Self) -> L,
    ) -> Error {
        let status = self.status;
        match page(self).await {
            Ok(page) => Error::with_answer(Response::of(page).status_code(status)),
            Err(error) => error,
        }
    }

    /// The fields that this request has, in order.
    pub fn fields(&self) -> Vec<&BoundField> {
        let mut fields = self.fields.each();
        fields.retain(|field| !field.is_left_out());
        fields
    }

    /// Whether one of its fields was sent, empty or not.
    pub fn was_sent(&self) -> bool {
        self.fields().iter().any(|field| field.was_sent())
    }

    /// The fields, in order: `{% for field in form %}`.
    pub fn iter(&self) -> std::vec::IntoIter<&BoundField> {
        self.fields.each().into_iter()
    }

    /// The form as a request filled it. `stale`: its token was ours, but has expired.
    ///
    /// # Errors
    /// [`DataError::Duplicate`] when one of its fields was sent twice.
    pub(crate) fn bound(data: &FormData, stale: bool) -> Result<Self, DataError> {
        let mut form = Self::blank();
        form.stale = stale;
        form.prefixed = Some(data.prefixed());
        if F::STRICT {
            form.names = data.iter().map(|(name, _)| name.to_owned()).collect();
        }
        // CWE-915: only declared names are looked at; what else was sent has no way in.
        for field in form.fields.each_mut() {
            match field.take(data) {
                // Whether this request has the field at all is not known yet.
                Err(_) if field.spec().conditional => field.add_error(TWICE),
                taken => taken?,
            }
        }
        Ok(form)
    }

    /// The names of its fields, without a prefix.
    pub(super) fn names() -> Vec<&'static str> {
        F::Fields::empty()
            .each()
            .iter()
            .map(|field| field.spec().name)
            .collect()
    }

    /// The first name that was sent and is none of this request's fields, if the form is strict.
    pub(super) fn undeclared(&self) -> Option<&str> {
        let fields = self.fields();
        let names = self.names.iter().map(String::as_str);
        let mut strange = names.filter(|name| {
            let token = !F::GET && *name == TOKEN_FIELD;
            !token && !fields.iter().any(|field| field.name() == *name)
        });
        strange.next()
    }

    /// What its controls are, for pages that tell what was typed into them.
    pub(crate) fn controls(out: &mut Vec<Control>) {
        out.extend(F::Fields::empty().each().into_iter().map(BoundField::control));
    }

    fn blank() -> Self {
        Self {
            fields: F::Fields::empty(),
            problems: Vec::new(),
            stale: false,
            status: StatusCode::UNPROCESSABLE_ENTITY,
            prefixed: None,
            names: Vec::new(),
        }
    }
}

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
