//! One field of one form in one request: its spec, what stands in it, and what is wrong with it.

use std::borrow::Cow;

use vauban_orm::Problem;

use super::problems::{NOT_A_CHOICE, TWICE};
use super::spec::{Choice, FieldSpec, Widget};
use super::value::{self, FieldValue};
use crate::http::{DataError, FormData};

/// A field with its value, its entries and its errors; in a template `{{ form.title }}`.
///
/// It is made of text only: typed values come from [`Form::clean`](super::Form::clean), never from here.
#[derive(Clone)]
pub struct BoundField {
    spec: &'static FieldSpec,
    /// The name in the request: the spec's, with the form's prefix before it.
    name: Cow<'static, str>,
    /// What was typed, or what the form starts with.
    text: Option<String>,
    choices: Vec<Choice>,
    errors: Vec<Problem>,
}

/// The value is left out: it may be a password (CWE-532).
impl std::fmt::Debug for BoundField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundField")
            .field("name", &self.name)
            .field("errors", &self.errors)
            .finish()
    }
}

impl BoundField {
    /// An empty field, with the entries that its type has.
    #[doc(hidden)]
    pub fn new<T: FieldValue>(spec: &'static FieldSpec) -> Self {
        Self {
            spec,
            name: Cow::Borrowed(spec.name),
            text: None,
            choices: T::fixed_choices(),
            errors: Vec::new(),
        }
    }

    /// The name in the request, with the form's [prefix](super::Form::prefix).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `id` of the control, which the label, the help and the errors refer to.
    pub fn id(&self) -> String {
        format!("id_{}", self.name)
    }

    /// What people read beside the control.
    pub fn label(&self) -> &'static str {
        self.spec.label
    }

    /// The sentence of help, or nothing.
    pub fn help(&self) -> &'static str {
        self.spec.help
    }

    /// Everything the derive wrote down.
    pub fn spec(&self) -> &'static FieldSpec {
        self.spec
    }

    /// What stands in the control: what was typed, or the initial value. Of a secret always nothing.
    pub fn value(&self) -> &str {
        // CWE-549: a secret is typed again; it never goes back into a page, a cache or a history.
        if self.spec.widget == Widget::Password {
            ""
        } else {
            self.text.as_deref().unwrap_or_default()
        }
    }

    /// The entries of a list.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// What is wrong, one sentence each.
    pub fn errors(&self) -> &[Problem] {
        &self.errors
    }

    /// Says what is wrong with this field.
    pub fn add_error(&mut self, problem: impl Into<Problem>) {
        self.errors.push(problem.into());
    }

    /// Takes the value from a request.
    pub(super) fn take(&mut self, data: &FormData) -> Result<(), DataError> {
        self.text = data.once(&self.name)?.map(str::to_owned);
        Ok(())
    }

    /// Puts a prefix before the name, and takes the value that was sent under it.
    pub(super) fn prefix(&mut self, prefix: &str, sent: Option<&FormData>) {
        self.name = Cow::Owned(format!("{prefix}-{}", self.spec.name));
        // CWE-235: sent twice, it has an error, whichever of the two is meant.
        if let Some(sent) = sent
            && self.take(sent).is_err()
        {
            self.add_error(TWICE);
        }
    }

    /// Sets what the form starts with.
    #[doc(hidden)]
    pub fn start_with<T: FieldValue>(&mut self, value: &T) {
        self.text = Some(value.shown());
    }

    /// Sets the entries of the list.
    #[doc(hidden)]
    pub fn offer(&mut self, choices: Vec<Choice>) {
        self.choices = choices;
    }

    /// Cleans the value; what is wrong with it becomes an error of the field.
    #[doc(hidden)]
    pub fn clean<T: FieldValue>(&mut self) -> Option<T> {
        if !self.errors.is_empty() {
            return None;
        }
        match value::clean::<T>(self.text.as_deref(), self.spec).and_then(|value| self.chosen(value)) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(problem);
                None
            }
        }
    }

    /// CWE-639: what is not on the list the actor was offered is not taken, whatever the page looked like.
    fn chosen<T: FieldValue>(&self, value: T) -> Result<T, Problem> {
        if self.spec.widget != Widget::Select {
            return Ok(value);
        }
        let shown = value.shown();
        if shown.is_empty() || self.choices.iter().any(|choice| choice.value == shown) {
            Ok(value)
        } else {
            Err(NOT_A_CHOICE)
        }
    }
}
