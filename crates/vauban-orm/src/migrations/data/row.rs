//! A row as it was when a migration ran: its columns by name, without a model.

use std::fmt;

use uuid::Uuid;

use super::super::column_type::ColumnType;
use super::super::operation::ColumnState;
use crate::error::{Error, Result};
use crate::model::field::{Encoding, Field};
use crate::sabotage::{Control, removed};
use crate::tree::value::{Value, ValueRef};

/// A row that a data migration goes through: the columns that its file names, by their names of then.
pub struct OldRow<'r> {
    table: &'r str,
    id: Uuid,
    columns: &'r [&'r ColumnState],
    writes: &'r [String],
    values: &'r [Value],
    set: Vec<(usize, Value)>,
}

impl<'r> OldRow<'r> {
    pub(super) fn new(
        table: &'r str,
        id: Uuid,
        columns: &'r [&'r ColumnState],
        writes: &'r [String],
        values: &'r [Value],
    ) -> Self {
        Self {
            table,
            id,
            columns,
            writes,
            values,
            set: Vec::new(),
        }
    }

    /// The key, by which it is found again.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// What stands in a column that is never empty.
    ///
    /// # Errors
    /// [`Error::Internal`] for a column that the file does not name, for another type than the column has, and where it is empty.
    pub fn get<T: Field>(&self, column: &str) -> Result<T> {
        let found = self.get_option(column)?;
        found.ok_or_else(|| self.wrong(column, "it is empty in this row: ask by `get_option`"))
    }

    /// What stands in a column that may be empty.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_option<T: Field>(&self, column: &str) -> Result<Option<T>> {
        let at = self.typed::<T>(column)?;
        let set = self
            .set
            .iter()
            .find(|(set, _)| *set == at)
            .map(|(_, value)| value);
        match set.unwrap_or(&self.values[at]).as_ref() {
            ValueRef::Null => Ok(None),
            value => T::from_value(value)
                .map(Some)
                .map_err(|_| self.wrong(column, "what it holds is none of the type's values")),
        }
    }

    /// What a column becomes.
    ///
    /// # Errors
    /// [`Error::Internal`] for a column that the file does not say is written (CWE-862), and for another type than the column has.
    pub fn set<T: Field>(&mut self, column: &str, value: &T) -> Result<()> {
        let at = self.typed::<T>(column)?;
        self.write(at, value.to_value())
    }

    /// A column becomes empty.
    ///
    /// # Errors
    /// As [`set`](Self::set); for a column that may not be empty.
    pub fn set_null(&mut self, column: &str) -> Result<()> {
        let at = self.position(column)?;
        if !self.columns[at].null {
            return Err(self.wrong(column, "it may not be empty"));
        }
        self.write(at, Value::Null)
    }

    fn write(&mut self, at: usize, value: Value) -> Result<()> {
        let name = &self.columns[at].name;
        if !self.writes.contains(name) && !removed(Control::DataRights) {
            return Err(self.wrong(
                name,
                "the migration's file does not say that it is written: `writes = […]`",
            ));
        }
        self.set.retain(|(set, _)| *set != at);
        self.set.push((at, value));
        Ok(())
    }

    /// What is set that differs from what stood there.
    pub(super) fn changed(self) -> Vec<(usize, Value)> {
        let values = self.values;
        let set = self.set.into_iter();
        set.filter(|(at, value)| values[*at].as_ref() != value.as_ref())
            .collect()
    }

    fn typed<T: Field>(&self, column: &str) -> Result<usize> {
        let at = self.position(column)?;
        let state = self.columns[at];
        let is = match (state.kind, T::ENCODING) {
            (ColumnType::Of(kind), Encoding::OfKind) => kind == T::KIND,
            // CWE-681: a number of another unit.
            (ColumnType::Decimal { places, digits }, encoding) => {
                encoding == Encoding::Decimal { places, digits }
            }
            // CWE-311: what is encrypted is neither read nor written as bytes.
            (ColumnType::Of(_), Encoding::Decimal { .. } | Encoding::Encrypted)
            | (ColumnType::Encrypted, _) => false,
            // An older file says only how it is stored.
            (ColumnType::Stored(storage), _) => storage == T::KIND.storage(),
        };
        if is {
            return Ok(at);
        }
        let why = format!(
            "it is `{}`, and `{}` is not",
            state.kind.written(),
            std::any::type_name::<T>()
        );
        Err(self.wrong(column, &why))
    }

    fn position(&self, column: &str) -> Result<usize> {
        let found = self.columns.iter().position(|state| state.name == column);
        found.ok_or_else(|| self.wrong(column, "the migration's file does not name it: `reads = […]`"))
    }

    fn wrong(&self, column: &str, why: &str) -> Error {
        Error::Internal(format!("`{}.{column}`: {why}", self.table))
    }
}

/// Which row, and nothing of what stands in it (CWE-532).
impl fmt::Debug for OldRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OldRow({} {})", self.table, self.id)
    }
}
