//! What is stored: keys, and a value that is none of its model's.

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Mismatch, RowReader, ValueRef};

pub(super) fn mismatch(model: &ModelMeta) -> impl Fn(Mismatch) -> Error + use<> {
    let name = model.name;
    move |Mismatch| Error::Internal(format!("a stored `{name}` does not have the model's types"))
}

/// What a row of `model` holds that it does not know, whose columns begin with this one.
pub(super) fn unknown(model: &ModelMeta, first: usize, reader: &RowReader<'_>) -> Error {
    let Some(column) = reader
        .last()
        .checked_sub(first)
        .and_then(|at| model.columns.get(at))
    else {
        return mismatch(model)(Mismatch);
    };
    if let Some(why) = reader.unopened() {
        return Error::Undecipherable {
            table: model.table,
            column: column.column,
            row: reader.shown(first),
            why,
        };
    }
    Error::Internal(format!(
        "`{}.{}` holds what `{}` does not know, in the row whose `{}` is {}: correct it there",
        model.table,
        column.column,
        model.name,
        model.id().column,
        reader.shown(first),
    ))
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
