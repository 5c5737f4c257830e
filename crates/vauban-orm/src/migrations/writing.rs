//! From steps to a file's TOML, to be read by people before it is committed.

use super::column_type::ColumnType;
use super::operation::{ColumnState, ConstraintState, Operation};
use super::state::State;

/// The file that says these steps. `before`: the schema that they change.
pub(super) fn write(
    package: &str,
    name: &str,
    depends_on: &[String],
    operations: &[Operation],
    before: State,
) -> String {
    let mut state = before;
    let mut out = format!("# {name} of `{package}`, made from its models. Read it before you commit it.\n");
    if !depends_on.is_empty() {
        let list: Vec<String> = depends_on.iter().map(|id| text(id)).collect();
        out.push_str(&format!("depends_on = [{}]\n", list.join(", ")));
    }
    for operation in operations {
        out.push('\n');
        for care in care(operation, &state) {
            out.push_str(&format!("# {care}\n"));
        }
        // What does not fit is told by whoever reads the file.
        let _ = state.apply(operation);
        out.push_str("[[operations]]\n");
        out.push_str(&entry(operation));
    }
    out
}

/// What a reviewer should know of a step.
fn care(operation: &Operation, before: &State) -> Vec<String> {
    match operation {
        Operation::DropColumn { .. } => vec!["Careful: what the rows have in it is lost.".to_owned()],
        Operation::DropTable { .. } => vec!["Careful: its rows are lost.".to_owned()],
        Operation::AlterColumn { table, column, .. } => {
            let had = before
                .tables
                .get(table)
                .and_then(|state| state.column(&column.name));
            let had = had.map_or(column.kind, |had| had.kind);
            match (had, column.kind) {
                (had, now @ ColumnType::Decimal { places, .. }) if had.settles(now) => vec![
                    format!("The files did not say so far how many places behind the point `{table}.{}` has.", column.name),
                    format!("Careful: this takes what its rows hold for numbers with {places}, as the model says now. If they"),
                    "were written when it said another number, put that number here, and make the change a migration of its own."
                        .to_owned(),
                ],
                (ColumnType::Decimal { places: had, .. }, ColumnType::Decimal { places, .. }) if had != places => vec![
                    format!("What the rows hold is written anew, with {places} places behind the point instead of {had}; a number"),
                    "that does not fit stops the migration. Careful: SQL by hand (a check, a trigger, a fragment) that names".to_owned(),
                    "the column sees its smallest unit.".to_owned(),
                ],
                (had, now) if had != now && had.stays(now) => Vec::new(),
                _ => vec!["The table is made anew, and nobody writes to it meanwhile.".to_owned()],
            }
        }
        _ => Vec::new(),
    }
}

/// A file to be filled in by hand: what may stand in it, commented out. As it is it is refused.
pub(super) fn write_empty(package: &str, name: &str) -> String {
    format!(
        "# {name} of `{package}`, written by hand: what cannot be told from the models, or changes the rows' data.\n\
         # Take the sign off the lines that you need, in the order in which they should happen. All of it happens, or\n\
         # nothing. It is refused until it has an operation; once it is applied anywhere, leave it as it is.\n\
         # A function of the program that goes through rows (`run`, `table`, `reads`, `writes`, `back`) has a file of its own.\n{}",
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
back = "UPDATE \"article\" SET \"words\" = 0"

[[operations]]
alter_column = "article"
column = { name = "words", type = "bigint" }
using = "coalesce(\"words\", 0)"

[[operations]]
drop_column = "name"
table = "article"

[[operations]]
drop_table = "name"

[[operations]]
rename_index = "old_name"
to = "new_name"
table = "article"

[[operations]]
drop_index = "name"

[[operations]]
drop_constraint = "name"
table = "article"
"#;

pub(super) fn entry(operation: &Operation) -> String {
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
            ignores_case,
            only,
        } => {
            let all = |names: &[String]| names.iter().map(|c| text(c)).collect::<Vec<_>>().join(", ");
            let mut out = format!(
                "create_index = {}\ntable = {}\ncolumns = [{}]\n",
                text(name),
                text(table),
                all(columns)
            );
            if *unique {
                out.push_str("unique = true\n");
            }
            if !ignores_case.is_empty() {
                out.push_str(&format!("ignores_case = [{}]\n", all(ignores_case)));
            }
            if let Some(only) = only {
                out.push_str(&format!("where = {}\n", text(only)));
            }
            out
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
        Operation::AlterColumn {
            table,
            column: new,
            using,
        } => {
            let using = using.as_ref().map(|sql| format!("using = {}\n", text(sql)));
            format!(
                "alter_column = {}\ncolumn = {}\n{}",
                text(table),
                column(new, None),
                using.unwrap_or_default()
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
        Operation::RenameIndex { table, from, to } => {
            format!(
                "rename_index = {}\nto = {}\ntable = {}\n",
                text(from),
                text(to),
                text(table)
            )
        }
        Operation::DropIndex { name } => format!("drop_index = {}\n", text(name)),
        Operation::DropConstraint { table, name } => {
            format!("drop_constraint = {}\ntable = {}\n", text(name), text(table))
        }
        Operation::Run {
            run,
            table,
            reads,
            writes,
            back,
        } => {
            let names = |names: &[String]| names.iter().map(|name| text(name)).collect::<Vec<_>>().join(", ");
            let back = back.as_ref().map(|back| format!("back = {}\n", text(back)));
            format!(
                "run = {}\ntable = {}\nreads = [{}]\nwrites = [{}]\n{}",
                text(run),
                text(table),
                names(reads),
                names(writes),
                back.unwrap_or_default()
            )
        }
        Operation::Sql { sql, back } => {
            let back = back.as_ref().map(|sql| format!("back = {}\n", text(sql)));
            format!("sql = {}\n{}", text(sql), back.unwrap_or_default())
        }
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
        text(&column.kind.written())
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

#[cfg(test)]
mod tests {
    use super::super::Migration;
    use super::*;
    use crate::tree::value::Kind;

    fn operations() -> Vec<Operation> {
        let column = |name: &str, kind| ColumnState {
            name: name.into(),
            kind: ColumnType::Of(kind),
            null: false,
            primary_key: name == "id",
            references: None,
        };
        vec![
            Operation::CreateTable {
                table: "article".into(),
                columns: vec![column("id", Kind::Uuid), column("title", Kind::Text)],
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
                    ..column("author", Kind::Uuid)
                },
                default: Some("'it''s'".into()),
            },
            Operation::CreateIndex {
                name: "article_title_uniq".into(),
                table: "article".into(),
                columns: vec!["title".into()],
                unique: true,
                ignores_case: vec![],
                only: None,
            },
            Operation::CreateIndex {
                name: "article_lower_title_uniq".into(),
                table: "article".into(),
                columns: vec!["title".into()],
                unique: true,
                ignores_case: vec!["title".into()],
                only: Some("\"published\" = TRUE".into()),
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
            Operation::RenameIndex {
                table: "b".into(),
                from: "a_title_uniq".into(),
                to: "b_title_uniq".into(),
            },
            Operation::DropIndex { name: "i".into() },
            Operation::DropConstraint {
                table: "article".into(),
                name: "more".into(),
            },
            Operation::DropTable {
                table: "article".into(),
            },
            Operation::AlterColumn {
                table: "article".into(),
                column: column("words", Kind::BigInt),
                using: Some("coalesce(words, 0)".into()),
            },
            Operation::Sql {
                sql: "UPDATE article SET title = 'x'\nWHERE 1".into(),
                back: None,
            },
            Operation::Sql {
                sql: "SELECT 1".into(),
                back: Some("SELECT 2".into()),
            },
        ]
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = write(
            "demo",
            "0001_initial",
            &["vauban/0001_initial".into()],
            &operations(),
            State::default(),
        );
        let read = Migration::read("demo", "0001_initial", &text).unwrap();
        assert_eq!(read.operations, operations(), "{text}");
        assert_eq!(read.depends_on, ["vauban/0001_initial"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            (
                "[[operations]]\nadd_colum = 'x'",
                "no operation: name one, as in `add_column = \"article\"` (there is `add_colum`)",
            ),
            ("[[operations]]\ntable = 'x'", "no operation"),
            (
                "[[operations]]\ndrop_table = 'x'\ntable = 'y'",
                "unknown field `table`",
            ),
            (
                "[[operations]]\ndrop_index = 'x'\n[[operations]]\ndrop_column = 'y'",
                "operation 2: missing field `table`",
            ),
            (
                "[[operations]]\ncreate_table = 'x'\ncolumns = [{ name = 'a', type = 'string', default = '1' }]",
                "with `add_column`",
            ),
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
}
