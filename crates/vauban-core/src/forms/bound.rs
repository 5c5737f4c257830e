//! One field of one form in one request: its spec, what stands in it, and what is wrong with it.

use std::borrow::Cow;

use vauban_orm::Problem;

use super::problems::{NOT_A_CHOICE, TWICE};
use super::spec::{Choice, FieldSpec, Widget};
use super::value::{self, FieldValue};
use crate::http::{Control, ControlKind, DataError, FormData};
use crate::scalar::read_bool;

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
    /// What is stored now, where it is another value than what was typed.
    stored: Option<String>,
    /// Whether its type or its control says that it is a secret.
    secret: bool,
    /// Whether it is the version that the page was made from.
    version: bool,
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
            secret: T::WIDGET == Widget::Password || spec.widget == Widget::Password,
            version: T::IS_VERSION,
            stored: None,
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
        if self.secret {
            ""
        } else {
            self.text.as_deref().unwrap_or_default()
        }
    }

    /// Whether it is a secret, which no page shows and nothing keeps: by its type, its control, or what a browser is
    /// told to fill in.
    pub fn is_secret(&self) -> bool {
        let filled_in = ["password", "one-time-code", "cc-"];
        let asked = self.spec.autocomplete.to_ascii_lowercase();
        self.secret || filled_in.iter().any(|kind| asked.contains(kind))
    }

    /// What it is, without what stands in it.
    pub(super) fn control(&self) -> Control {
        Control {
            name: self.spec.name,
            label: self.label(),
            kind: match self.spec.widget {
                _ if self.is_secret() => ControlKind::Secret,
                Widget::Hidden => ControlKind::Hidden,
                Widget::Checkbox => ControlKind::Tick,
                Widget::Select => {
                    let entry = |choice: &Choice| (choice.value.clone(), choice.label.clone());
                    ControlKind::OneOf(self.choices.iter().map(entry).collect())
                }
                _ => ControlKind::Text,
            },
        }
    }

    /// Whether it is the version of the row that the page was made from.
    pub(super) fn is_version(&self) -> bool {
        self.version
    }

    /// What is stored now, where somebody else changed it since the form was shown: see
    /// [`Clean::conflict`](super::Clean::conflict).
    pub fn stored(&self) -> Option<&str> {
        self.stored.as_deref()
    }

    /// Sets what is stored now beside what was typed; a version becomes the present one.
    pub(super) fn beside(&mut self, current: &Self) {
        if self.version {
            self.text.clone_from(&current.text);
        } else if !self.is_secret() && !self.says_the_same(current) {
            let value = current.value();
            let choice = current
                .choices
                .iter()
                .chain(&self.choices)
                .find(|c| c.value == value);
            self.stored = Some(match self.spec.widget {
                Widget::Checkbox if read_bool(value) == Some(false) => "no".to_owned(),
                Widget::Checkbox => "yes".to_owned(),
                _ => choice.map_or_else(|| value.to_owned(), |choice| choice.label.clone()),
            });
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        match self.spec.widget {
            Widget::Checkbox => read_bool(self.value()) == read_bool(other.value()),
            // Browsers send CRLF for every end of a line.
            _ => self.value().replace("\r\n", "\n") == other.value().replace("\r\n", "\n"),
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
