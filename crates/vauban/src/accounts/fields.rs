//! E-mail addresses as columns of models. As fields of forms, addresses and passwords are in `forms`.

use vauban_orm::field::{Field, Kind, Limits, Mismatch, Value, ValueRef};

use super::Email;

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

    fn check(&self, limits: &Limits) -> Result<(), vauban_orm::Problem> {
        limits.check_text(self.as_str())
    }
}
