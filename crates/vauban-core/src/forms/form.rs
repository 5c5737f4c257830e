//! A form in one request: [`Form`], and what cleaning makes of it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::http::StatusCode;
use vauban_orm::Problem;

use super::bound::BoundField;
use super::problems::{CHANGED_MEANWHILE, NOT_UNIQUE, STALE};
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
    fields: F::Fields,
    problems: Vec<Problem>,
    stale: bool,
    /// What was sent under names with a prefix, until the prefix is known.
    prefixed: Option<FormData>,
}

/// What [`Form::clean`] finds: the typed data, or the form to show again.
#[must_use = "end with `.or_show(|form| Page { form })?`, or look at both sides: `.into_result()`"]
pub struct Cleaned<F: FormFields>(Result<Clean<F>, Form<F>>);

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
    /// let clean = form.clean(&db).await?.or_show(|form| EditPage { form, article })?;
    /// ```
    ///
    /// # Errors
    /// Those of the database; what people typed wrong is in [`Cleaned`].
    pub async fn clean(mut self, db: &Db) -> Result<Cleaned<F>, Error> {
        F::load(&mut self.fields, db).await?;
        Ok(Cleaned(self.settle()))
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

    /// Cleaning, once the choices are there.
    fn settle(mut self) -> Result<Clean<F>, Self> {
        // CWE-352: the token was ours but is too old. Nothing is done with the form but to show it again.
        if self.stale {
            self.problems.push(STALE);
            return Err(self);
        }
        let Some(data) = F::collect(&mut self.fields) else {
            return Err(self);
        };
        let mut errors = FormErrors {
            fields: &mut self.fields,
            problems: &mut self.problems,
            found: false,
        };
        data.check(&mut errors);
        if errors.found {
            Err(self)
        } else {
            Ok(Clean { data, form: self })
        }
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

    /// This form in its page, as an error that ends the view: status 422 (RFC 9110 §15.5.21), nothing is kept.
    #[track_caller]
    pub fn shown_in<P: Respond + 'static>(self, page: impl FnOnce(Self) -> P) -> Error {
        Error::with_answer(Response::of(page(self)).status_code(StatusCode::UNPROCESSABLE_ENTITY))
    }

    /// The fields, in order.
    pub fn fields(&self) -> Vec<&BoundField> {
        self.fields.each()
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
        // CWE-915: only declared names are looked at; what else was sent has no way in.
        for field in form.fields.each_mut() {
            field.take(data)?;
        }
        Ok(form)
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
            prefixed: None,
        }
    }
}

impl<F: FormFields> Cleaned<F> {
    /// The typed data; or the view ends here, and the page with the form is shown again with status 422. What the
    /// view wrote until then is undone.
    ///
    /// # Errors
    /// The page, as an error for `?`.
    #[track_caller]
    pub fn or_show<P: Respond + 'static>(self, page: impl FnOnce(Form<F>) -> P) -> Result<Clean<F>, Error> {
        self.0.map_err(|form| form.shown_in(page))
    }

    /// Both sides, for a view that does something else with the form.
    ///
    /// # Errors
    /// The form to show again, with what was typed and what is wrong with it.
    pub fn into_result(self) -> Result<Clean<F>, Form<F>> {
        self.0
    }

    /// Whether there is typed data.
    pub fn is_valid(&self) -> bool {
        self.0.is_ok()
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

impl<F: FormFields> fmt::Debug for Cleaned<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Nothing of the data: it may hold secrets (CWE-532).
impl<F: FormFields> fmt::Debug for Clean<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clean").field("form", &self.form).finish()
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

impl<F: FormFields> Clean<F> {
    /// What the database refused, said in the form, which is shown again in its page: a value that the model does
    /// not take, or one that another row has already. Any other error stays what it is.
    ///
    /// ```ignore
    /// Article::create(new).save(&db).await.map_err(|error| clean.explain(error, page))?;
    /// ```
    #[track_caller]
    pub fn explain<P: Respond + 'static>(
        self,
        error: vauban_orm::Error,
        page: impl FnOnce(Form<F>) -> P,
    ) -> Error {
        let found: Vec<(Vec<&'static str>, Problem)> = match error {
            vauban_orm::Error::Invalid(problems) => problems
                .into_iter()
                .map(|found| (vec![found.field], found.problem))
                .collect(),
            vauban_orm::Error::Unique { fields, .. } => vec![(fields, NOT_UNIQUE)],
            other => return other.into(),
        };
        let mut form = self.form;
        for (names, problem) in found {
            let mut fields = form.fields.each_mut();
            match fields.iter_mut().find(|field| names.contains(&field.spec().name)) {
                Some(field) => field.add_error(problem),
                None => form.problems.push(problem),
            }
        }
        form.shown_in(page)
    }
}

impl<F: FormFields> Clean<F> {
    /// Somebody else changed the row since the form was shown: both texts, what was typed in the controls and what is
    /// stored now beside them, with status 409. The form's version is the present one, so that whoever has looked at
    /// both may send it again.
    ///
    /// ```ignore
    /// if clean.version != Some(article.version()) {
    ///     return Err(clean.conflict(&ArticleForm::of(&article, article.version()), page));
    /// }
    /// ```
    #[track_caller]
    pub fn conflict<P: Respond + 'static>(self, current: &F, page: impl FnOnce(Form<F>) -> P) -> Error {
        let mut stored = F::Fields::empty();
        current.show(&mut stored);
        let mut form = self.form;
        for (field, stored) in form.fields.each_mut().into_iter().zip(stored.each()) {
            field.beside(stored);
        }
        form.problems.push(CHANGED_MEANWHILE);
        Error::with_answer(Response::of(page(form)).status_code(StatusCode::CONFLICT))
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

#[cfg(test)]
mod tests {
    use super::super::render;
    use super::*;
    use crate::Secret;
    use crate::http::FormLimits;

    #[derive(vauban_macros::Form)]
    #[form(clean = passwords_agree)]
    struct SignUpForm {
        #[field(max_length = 320, widget = email, autocomplete = "email", help = "We write to \"you\" <rarely>.")]
        email: String,
        #[field(max_length = 128, min_length = 12, autocomplete = "new-password")]
        password: Secret<String>,
        #[field(max_length = 128, label = "Once more")]
        again: Secret<String>,
        #[field(min = 13, max = 150)]
        age: Option<u8>,
        #[field(required = true, label = "I agree")]
        agreed: bool,
        #[field(widget = hidden)]
        version: i64,
    }

    fn passwords_agree(form: &SignUpForm, errors: &mut FormErrors<'_, SignUpForm>) {
        if form.password.expose() != form.again.expose() {
            errors.field(|f| &mut f.again, "The two passwords differ.");
        }
        if form.age == Some(99) {
            errors.form("Not at this age.");
        }
    }

    fn bound(body: &str, stale: bool) -> Form<SignUpForm> {
        let data = FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).unwrap();
        Form::bound(&data, stale).unwrap()
    }

    /// `Form::clean` without the rows, of which this form has none.
    #[expect(clippy::result_large_err, reason = "as `Form::clean` returns it")]
    fn clean(body: &str) -> Result<Clean<SignUpForm>, Form<SignUpForm>> {
        bound(body, false).settle()
    }

    fn html(form: &Form<SignUpForm>) -> String {
        let mut out = String::new();
        render::form(form, &mut out);
        out
    }

    const GOOD: &str =
        "email=ann%40example.com&password=correct+horse+9&again=correct+horse+9&age=&agreed=on&version=3";

    #[test]
    fn a_good_form_yields_typed_data() {
        let clean = clean(GOOD).unwrap();
        assert_eq!(
            (clean.email.as_str(), clean.age, clean.agreed, clean.version),
            ("ann@example.com", None, true, 3)
        );
        assert_eq!(clean.into_data().password.expose(), "correct horse 9");
    }

    #[test]
    fn a_name_that_the_form_does_not_list_has_no_way_in() {
        // CWE-915: what a model has and the form has not cannot be set.
        let form = bound(&format!("{GOOD}&is_staff=on&id=1"), false);
        assert!(
            form.fields()
                .iter()
                .all(|field| !matches!(field.name(), "is_staff" | "id"))
        );
        assert!(form.settle().is_ok());
    }

    #[test]
    fn a_field_sent_twice_is_refused() {
        // CWE-235: which of the two counts would depend on the reader.
        let data = FormData::urlencoded(b"email=a%40b&email=c%40d", &FormLimits::DEFAULT).unwrap();
        assert_eq!(
            Form::<SignUpForm>::bound(&data, false).unwrap_err(),
            DataError::Duplicate
        );
        // An unknown name may come twice: nobody reads it.
        let data = FormData::urlencoded(b"x=1&x=2", &FormLimits::DEFAULT).unwrap();
        assert!(Form::<SignUpForm>::bound(&data, false).is_ok());
    }

    #[test]
    fn every_field_is_checked_at_once_and_what_was_typed_stays() {
        let form = clean("email=nobody&password=short&again=x&age=7&version=x").unwrap_err();
        let wrong: Vec<_> = form
            .fields()
            .iter()
            .filter(|f| !f.errors().is_empty())
            .map(|f| f.name())
            .collect();
        assert_eq!(wrong, ["email", "password", "age", "agreed", "version"]);
        assert_eq!(form.email.value(), "nobody");
        assert_eq!(form.password.value(), ""); // CWE-549
    }

    #[test]
    fn checks_across_fields_run_on_typed_data() {
        let form = clean(&GOOD.replace("again=correct", "again=wrong")).unwrap_err();
        assert_eq!(form.again.errors(), ["The two passwords differ."]);
        let form = clean(&GOOD.replace("age=", "age=99")).unwrap_err();
        assert_eq!(form.problems(), ["Not at this age."]);
    }

    #[test]
    fn a_stale_token_never_yields_data() {
        // CWE-352: the form comes back with what was typed, and must be sent again.
        let form = bound(GOOD, true).settle().unwrap_err();
        assert_eq!(form.problems(), [STALE]);
        assert_eq!(form.email.value(), "ann@example.com");
        assert!(form.password.value().is_empty());
    }

    #[test]
    fn what_only_trying_can_tell_is_said_afterwards() {
        let form = clean(GOOD)
            .unwrap()
            .refuse(|form| form.email.add_error("This address is taken."));
        assert!(form.has_errors());
        assert!(html(&form).contains("<a href=\"#id_email\">Email: This address is taken.</a>"));
    }

    #[test]
    fn html_belongs_together_for_everyone() {
        let out = html(
            &clean("email=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&password=hunter2hunter2").unwrap_err(),
        );
        // CWE-79: what was typed is text.
        assert!(!out.contains("<script"), "{out}");
        assert!(
            out.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""),
            "{out}"
        );
        assert!(
            out.contains("We write to &quot;you&quot; &lt;rarely&gt;."),
            "{out}"
        );
        // CWE-549
        assert!(!out.contains("hunter2"), "{out}");
        for wanted in [
            "<div class=\"error-summary\" role=\"alert\" tabindex=\"-1\" autofocus>",
            "<label for=\"id_email\">Email</label>",
            "<input type=\"email\" id=\"id_email\" name=\"email\" required maxlength=\"320\" autocomplete=\"email\" \
             aria-invalid=\"true\" aria-describedby=\"id_email_help id_email_errors\"",
            "<p class=\"errors\" id=\"id_email_errors\">",
            "<input type=\"password\" id=\"id_password\" name=\"password\" required minlength=\"12\" maxlength=\"128\" \
             autocomplete=\"new-password\">",
            "<label for=\"id_age\">Age <span class=\"optional\">(optional)</span></label>",
            "<input type=\"number\" id=\"id_age\" name=\"age\" min=\"13\" max=\"150\" value=\"\">",
            "<input type=\"hidden\" id=\"id_version\" name=\"version\" value=\"\">",
        ] {
            assert!(out.contains(wanted), "no {wanted}\nin {out}");
        }
    }

    #[test]
    fn debug_output_has_no_values() {
        assert!(!format!("{:?}", bound(GOOD, false)).contains("horse")); // CWE-532
    }
}
