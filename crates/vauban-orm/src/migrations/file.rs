//! A migration's file: TOML in, TOML out.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::MigrationError;
use super::operation::{ColumnState, ConstraintState, Operation};
use crate::identifier;
use crate::value::Kind;

/// One migration, as its file says it.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The package whose it is.
    pub package: String,
    /// The file's name without `.toml`: `0001_initial`.
    pub name: String,
    /// SHA-256 of the file's text, hexadecimal.
    pub checksum: String,
    /// Migrations of other packages that come first: `package/name`.
    pub depends_on: Vec<String>,
    /// Its steps, in the order in which they happen; all of them or none.
    pub operations: Vec<Operation>,
}

impl Migration {
    /// Reads a file.
    ///
    /// # Errors
    /// [`MigrationError::File`] with the line and what to write.
    pub fn read(package: &str, name: &str, text: &str) -> Result<Self, MigrationError> {
        let fail = |problem: String| MigrationError::File {
            migration: format!("{package}/{name}"),
            problem,
        };
        let file: File = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        let operations = file.operations.into_iter().enumerate();
        let operations = operations
            .map(|(i, entry)| {
                entry
                    .operation()
                    .map_err(|problem| fail(format!("operation {}: {problem}", i + 1)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        // Applied as it is, its checksum would be recorded, and what is written into it later would never run.
        if operations.is_empty() {
            return Err(fail(
                "it has no operations yet: write them, or delete the file and its line in INDEX".to_owned(),
            ));
        }
        Ok(Self {
            package: package.to_owned(),
            name: name.to_owned(),
            checksum: checksum(text),
            depends_on: file.depends_on,
            operations,
        })
    }

    /// How other packages name it in `depends_on`: `package/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.package, self.name)
    }
}

/// SHA-256 of a file's text, hexadecimal. Line endings do not count: version control may change them.
pub fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file that says these steps.
pub(super) fn write(package: &str, name: &str, depends_on: &[String], operations: &[Operation]) -> String {
    let mut out = format!("# {name} of `{package}`, made from its models. Read it before you commit it.\n");
    if !depends_on.is_empty() {
        let list: Vec<String> = depends_on.iter().map(|id| text(id)).collect();
        out.push_str(&format!("depends_on = [{}]\n", list.join(", ")));
    }
    for operation in operations {
        out.push_str("\n[[operations]]\n");
        out.push_str(&entry(operation));
    }
    out
}

/// A file to be filled in by hand: what may stand in it, commented out. As it is it is refused.
pub(super) fn write_empty(package: &str, name: &str) -> String {
    format!(
        "# {name} of `{package}`, written by hand: what cannot be told from the models, or changes the rows' data.\n\
         # Take the sign off the lines that you need, in the order in which they should happen. All of it happens, or\n\
         # nothing. It is refused until it has an operation; once it is applied anywhere, leave it as it is.\n{}",
        EXAMPLES.replace('\n', "\n# ").trim_end_matches("# ")
    )
}

/// One of each operation that is written by hand. A test reads them.
const EXAMPLES: &str = r#"
[[operations]]
rename_column = "old_name"
to = "new_name"
table = "article"

[[operations]]
rename_table = "old_name"
to = "new_name"

[[operations]]
sql = "UPDATE \"article\" SET \"words\" = length(\"body\") / 6"

[[operations]]
drop_column = "name"
table = "article"

[[operations]]
drop_table = "name"

[[operations]]
drop_index = "name"

[[operations]]
drop_constraint = "name"
table = "article"
"#;

fn entry(operation: &Operation) -> String {
    match operation {
        Operation::CreateTable {
            table,
            columns,
            constraints,
        } => {
            let mut out = format!("create_table = {}\n", text(table));
            out.push_str(&list("columns", columns.iter().map(|c| column(c, None))));
            if !constraints.is_empty() {
                out.push_str(&list("constraints", constraints.iter().map(constraint)));
            }
            out
        }
        Operation::AddColumn {
            table,
            column: new,
            default,
        } => {
            format!(
                "add_column = {}\ncolumn = {}\n",
                text(table),
                column(new, default.as_deref())
            )
        }
        Operation::CreateIndex {
            name,
            table,
            columns,
            unique,
        } => {
            let columns: Vec<String> = columns.iter().map(|c| text(c)).collect();
            let unique = if *unique { "unique = true\n" } else { "" };
            format!(
                "create_index = {}\ntable = {}\ncolumns = [{}]\n{unique}",
                text(name),
                text(table),
                columns.join(", ")
            )
        }
        Operation::AddConstraint {
            table,
            constraint: new,
        } => {
            format!(
                "add_constraint = {}\nconstraint = {}\n",
                text(table),
                constraint(new)
            )
        }
        Operation::DropColumn { table, column } => {
            format!("drop_column = {}\ntable = {}\n", text(column), text(table))
        }
        Operation::RenameColumn { table, from, to } => {
            format!(
                "rename_column = {}\nto = {}\ntable = {}\n",
                text(from),
                text(to),
                text(table)
            )
        }
        Operation::DropTable { table } => format!("drop_table = {}\n", text(table)),
        Operation::RenameTable { from, to } => format!("rename_table = {}\nto = {}\n", text(from), text(to)),
        Operation::DropIndex { name } => format!("drop_index = {}\n", text(name)),
        Operation::DropConstraint { table, name } => {
            format!("drop_constraint = {}\ntable = {}\n", text(name), text(table))
        }
        Operation::Sql(sql) => format!("sql = {}\n", text(sql)),
    }
}

fn list(key: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("    {line},\n")).collect();
    format!("{key} = [\n{lines}]\n")
}

fn column(column: &ColumnState, default: Option<&str>) -> String {
    let mut out = format!(
        "{{ name = {}, type = {}",
        text(&column.name),
        text(type_name(column.kind))
    );
    if column.primary_key {
        out.push_str(", primary_key = true");
    }
    if column.null {
        out.push_str(", null = true");
    }
    if let Some(table) = &column.references {
        out.push_str(&format!(", references = {}", text(table)));
    }
    if let Some(default) = default {
        out.push_str(&format!(", default = {}", text(default)));
    }
    out + " }"
}

fn constraint(constraint: &ConstraintState) -> String {
    format!(
        "{{ name = {}, check = {} }}",
        text(&constraint.name),
        text(&constraint.check)
    )
}

fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Integer => "integer",
        Kind::Real => "real",
        Kind::Blob => "blob",
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    depends_on: Vec<String>,
    #[serde(default)]
    operations: Vec<Entry>,
}

/// An `[[operations]]` table: which one it is, is told by its one naming key.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Entry {
    create_table: Option<String>,
    add_column: Option<String>,
    create_index: Option<String>,
    add_constraint: Option<String>,
    drop_column: Option<String>,
    rename_column: Option<String>,
    drop_table: Option<String>,
    rename_table: Option<String>,
    drop_index: Option<String>,
    drop_constraint: Option<String>,
    sql: Option<String>,
    table: Option<String>,
    to: Option<String>,
    columns: Option<toml::Value>,
    column: Option<ColumnEntry>,
    constraint: Option<ConstraintState>,
    constraints: Option<Vec<ConstraintState>>,
    unique: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnEntry {
    name: String,
    r#type: String,
    #[serde(default)]
    primary_key: bool,
    #[serde(default)]
    null: bool,
    references: Option<String>,
    default: Option<String>,
}

impl Entry {
    fn operation(mut self) -> Result<Operation, String> {
        let operation = self.take()?;
        self.nothing_left()?;
        Ok(operation)
    }

    fn take(&mut self) -> Result<Operation, String> {
        if let Some(table) = self.create_table.take() {
            let columns: Vec<ColumnEntry> = self
                .columns
                .take()
                .ok_or("`create_table` needs `columns`")?
                .try_into()
                .map_err(|error: toml::de::Error| error.message().to_owned())?;
            let columns = columns
                .into_iter()
                .map(|c| c.column().map(|(c, _)| c))
                .collect::<Result<_, _>>()?;
            let constraints = self.constraints.take().unwrap_or_default();
            return Ok(Operation::CreateTable {
                table: name(table)?,
                columns,
                constraints,
            });
        }
        if let Some(table) = self.add_column.take() {
            let (column, default) = self
                .column
                .take()
                .ok_or("`add_column` needs `column`")?
                .column()?;
            return Ok(Operation::AddColumn {
                table: name(table)?,
                column,
                default,
            });
        }
        if let Some(index) = self.create_index.take() {
            let columns: Vec<String> = self
                .columns
                .take()
                .ok_or("`create_index` needs `columns`")?
                .try_into()
                .map_err(|error: toml::de::Error| error.message().to_owned())?;
            let columns = columns.into_iter().map(name).collect::<Result<_, _>>()?;
            let unique = self.unique.take().unwrap_or(false);
            return Ok(Operation::CreateIndex {
                name: name(index)?,
                table: self.table()?,
                columns,
                unique,
            });
        }
        if let Some(table) = self.add_constraint.take() {
            let constraint = self
                .constraint
                .take()
                .ok_or("`add_constraint` needs `constraint`")?;
            return Ok(Operation::AddConstraint {
                table: name(table)?,
                constraint,
            });
        }
        if let Some(column) = self.drop_column.take() {
            return Ok(Operation::DropColumn {
                table: self.table()?,
                column: name(column)?,
            });
        }
        if let Some(from) = self.rename_column.take() {
            return Ok(Operation::RenameColumn {
                table: self.table()?,
                from: name(from)?,
                to: self.to()?,
            });
        }
        if let Some(table) = self.drop_table.take() {
            return Ok(Operation::DropTable { table: name(table)? });
        }
        if let Some(from) = self.rename_table.take() {
            return Ok(Operation::RenameTable {
                from: name(from)?,
                to: self.to()?,
            });
        }
        if let Some(index) = self.drop_index.take() {
            return Ok(Operation::DropIndex { name: name(index)? });
        }
        if let Some(constraint) = self.drop_constraint.take() {
            return Ok(Operation::DropConstraint {
                table: self.table()?,
                name: name(constraint)?,
            });
        }
        if let Some(sql) = self.sql.take() {
            return Ok(Operation::Sql(sql));
        }
        Err("no operation: name one, as in `add_column = \"article\"`".into())
    }

    fn table(&mut self) -> Result<String, String> {
        name(self.table.take().ok_or("needs `table`")?)
    }

    fn to(&mut self) -> Result<String, String> {
        name(self.to.take().ok_or("needs `to`")?)
    }

    /// Two operations in one table, or a key that belongs to another one.
    fn nothing_left(&self) -> Result<(), String> {
        let names = [
            (self.create_table.is_some(), "create_table"),
            (self.add_column.is_some(), "add_column"),
            (self.create_index.is_some(), "create_index"),
            (self.add_constraint.is_some(), "add_constraint"),
            (self.drop_column.is_some(), "drop_column"),
            (self.rename_column.is_some(), "rename_column"),
            (self.drop_table.is_some(), "drop_table"),
            (self.rename_table.is_some(), "rename_table"),
            (self.drop_index.is_some(), "drop_index"),
            (self.drop_constraint.is_some(), "drop_constraint"),
            (self.sql.is_some(), "sql"),
            (self.table.is_some(), "table"),
            (self.to.is_some(), "to"),
            (self.columns.is_some(), "columns"),
            (self.column.is_some(), "column"),
            (self.constraint.is_some(), "constraint"),
            (self.constraints.is_some(), "constraints"),
            (self.unique.is_some(), "unique"),
        ];
        match names.iter().find(|(there, _)| *there) {
            Some((_, name)) => Err(format!(
                "`{name}` does not belong to this operation; each has its own `[[operations]]`"
            )),
            None => Ok(()),
        }
    }
}

impl ColumnEntry {
    fn column(self) -> Result<(ColumnState, Option<String>), String> {
        let kind = match self.r#type.as_str() {
            "text" => Kind::Text,
            "integer" => Kind::Integer,
            "real" => Kind::Real,
            "blob" => Kind::Blob,
            other => {
                return Err(format!(
                    "`{other}` is no type: there are `text`, `integer`, `real` and `blob`"
                ));
            }
        };
        let column = ColumnState {
            name: name(self.name)?,
            kind,
            null: self.null,
            primary_key: self.primary_key,
            references: self.references.map(name).transpose()?,
        };
        Ok((column, self.default))
    }
}

/// CWE-89: a name that reaches SQL text is checked, though the file is the developer's own.
fn name(name: String) -> Result<String, String> {
    if identifier::valid(&name) {
        Ok(name)
    } else {
        Err(format!(
            "`{name}` is no name: lower-case ASCII letters, digits and `_`, at most 63 characters"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations() -> Vec<Operation> {
        let column = |name: &str, kind| ColumnState {
            name: name.into(),
            kind,
            null: false,
            primary_key: name == "id",
            references: None,
        };
        vec![
            Operation::CreateTable {
                table: "article".into(),
                columns: vec![column("id", Kind::Blob), column("title", Kind::Text)],
                constraints: vec![ConstraintState {
                    name: "some".into(),
                    check: "title <> ''".into(),
                }],
            },
            Operation::AddColumn {
                table: "article".into(),
                column: ColumnState {
                    references: Some("user".into()),
                    null: true,
                    ..column("author", Kind::Blob)
                },
                default: Some("'it''s'".into()),
            },
            Operation::CreateIndex {
                name: "article_title_uniq".into(),
                table: "article".into(),
                columns: vec!["title".into()],
                unique: true,
            },
            Operation::AddConstraint {
                table: "article".into(),
                constraint: ConstraintState {
                    name: "more".into(),
                    check: "\"title\" <> \"\\\"".into(),
                },
            },
            Operation::DropColumn {
                table: "article".into(),
                column: "title".into(),
            },
            Operation::RenameColumn {
                table: "article".into(),
                from: "a".into(),
                to: "b".into(),
            },
            Operation::RenameTable {
                from: "a".into(),
                to: "b".into(),
            },
            Operation::DropIndex { name: "i".into() },
            Operation::DropConstraint {
                table: "article".into(),
                name: "more".into(),
            },
            Operation::DropTable {
                table: "article".into(),
            },
            Operation::Sql("UPDATE article SET title = 'x'\nWHERE 1".into()),
        ]
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = write(
            "demo",
            "0001_initial",
            &["vauban/0001_initial".into()],
            &operations(),
        );
        let read = Migration::read("demo", "0001_initial", &text).unwrap();
        assert_eq!(read.operations, operations(), "{text}");
        assert_eq!(read.depends_on, ["vauban/0001_initial"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("[[operations]]\nadd_colum = 'x'", "unknown field `add_colum`"),
            ("[[operations]]\ntable = 'x'", "no operation"),
            (
                "[[operations]]\ndrop_table = 'x'\nsql = 'SELECT 1'",
                "`sql` does not belong",
            ),
            ("[[operations]]\ndrop_table = 'x\"; --'", "is no name"),
            (
                "[[operations]]\nadd_column = 'a'\ncolumn = { name = 'b', type = 'varchar' }",
                "is no type",
            ),
            ("depends_on = 1", "invalid type"),
        ] {
            let error = Migration::read("demo", "0001", text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn line_endings_do_not_change_the_checksum() {
        assert_eq!(checksum("a\r\nb\r\n"), checksum("a\nb\n"));
        assert_ne!(checksum("a\nb\n"), checksum("a\nc\n"));
    }
}
