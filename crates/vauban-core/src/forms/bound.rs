//! One field of one form in one request: its spec, what stands in it, and what is wrong with it.

use std::borrow::Cow;

use vauban_orm::Problem;

use super::offer::Offered;
use super::problems::{NOT_A_CHOICE, TWICE};
use super::spec::{Choice, FieldSpec, Widget};
use super::value::FieldValue;
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
    /// What was typed, or what the form starts with: of most fields one value.
    values: Vec<String>,
    choices: Vec<Choice>,
    /// Whether there are more of them than the list shows.
    cut: bool,
    errors: Vec<Problem>,
    /// What is stored now, where it is another value than what was typed.
    stored: Option<String>,
    /// Whether its type or its control says that it is a secret.
    secret: bool,
    /// Whether it is the version that the page was made from.
    version: bool,
    /// Whether this request does not have it.
    left_out: bool,
    /// Whether it has many values.
    many: bool,
    /// How many digits it has behind the point.
    places: Option<u32>,
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
            values: Vec::new(),
            left_out: false,
            many: T::MANY,
            places: T::PLACES,
            choices: T::fixed_choices(),
            cut: false,
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

    /// What stands in the control: what was typed, or the initial value. Of a secret always nothing, of a field that has
    /// many values the first.
    pub fn value(&self) -> &str {
        // CWE-549: a secret is typed again; it never goes back into a page, a cache or a history.
        if self.secret {
            ""
        } else {
            self.values.first().map_or("", String::as_str)
        }
    }

    /// What was typed into a field that has many values, or what it starts with; of another field at most one. Of a
    /// secret never any.
    pub fn values(&self) -> &[String] {
        if self.secret { &[] } else { &self.values }
    }

    /// Whether this value is one of [`BoundField::values`].
    pub(super) fn has(&self, value: &str) -> bool {
        self.values().iter().any(|own| own == value)
    }

    /// Whether its name was sent, with a value or without.
    pub(super) fn was_sent(&self) -> bool {
        !self.values.is_empty()
    }

    /// Whether this request does not have the field (`when = …`): it is not shown, and what was sent for it not read.
    pub fn is_left_out(&self) -> bool {
        self.left_out
    }

    /// Leaves it out. CWE-915: what was sent for it is gone, so that it cannot come into the typed data.
    #[doc(hidden)]
    pub fn leave_out(&mut self) {
        self.left_out = true;
        self.values.clear();
        self.errors.clear();
        self.choices.clear();
    }

    /// Says nothing of what is wrong with it.
    pub(super) fn forgive(&mut self) {
        self.errors.clear();
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
                list if list.is_list() => {
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

    /// How many digits it has behind the point, if that is fixed.
    pub(super) fn places(&self) -> Option<u32> {
        self.places
    }

    /// What is stored now, where somebody else changed it since the form was shown: see
    /// [`Clean::conflict`](super::Clean::conflict).
    pub fn stored(&self) -> Option<&str> {
        self.stored.as_deref()
    }

    /// Sets what is stored now beside what was typed; a version becomes the present one.
    pub(super) fn beside(&mut self, current: &Self) {
        if self.version {
            self.values.clone_from(&current.values);
        } else if !self.is_secret() && !self.left_out && !self.says_the_same(current) {
            let reads = |value: &String| {
                let mut entries = current.choices.iter().chain(&self.choices);
                let choice = entries.find(|choice| choice.value == *value);
                choice.map_or_else(|| value.clone(), |choice| choice.label.clone())
            };
            self.stored = Some(match self.spec.widget {
                Widget::Checkbox if read_bool(current.value()) == Some(false) => "no".to_owned(),
                Widget::Checkbox => "yes".to_owned(),
                _ => current.values.iter().map(reads).collect::<Vec<_>>().join("\n"),
            });
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        match self.spec.widget {
            Widget::Checkbox => read_bool(self.value()) == read_bool(other.value()),
            _ if self.many => {
                self.values.len() == other.values.len() && self.values.iter().all(|value| other.has(value))
            }
            // Browsers send CRLF for every end of a line.
            _ => self.value().replace("\r\n", "\n") == other.value().replace("\r\n", "\n"),
        }
    }

    /// The entries of a list.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// Whether there is more to choose from than the list shows. What is chosen beyond it is taken all the same.
    pub fn is_cut(&self) -> bool {
        self.cut
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
        self.values = if self.many {
            // Bounded by the number of a request's fields.
            data.all(&self.name).map(str::to_owned).collect()
        } else {
            data.once(&self.name)?.map(str::to_owned).into_iter().collect()
        };
        Ok(())
    }

    /// Puts a prefix before the name, and takes the value that was sent under it.
    pub(super) fn prefix(&mut self, prefix: &str, sent: Option<&FormData>) {
        self.name = Cow::Owned(format!("{prefix}-{}", self.spec.name));
        // CWE-235: sent twice, it has an error, whichever of the two is meant.
        if let Some(sent) = sent {
            self.errors.clear();
            if self.take(sent).is_err() {
                self.add_error(TWICE);
            }
        }
    }

    /// Sets what the form starts with.
    #[doc(hidden)]
    pub fn start_with<T: FieldValue>(&mut self, value: &T) {
        if !self.left_out {
            self.values = value.shown_values();
        }
    }

    /// Sets the entries of the list.
    #[doc(hidden)]
    pub fn offer(&mut self, offered: Offered) {
        self.choices = offered.entries;
        self.cut = offered.cut;
    }

    /// Cleans the value; what is wrong with it becomes an error of the field.
    #[doc(hidden)]
    pub fn clean<T: FieldValue>(&mut self) -> Option<T> {
        if !self.errors.is_empty() {
            return None;
        }
        match T::clean(&self.values, self.spec).and_then(|value| self.chosen(value)) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(problem);
                None
            }
        }
    }

    /// CWE-639: what is not on the list the actor was offered is not taken, whatever the page looked like.
    fn chosen<T: FieldValue>(&self, value: T) -> Result<T, Problem> {
        if !self.spec.widget.is_list() {
            return Ok(value);
        }
        let offered = |shown: &String| {
            (shown.is_empty() && !self.many) || self.choices.iter().any(|choice| choice.value == *shown)
        };
        if value.shown_values().iter().all(offered) {
            Ok(value)
        } else {
            Err(NOT_A_CHOICE)
        }
    }
}
