//! Fields that have many values: `Vec<Id<Tag>>`, `Vec` of an enum. Each value is sent under the same name.

use std::collections::HashSet;

use vauban_orm::{Id, Model, Problem};

use super::problems::{REQUIRED, TWICE, too_few, too_many};
use super::spec::{Choice, FieldSpec, Widget};
use super::value::FieldValue;

/// A type whose values are chosen from a list, so that a field can have many of them.
#[diagnostic::on_unimplemented(
    message = "a form's field cannot have many values of type `{Self}`",
    label = "not chosen from a list",
    note = "`Vec<Id<M>>` and `Vec` of an enum with `#[derive(Choices)]` are boxes to tick; for many texts take one `String` \
            with `widget = textarea` and read its lines"
)]
pub trait Entry: FieldValue {}

impl<M: Model> Entry for Id<M> {}

impl<T: Entry> FieldValue for Vec<T> {
    const WIDGET: Widget = Widget::Checkboxes;
    const REQUIRED: bool = false;
    const MAX_LENGTH: usize = T::MAX_LENGTH;
    const NEEDS_CHOICES: bool = T::NEEDS_CHOICES;
    const MANY: bool = true;
    const HAS_CHOICES: bool = T::HAS_CHOICES;

    fn read(text: &str, spec: &FieldSpec) -> Result<Self, Problem> {
        T::read(text, spec).map(|one| vec![one])
    }

    fn shown(&self) -> String {
        self.first().map(T::shown).unwrap_or_default()
    }

    fn clean(sent: &[String], spec: &FieldSpec) -> Result<Self, Problem> {
        let sent: Vec<&String> = sent.iter().filter(|value| !value.is_empty()).collect();
        if sent.is_empty() && spec.required {
            return Err(REQUIRED);
        }
        // CWE-770: counted before anything is read.
        if sent.len() > spec.max_items {
            return Err(too_many(spec.max_items));
        }
        if sent.len() < spec.min_items {
            return Err(too_few(spec.min_items));
        }
        let mut seen = HashSet::new();
        let mut values = Vec::with_capacity(sent.len());
        for text in sent {
            let value = super::value::clean::<T>(Some(text), spec)?;
            // CWE-235: two spellings of one value are the same value.
            if !seen.insert(value.shown()) {
                return Err(TWICE);
            }
            values.push(value);
        }
        Ok(values)
    }

    fn shown_values(&self) -> Vec<String> {
        self.iter().map(T::shown).collect()
    }

    fn fixed_choices() -> Vec<Choice> {
        T::fixed_choices()
    }
}
