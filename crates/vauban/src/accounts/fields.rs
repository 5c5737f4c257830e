//! E-mail addresses and passwords as fields of forms and columns of models.

use vauban_orm::field::{Field, Kind, Limits, Mismatch, Value, ValueRef};

use super::{Email, Password};
use crate::forms::{FieldSpec, FieldValue, Problem, Widget};

impl Field for Email {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.as_str().to_owned())
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            // Read as it was written: the domain's rules may have changed since.
            ValueRef::Text(text) => Ok(Self::from_stored(text)),
            _ => Err(Mismatch),
        }
    }

    fn check(&self, limits: &Limits) -> Result<(), String> {
        limits.check_text(self.as_str())
    }
}

impl FieldValue for Email {
    const WIDGET: Widget = Widget::Email;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::parse(text).map_err(|error| error.to_string().into())
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl FieldValue for Password {
    const WIDGET: Widget = Widget::Password;
    const NEEDS_MAX_LENGTH: bool = true;
    const KEEPS_SPACES: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::new(text).map_err(|error| error.to_string().into())
    }

    /// Nothing: a password is typed again (CWE-549).
    fn shown(&self) -> String {
        String::new()
    }
}
