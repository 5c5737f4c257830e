//! One operation that goes through the rows of a table: what it reads and writes, and what its function makes of each row.

use uuid::Uuid;

use super::super::MigrationError;
use super::super::operation::{AT_ONCE, ColumnState, NOTHING, Operation};
use super::super::plan::Step;
use super::function::DataMigrationMeta;
use super::row::OldRow;
use crate::error::DatabaseError;
use crate::sabotage::{Control, removed};
use crate::sql::dialect::Dialect;
use crate::tree::value::Value;

pub(super) struct Each<'s> {
    step: &'s Step,
    table: &'s str,
    writes: &'s [String],
    /// Those that are read, those that are written among them.
    pub(super) columns: Vec<&'s ColumnState>,
    counts_changes: bool,
    /// Nothing is to be done without one.
    function: Option<DataMigrationMeta>,
}

impl<'s> Each<'s> {
    /// Each of a step, in their order.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub(super) fn all(step: &'s Step, functions: &[DataMigrationMeta]) -> Result<Vec<Self>, MigrationError> {
        let operations = step.operations.iter();
        operations
            .map(|operation| Self::new(step, operation, functions))
            .collect()
    }

    /// # Errors
    /// [`MigrationError::Set`] for a function that nobody brings, or that may not what the file asks of it.
    pub(super) fn new(
        step: &'s Step,
        operation: &'s Operation,
        functions: &[DataMigrationMeta],
    ) -> Result<Self, MigrationError> {
        let Operation::Run {
            run,
            table,
            reads,
            writes,
            ..
        } = operation
        else {
            return Err(MigrationError::Set(format!("{} goes through no rows", step.id())));
        };
        let refused = |why: String| MigrationError::Set(format!("{} cannot run `{run}`: {why}", step.id()));
        let state = step.before.tables.get(table);
        let state = state.ok_or_else(|| refused(format!("there is no table `{table}`")))?;
        let names = reads
            .iter()
            .chain(writes.iter().filter(|name| !reads.contains(name)));
        let columns = names.map(|name| {
            let column = state.column(name);
            column.ok_or_else(|| refused(format!("there is no column `{table}.{name}`")))
        });
        let function = match run.as_str() {
            NOTHING => None,
            name => Some(*functions.iter().find(|known| known.name == name).ok_or_else(|| {
                refused(format!(
                    "no module of this program brings it: declare it by `data_migration!`, and add `.data_migration::<{name}>()`"
                ))
            })?),
        };
        if let Some(function) = &function {
            // CWE-862: what the file asks for is not more than what is reviewed as the function's rights.
            let reads = reads.iter().map(|name| (false, name));
            let mut all = reads.chain(writes.iter().map(|name| (true, name)));
            if let Some((write, name)) = all.find(|(write, name)| !function.may(*write, table, name))
                && !removed(Control::DataRights)
            {
                let right = if write { "Change" } else { "View" };
                return Err(refused(format!(
                    "it has no right `{right}<{table}({name})>`: add it where it is declared, by `data_migration!`"
                )));
            }
        }
        Ok(Self {
            step,
            table,
            writes,
            columns: columns.collect::<Result<_, _>>()?,
            counts_changes: state.column("row_version").is_some(),
            function,
        })
    }

    pub(super) fn has_nothing_to_do(&self) -> bool {
        self.function.is_none()
    }

    /// The next rows behind a key; `$1` or `?1`.
    pub(super) fn select(&self, dialect: Dialect) -> String {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let columns = std::iter::once("\"id\"".to_owned())
            .chain(columns)
            .collect::<Vec<_>>()
            .join(", ");
        let lock = match dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        };
        let mark = mark(dialect);
        format!(
            "SELECT {columns} FROM \"{}\" WHERE \"id\" > {mark}1 ORDER BY \"id\" LIMIT {AT_ONCE}{lock}",
            self.table
        )
    }

    /// Changes one row, whose key is the first parameter, in these columns.
    pub(super) fn update(&self, dialect: Dialect, columns: &[usize]) -> String {
        let mark = mark(dialect);
        let set = columns.iter().enumerate();
        let set = set.map(|(n, at)| format!("\"{}\" = {mark}{}", self.columns[*at].name, n + 2));
        let mut set: Vec<_> = set.collect();
        if self.counts_changes {
            set.push("\"row_version\" = \"row_version\" + 1".to_owned());
        }
        format!(
            "UPDATE \"{}\" SET {} WHERE \"id\" = {mark}1",
            self.table,
            set.join(", ")
        )
    }

    /// What the row's columns become, those that differ.
    ///
    /// # Errors
    /// [`MigrationError::Database`], with the row.
    pub(super) fn changed(&self, id: Uuid, values: &[Value]) -> Result<Vec<(usize, Value)>, MigrationError> {
        let Some(function) = &self.function else {
            return Ok(Vec::new());
        };
        let mut row = OldRow::new(self.table, id, &self.columns, self.writes, values);
        match (function.row)(&mut row) {
            Ok(()) => Ok(row.changed()),
            Err(error) => {
                Err(self.refused(&format!("`{}` on the row {id}", function.name), error.to_string()))
            }
        }
    }

    pub(super) fn refused(&self, statement: &str, error: String) -> MigrationError {
        MigrationError::Database {
            migration: self.step.id(),
            statement: statement.to_owned(),
            error: DatabaseError::new(
                format!(
                    "{error}. The rows before it, up to {AT_ONCE} at a time, are done; `migrate` goes on behind them"
                ),
                None,
            ),
        }
    }
}

fn mark(dialect: Dialect) -> char {
    match dialect {
        Dialect::Sqlite => '?',
        Dialect::Postgres => '$',
    }
}
