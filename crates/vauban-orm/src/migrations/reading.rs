//! From a file's TOML to steps: which step a table is, its one naming key tells.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::column_type::ColumnType;
use super::operation::{ColumnState, ConstraintState, Operation};
use crate::tree::identifier;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) depends_on: Vec<String>,
    #[serde(default)]
    pub(super) operations: Vec<toml::Table>,
}

/// The step that an `[[operations]]` table is.
///
/// # Errors
/// What is wrong with it, and what to write.
pub(super) fn operation(table: toml::Table) -> Result<Operation, String> {
    let mut named = STEPS.iter().filter(|(key, _)| table.contains_key(*key));
    let Some((key, read)) = named.next() else {
        let keys: Vec<&str> = table.keys().map(String::as_str).collect();
        return Err(format!(
            "no operation: name one, as in `add_column = \"article\"` (there is `{}`)",
            keys.join("`, `")
        ));
    };
    if let Some((other, _)) = named.next() {
        return Err(format!(
            "`{other}` does not belong to `{key}`; each has its own `[[operations]]`"
        ));
    }
    read(table)
}

type Read = fn(toml::Table) -> Result<Operation, String>;

const STEPS: [(&str, Read); 14] = [
    ("create_table", |table| {
        let step: CreateTable = entry(table)?;
        Ok(Operation::CreateTable {
            table: step.create_table.0,
            columns: step
                .columns
                .into_iter()
                .map(ColumnEntry::without_default)
                .collect::<Result<_, _>>()?,
            constraints: step.constraints,
        })
    }),
    ("add_column", |table| {
        let step: AddColumn = entry(table)?;
        let default = step.column.default.clone();
        Ok(Operation::AddColumn {
            table: step.add_column.0,
            column: step.column.state()?,
            default,
        })
    }),
    ("alter_column", |table| {
        let step: AlterColumn = entry(table)?;
        Ok(Operation::AlterColumn {
            table: step.alter_column.0,
            column: step.column.without_default()?,
            using: step.using,
        })
    }),
    ("create_index", |table| {
        let step: CreateIndex = entry(table)?;
        Ok(Operation::CreateIndex {
            name: step.create_index.0,
            table: step.table.0,
            columns: step.columns.into_iter().map(|name| name.0).collect(),
            unique: step.unique,
            ignores_case: step.ignores_case.into_iter().map(|name| name.0).collect(),
            only: step.r#where,
        })
    }),
    ("add_constraint", |table| {
        let step: AddConstraint = entry(table)?;
        Ok(Operation::AddConstraint {
            table: step.add_constraint.0,
            constraint: step.constraint,
        })
    }),
    ("drop_column", |table| {
        let step: DropColumn = entry(table)?;
        Ok(Operation::DropColumn {
            table: step.table.0,
            column: step.drop_column.0,
        })
    }),
    ("rename_column", |table| {
        let step: RenameColumn = entry(table)?;
        Ok(Operation::RenameColumn {
            table: step.table.0,
            from: step.rename_column.0,
            to: step.to.0,
        })
    }),
    ("drop_table", |table| {
        let step: DropTable = entry(table)?;
        Ok(Operation::DropTable {
            table: step.drop_table.0,
        })
    }),
    ("rename_table", |table| {
        let step: RenameTable = entry(table)?;
        Ok(Operation::RenameTable {
            from: step.rename_table.0,
            to: step.to.0,
        })
    }),
    ("rename_index", |table| {
        let step: RenameIndex = entry(table)?;
        Ok(Operation::RenameIndex {
            table: step.table.0,
            from: step.rename_index.0,
            to: step.to.0,
        })
    }),
    ("drop_index", |table| {
        let step: DropIndex = entry(table)?;
        Ok(Operation::DropIndex {
            name: step.drop_index.0,
        })
    }),
    ("drop_constraint", |table| {
        let step: DropConstraint = entry(table)?;
        Ok(Operation::DropConstraint {
            table: step.table.0,
            name: step.drop_constraint.0,
        })
    }),
    ("run", |table| {
        let step: Run = entry(table)?;
        let all = |names: Vec<Name>| names.into_iter().map(|name| name.0).collect();
        Ok(Operation::Run {
            run: step.run.0,
            table: step.table.0,
            reads: all(step.reads),
            writes: all(step.writes),
            back: step.back.map(|back| back.0),
        })
    }),
    ("sql", |table| {
        let step: Sql = entry(table)?;
        Ok(Operation::Sql {
            sql: step.sql,
            back: step.back,
        })
    }),
];

fn entry<T: DeserializeOwned>(table: toml::Table) -> Result<T, String> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())
}

/// CWE-89: a name that reaches SQL text is checked, though the file is the developer's own.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        if identifier::valid(&name) {
            Ok(Self(name))
        } else {
            Err(format!(
                "`{name}` is no name: lower-case ASCII letters, digits and `_`, at most 63 characters"
            ))
        }
    }
}

/// The name of a function of the program, which is no part of any SQL but of a comment.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Function(String);

impl TryFrom<String> for Function {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.is_empty() && name.chars().all(good) {
            Ok(Self(name))
        } else {
            Err(format!(
                "`{name}` is no function of the program: write its type's name, as in `run = \"CountWords\"`"
            ))
        }
    }
}

macro_rules! entries {
    ($($name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty),+ })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name { $($(#[$of_field])* $field: $type),+ }
    )+};
}

entries! {
    CreateTable { create_table: Name, columns: Vec<ColumnEntry>, #[serde(default)] constraints: Vec<ConstraintState> }
    AddColumn { add_column: Name, column: ColumnEntry }
    AlterColumn { alter_column: Name, column: ColumnEntry, using: Option<String> }
    CreateIndex { create_index: Name, table: Name, columns: Vec<Name>, #[serde(default)] unique: bool, #[serde(default)] ignores_case: Vec<Name>, r#where: Option<String> }
    AddConstraint { add_constraint: Name, constraint: ConstraintState }
    DropColumn { drop_column: Name, table: Name }
    RenameColumn { rename_column: Name, to: Name, table: Name }
    DropTable { drop_table: Name }
    RenameTable { rename_table: Name, to: Name }
    RenameIndex { rename_index: Name, to: Name, table: Name }
    DropIndex { drop_index: Name }
    DropConstraint { drop_constraint: Name, table: Name }
    Run { run: Function, table: Name, #[serde(default)] reads: Vec<Name>, writes: Vec<Name>, back: Option<Function> }
    Sql { sql: String, back: Option<String> }
    ColumnEntry {
        name: Name,
        r#type: String,
        #[serde(default)] primary_key: bool,
        #[serde(default)] null: bool,
        references: Option<Name>,
        default: Option<String>
    }
}

impl ColumnEntry {
    fn state(self) -> Result<ColumnState, String> {
        Ok(ColumnState {
            kind: ColumnType::named(&self.r#type)?,
            name: self.name.0,
            null: self.null,
            primary_key: self.primary_key,
            references: self.references.map(|table| table.0),
        })
    }

    fn without_default(self) -> Result<ColumnState, String> {
        match self.default {
            None => self.state(),
            Some(_) => Err(format!(
                "`default` of `{}` is the value of rows that are there when a column is added, with `add_column`",
                self.name.0
            )),
        }
    }
}
