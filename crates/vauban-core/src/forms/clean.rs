//! Cleaning: from a form as it was sent to typed data, or to the form to show again.

use std::fmt;
use std::ops::Deref;

use ::http::StatusCode;
use vauban_orm::Problem;

use super::bound::BoundField;
use super::form::{FieldSet, Filling, Form, FormErrors, FormFields, WithoutContext};
use super::problems::{CHANGED_MEANWHILE, NOT_UNIQUE, STALE};
use crate::{Db, Error, Respond};

/// What [`Form::clean`] finds: the typed data, or the form to show again.
#[must_use = "end with `.or_show(|form| Page { form })?`, or look at both sides: `.into_result()`"]
pub struct Cleaned<F: FormFields>(Result<Clean<F>, Form<F>>);

/// What a form yields when every rule holds: the typed data, by `Deref`.
pub struct Clean<F: FormFields> {
    pub(super) data: F,
    pub(super) form: Form<F>,
}

impl<F: FormFields> Form<F> {
    /// The typed data, or the form to show again, with what was typed and what is wrong with it.
    ///
    /// ```ignore
    /// let clean = form.clean(&db).await?.or_show(|form| EditPage { form, article })?;
    /// ```
    ///
    /// # Errors
    /// Those of the database, and 400 for a name that a strict form does not declare; what people typed wrong is in
    /// [`Cleaned`].
    pub async fn clean(self, db: &Db) -> Result<Cleaned<F>, Error>
    where
        F: WithoutContext,
    {
        self.clean_for(db, &()).await
    }

    /// As [`Form::clean`], for a form whose fields and choices depend on `context`: what is not there for this context
    /// is not taken.
    ///
    /// # Errors
    /// As [`Form::clean`].
    pub async fn clean_for(mut self, db: &Db, context: &F::Context) -> Result<Cleaned<F>, Error> {
        F::load(&mut self.fields, db, context).await?;
        if let Some(name) = self.undeclared() {
            let shown: String = name.chars().take(100).collect();
            return Err(Error::bad_request(format!(
                "This form has no field `{}`: leave it out.",
                shown.escape_debug()
            )));
        }
        Ok(Cleaned(self.settle(context)))
    }

    /// Cleaning, once the choices are there.
    fn settle(mut self, context: &F::Context) -> Result<Clean<F>, Self> {
        // CWE-352: the token was ours but is too old. Nothing is done with the form but to show it again.
        if self.stale {
            self.problems.push(STALE);
            return Err(self);
        }
        // Whoever opens a page with a search has not searched yet.
        let opened = F::GET && !self.was_sent();
        let Some(data) = F::collect(&mut self.fields) else {
            if opened {
                self.status = StatusCode::OK;
                self.fields.each_mut().into_iter().for_each(BoundField::forgive);
            }
            return Err(self);
        };
        let mut errors = FormErrors {
            fields: &mut self.fields,
            problems: &mut self.problems,
            found: false,
        };
        data.check(context, &mut errors);
        if errors.found {
            Err(self)
        } else {
            Ok(Clean { data, form: self })
        }
    }
}

impl<F: FormFields> Filling for Clean<F> {
    type Form = F;

    fn data(&self) -> &F {
        &self.data
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

    /// As [`Cleaned::or_show`], where the page needs more than the form: it is loaded only if it is shown.
    ///
    /// ```ignore
    /// let clean = form.clean(&db).await?.or_show_async(|form| board(&db, form)).await?;
    /// ```
    ///
    /// # Errors
    /// The page, as an error for `?`; or why it could not be loaded.
    pub async fn or_show_async<P: Respond + 'static, L: Future<Output = Result<P, Error>>>(
        self,
        page: impl FnOnce(Form<F>) -> L,
    ) -> Result<Clean<F>, Error> {
        match self.0 {
            Ok(clean) => Ok(clean),
            Err(form) => Err(form.shown_in_async(page).await),
        }
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

    /// The typed data and the form that it came from: a search shows both its results and itself.
    pub fn into_parts(self) -> (F, Form<F>) {
        (self.data, self.form)
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
        match self.explained(error) {
            Ok(form) => form.shown_in(page),
            Err(error) => error,
        }
    }

    /// The form that says what the database refused, as [`Clean::explain`] shows it.
    ///
    /// # Errors
    /// The error, if it is about no value.
    pub fn explained(self, error: vauban_orm::Error) -> Result<Form<F>, Error> {
        let found: Vec<(Vec<&'static str>, Problem)> = match error {
            vauban_orm::Error::Invalid(problems) => problems
                .into_iter()
                .map(|found| (vec![found.field], found.problem))
                .collect(),
            vauban_orm::Error::Unique { fields, .. } => vec![(fields, NOT_UNIQUE)],
            other => return Err(other.into()),
        };
        let mut form = self.form;
        for (names, problem) in found {
            let mut fields = form.fields.each_mut();
            let mut shown = fields.iter_mut().filter(|field| !field.is_left_out());
            match shown.find(|field| names.contains(&field.spec().name)) {
                Some(field) => field.add_error(problem),
                None => form.problems.push(problem),
            }
        }
        Ok(form)
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
        self.conflicting(current).shown_in(page)
    }

    /// The form with both texts, as [`Clean::conflict`] shows it.
    pub fn conflicting(self, current: &F) -> Form<F> {
        let mut stored = F::Fields::empty();
        current.show(&mut stored);
        let mut form = self.form;
        for (field, stored) in form.fields.each_mut().into_iter().zip(stored.each()) {
            field.beside(stored);
        }
        form.problems.push(CHANGED_MEANWHILE);
        form.status = StatusCode::CONFLICT;
        form
    }
}

impl<F: FormFields> Deref for Clean<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.data
    }
}

#[cfg(test)]
mod tests {
    use super::super::render;
    use super::*;
    use crate::Secret;
    use crate::http::{DataError, FormData, FormLimits};

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
        bound(body, false).settle(&())
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
        assert!(form.settle(&()).is_ok());
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
        let form = bound(GOOD, true).settle(&()).unwrap_err();
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
