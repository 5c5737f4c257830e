//! Values as SQLite has them.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef as SqliteRef};

use crate::tree::value::{Cells, Mismatch, Value, ValueRef, digits};

/// A row.
pub(super) struct Found<'a>(pub(super) &'a rusqlite::Row<'a>);

impl Cells for Found<'_> {
    fn cell(&self, at: usize) -> Result<ValueRef<'_>, Mismatch> {
        Ok(match self.0.get_ref(at).map_err(|_| Mismatch)? {
            SqliteRef::Null => ValueRef::Null,
            SqliteRef::Integer(i) => ValueRef::Integer(i),
            SqliteRef::Real(r) => ValueRef::Real(r),
            SqliteRef::Text(t) => ValueRef::Text(std::str::from_utf8(t).map_err(|_| Mismatch)?),
            SqliteRef::Blob(b) => ValueRef::Blob(b),
        })
    }
}

/// A cell, which owns its text or bytes. A text that is none (invalid UTF-8) is as bytes.
pub(crate) fn value_of(cell: SqliteRef<'_>) -> Value {
    match cell {
        SqliteRef::Null => Value::Null,
        SqliteRef::Integer(i) => Value::Integer(i),
        SqliteRef::Real(r) => Value::Real(r),
        SqliteRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Blob(text.to_vec()),
        },
        SqliteRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => SqliteRef::Null,
            Self::Integer(i) => SqliteRef::Integer(*i),
            Self::Real(r) => SqliteRef::Real(*r),
            Self::Text(s) => SqliteRef::Text(s.as_bytes()),
            Self::Blob(b) => SqliteRef::Blob(b),
            Self::Uuid(u) => SqliteRef::Blob(u.as_bytes()),
            // CWE-311: what is not sealed does not leave.
            Self::Unsealed(_) => {
                let why = "what is to be encrypted was not sealed";
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
            Self::Clock(clock) => {
                return Ok(ToSqlOutput::Owned(match clock.value() {
                    Self::Integer(micros) => micros.into(),
                    Self::Text(day) => day.into(),
                    _ => rusqlite::types::Value::Null,
                }));
            }
        }))
    }
}

/// A list as one parameter, so that its length does not change the statement's text.
pub(super) fn json_array(list: &[Value]) -> String {
    let items = list.iter().map(|value| match value {
        // CWE-311: what is not sealed does not leave.
        Value::Null | Value::Unsealed(_) => serde_json::Value::Null,
        Value::Integer(i) => (*i).into(),
        Value::Real(r) => (*r).into(),
        Value::Text(s) => s.as_str().into(),
        Value::Blob(bytes) => digits(bytes).into(),
        Value::Uuid(uuid) => digits(uuid.as_bytes()).into(),
        Value::Clock(clock) => match clock.value() {
            Value::Integer(micros) => micros.into(),
            Value::Text(day) => day.into(),
            _ => serde_json::Value::Null,
        },
    });
    serde_json::Value::Array(items.collect()).to_string()
}
