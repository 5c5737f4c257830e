//! One step of a migration, and its SQL.

use serde::Deserialize;

use crate::value::Kind;

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
    },
    /// A new check constraint of a table; existing rows are checked.
    AddConstraint {
        /// The table.
        table: String,
        /// The constraint.
        constraint: ConstraintState,
    },
    /// By hand: a column goes, with its values.
    DropColumn {
        /// The table.
        table: String,
        /// The column's name.
        column: String,
    },
    /// By hand: a column is named otherwise.
    RenameColumn {
        /// The table.
        table: String,
        /// Its name so far.
        from: String,
        /// Its new name.
        to: String,
    },
    /// By hand: a table goes, with its rows.
    DropTable {
        /// The table.
        table: String,
    },
    /// By hand: a table is named otherwise.
    RenameTable {
        /// Its name so far.
        from: String,
        /// Its new name.
        to: String,
    },
    /// By hand: an index goes.
    DropIndex {
        /// The index's name.
        name: String,
    },
    /// By hand: a constraint goes.
    DropConstraint {
        /// The table.
        table: String,
        /// The constraint's name.
        name: String,
    },
    /// By hand: SQL on the rows. It does not change what the files say of the schema.
    Sql(String),
}

/// A column as the files tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnState {
    /// What it is called, in the database and in operations that drop it.
    pub name: String,
    /// How it is stored.
    pub kind: Kind,
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

impl Operation {
    /// The statement for SQLite. Names were checked when the file was read; they are quoted all the same,
    /// for some are SQL's own words.
    pub fn sqlite(&self) -> String {
        match self {
            Self::CreateTable {
                table,
                columns,
                constraints,
            } => {
                let columns = columns.iter().map(ColumnState::sqlite);
                let constraints = constraints.iter().map(ConstraintState::sqlite);
                let lines: Vec<String> = columns.chain(constraints).collect();
                // STRICT: a column holds only values of its type, whoever writes them.
                format!(
                    "CREATE TABLE \"{table}\" (\n    {}\n) STRICT",
                    lines.join(",\n    ")
                )
            }
            Self::AddColumn {
                table,
                column,
                default,
            } => {
                let default = default
                    .as_ref()
                    .map(|value| format!(" DEFAULT {value}"))
                    .unwrap_or_default();
                format!("ALTER TABLE \"{table}\" ADD COLUMN {}{default}", column.sqlite())
            }
            Self::CreateIndex {
                name,
                table,
                columns,
                unique,
            } => {
                let unique = if *unique { "UNIQUE " } else { "" };
                format!(
                    "CREATE {unique}INDEX \"{name}\" ON \"{table}\" (\"{}\")",
                    columns.join("\", \"")
                )
            }
            Self::AddConstraint { table, constraint } => {
                format!("ALTER TABLE \"{table}\" ADD {}", constraint.sqlite())
            }
            Self::DropColumn { table, column } => format!("ALTER TABLE \"{table}\" DROP COLUMN \"{column}\""),
            Self::RenameColumn { table, from, to } => {
                format!("ALTER TABLE \"{table}\" RENAME COLUMN \"{from}\" TO \"{to}\"")
            }
            Self::DropTable { table } => format!("DROP TABLE \"{table}\""),
            Self::RenameTable { from, to } => format!("ALTER TABLE \"{from}\" RENAME TO \"{to}\""),
            Self::DropIndex { name } => format!("DROP INDEX \"{name}\""),
            Self::DropConstraint { table, name } => {
                format!("ALTER TABLE \"{table}\" DROP CONSTRAINT \"{name}\"")
            }
            Self::Sql(sql) => sql.clone(),
        }
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
            Self::DropColumn { table, column } => format!("drop column {table}.{column}"),
            Self::RenameColumn { table, from, to } => format!("rename column {table}.{from} to {to}"),
            Self::DropTable { table } => format!("drop table {table}"),
            Self::RenameTable { from, to } => format!("rename table {from} to {to}"),
            Self::DropIndex { name } => format!("drop index {name}"),
            Self::DropConstraint { table, name } => format!("drop constraint {name} of {table}"),
            Self::Sql(_) => "run SQL".into(),
        }
    }
}

impl ColumnState {
    fn sqlite(&self) -> String {
        let mut out = format!("\"{}\" {}", self.name, self.kind.sql());
        if !self.null {
            out.push_str(" NOT NULL");
        }
        if self.primary_key {
            out.push_str(" PRIMARY KEY");
        }
        if let Some(table) = &self.references {
            // Immediate, for a deferred constraint would fail everybody's shared COMMIT.
            out.push_str(&format!(" REFERENCES \"{table}\""));
        }
        out
    }
}

impl ConstraintState {
    fn sqlite(&self) -> String {
        format!("CONSTRAINT \"{}\" CHECK ({})", self.name, self.check)
    }
}
