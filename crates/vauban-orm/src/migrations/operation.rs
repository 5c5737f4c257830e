//! One step of a migration.

use serde::Deserialize;

use super::column_type::ColumnType;

/// One step of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Makes a table with its columns and constraints; indexes are operations of their own.
    CreateTable {
        /// Its name.
        table: String,
        /// Its columns, in order.
        columns: Vec<ColumnState>,
        /// Its check constraints.
        constraints: Vec<ConstraintState>,
    },
    /// A new column of a table.
    AddColumn {
        /// The table.
        table: String,
        /// The column.
        column: ColumnState,
        /// The value of existing rows, as an SQL literal; needed unless the column may be null.
        default: Option<String>,
    },
    /// A new index; also how uniqueness is kept.
    CreateIndex {
        /// The index's name.
        name: String,
        /// The table.
        table: String,
        /// Its columns, in order.
        columns: Vec<String>,
        /// Whether no two rows may agree in all of them.
        unique: bool,
        /// Those of them that are compared without the case of ASCII letters.
        ignores_case: Vec<String>,
        /// The rows that it is of, in SQL, if not of all.
        only: Option<String>,
    },
    /// A new check constraint of a table; existing rows are checked.
    AddConstraint {
        /// The table.
        table: String,
        /// The constraint.
        constraint: ConstraintState,
    },
    /// A column holds another type, may be without a value or no longer, refers to another table.
    AlterColumn {
        /// The table that is made anew.
        table: String,
        /// The column as it becomes. Its name stays.
        column: ColumnState,
        /// What the rows that are there have in it from then on, as an SQL expression over the row as it was; their value,
        /// if it fits without loss.
        using: Option<String>,
    },
    /// A column goes, with its values and the indexes that it is in.
    DropColumn {
        /// The table.
        table: String,
        /// The column's name.
        column: String,
    },
    /// A column is named otherwise.
    RenameColumn {
        /// The table.
        table: String,
        /// Its name so far.
        from: String,
        /// Its new name.
        to: String,
    },
    /// A table goes, with its rows.
    DropTable {
        /// The table.
        table: String,
    },
    /// A table is named otherwise.
    RenameTable {
        /// Its name so far.
        from: String,
        /// Its new name.
        to: String,
    },
    /// An index is named otherwise: after its table or a column of it was.
    RenameIndex {
        /// The table.
        table: String,
        /// Its name so far.
        from: String,
        /// Its new name.
        to: String,
    },
    /// An index goes, and what it kept unique.
    DropIndex {
        /// The index's name.
        name: String,
    },
    /// A constraint goes: rows need not fit it any more.
    DropConstraint {
        /// The table.
        table: String,
        /// The constraint's name.
        name: String,
    },
    /// A function of the program goes through the rows that are there, in transactions of some rows each: see
    /// [`DataMigration`](super::DataMigration). It does not change what the files say of the schema, and stands in a file of its own.
    Run {
        /// The function's name, or `nothing`.
        run: String,
        /// The table.
        table: String,
        /// Columns that it reads.
        reads: Vec<String>,
        /// Columns that it changes.
        writes: Vec<String>,
        /// The function that undoes it, or `nothing`; without one there is no way back.
        back: Option<String>,
    },
    /// By hand: SQL on the rows. It does not change what the files say of the schema.
    Sql {
        /// The statements, separated by `;`.
        sql: String,
        /// The statements that undo them, for `migrate` back; without them there is no way back.
        back: Option<String>,
    },
}

/// A column as the files tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnState {
    /// What it is called, in the database and in operations that drop it.
    pub name: String,
    /// What it holds, as far as the file says.
    pub kind: ColumnType,
    /// Whether it may be without a value.
    pub null: bool,
    /// Whether it is the primary key.
    pub primary_key: bool,
    /// The table it refers to.
    pub references: Option<String>,
}

/// A condition that the database holds every row of a table to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConstraintState {
    /// What it is called, in the database and in operations that drop it.
    pub name: String,
    /// The condition, in SQL.
    pub check: String,
}

/// What is written for a function where nothing is to be done.
pub(super) const NOTHING: &str = "nothing";

/// Rows that a function goes through in one transaction.
pub(super) const AT_ONCE: i64 = 1_000;

impl Operation {
    /// Whether it goes through rows, so that it is not one transaction.
    pub(super) fn is_run(&self) -> bool {
        matches!(self, Self::Run { .. })
    }

    /// In a few words, for the output of commands.
    pub fn summary(&self) -> String {
        match self {
            Self::CreateTable { table, .. } => format!("create table {table}"),
            Self::AddColumn { table, column, .. } => format!("add column {table}.{}", column.name),
            Self::CreateIndex {
                table,
                columns,
                unique,
                ..
            } => {
                let what = if *unique { "unique index" } else { "index" };
                format!("create {what} on {table} ({})", columns.join(", "))
            }
            Self::AddConstraint { table, constraint } => {
                format!("add constraint {} to {table}", constraint.name)
            }
            Self::AlterColumn { table, column, .. } => format!("alter column {table}.{}", column.name),
            Self::DropColumn { table, column } => format!("drop column {table}.{column}"),
            Self::RenameColumn { table, from, to } => format!("rename column {table}.{from} to {to}"),
            Self::DropTable { table } => format!("drop table {table}"),
            Self::RenameTable { from, to } => format!("rename table {from} to {to}"),
            Self::RenameIndex { from, to, .. } => format!("rename index {from} to {to}"),
            Self::DropIndex { name } => format!("drop index {name}"),
            Self::DropConstraint { table, name } => format!("drop constraint {name} of {table}"),
            Self::Run {
                run, table, writes, ..
            } => format!("run {run} on {table} ({})", writes.join(", ")),
            Self::Sql { .. } => "run SQL".into(),
        }
    }
}

impl Operation {
    /// What to do where the database refuses the step because of a row, in a sentence with what it said.
    pub(super) fn with_remedy(&self, said: &str) -> String {
        match self {
            Self::AlterColumn { table, column, .. } => {
                let null = if column.null { "" } else { " that is never empty" };
                format!(
                    "{said}. If a row is the reason, its `{}` does not become `{}`{null}: change such rows by an operation \
                     `sql = \"UPDATE \\\"{table}\\\" …\"` before, or say by `using = \"…\"` what they become",
                    column.name,
                    column.kind.written()
                )
            }
            _ => said.to_owned(),
        }
    }
}

impl ColumnState {
    /// Refuses a column that would be taken for another one, although it is stored alike (CWE-681): a number of seconds for a
    /// moment in microseconds.
    ///
    /// # Errors
    /// What to write.
    pub(super) fn keeps_its_meaning(&self, table: &str, had: Option<ColumnType>) -> Result<(), String> {
        let (name, becomes) = (&self.name, self.kind.written());
        match had {
            Some(had) if had.is_misread_as(self.kind) => Err(format!(
                "`{table}.{name}` is `{}`, and as `{becomes}` the same values would mean something else: say what they become, \
                 by `using = \"…\"`",
                had.written()
            )),
            _ => Ok(()),
        }
    }

    /// Whether a column that a file says is the one that a model wants: an older file says only how a type is stored.
    pub(super) fn fits(&self, wanted: &Self) -> bool {
        let Self {
            name,
            kind,
            null,
            primary_key,
            references,
        } = wanted;
        self.kind.fits(*kind)
            && (&self.name, self.null, self.primary_key, &self.references)
                == (name, *null, *primary_key, references)
    }
}
