//! What is stored: keys, and a value that is none of its model's.

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Mismatch, RowReader, ValueRef};

pub(super) fn mismatch(model: &ModelMeta) -> impl Fn(Mismatch) -> Error + use<> {
    let name = model.name;
    move |Mismatch| Error::Internal(format!("a stored `{name}` does not have the model's types"))
}

/// The primary key of a row whose columns begin at `base`.
pub(crate) fn key_of(row: &RowReader<'_>, base: usize) -> Result<Uuid> {
    match row.value_at(base) {
        Ok(ValueRef::Blob(bytes)) => Uuid::from_slice(bytes).map_err(|_| no_key()),
        _ => Err(no_key()),
    }
}

pub(super) fn no_key() -> Error {
    Error::Internal("a primary key is not 16 bytes".into())
}
