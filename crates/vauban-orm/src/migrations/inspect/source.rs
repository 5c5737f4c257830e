//! From tables to the source of their models, to be read and changed by people.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{camel, free, quoted, snake, written};
use super::tables::{Inspected, InspectedColumn};
use super::types;

const HEAD: &str = "\
//! Models of another program's tables, written by `inspectdb`: to begin with, not to be kept as they are.
//!
//! * Nobody may see or do anything: the rules of each model are `Rules::none()` until you write who may what.
//! * A model's key is `id`, a UUID, and each table counts the changes of its rows. So `makemigrations` makes tables of its own, in
//!   a database of its own, and the rows are copied into them.
//! * What has no field is a comment that says why.

use vauban::prelude::*;
";

/// The file.
pub(super) fn write(tables: &[Inspected]) -> String {
    let mut taken = BTreeSet::new();
    let mut structs: BTreeMap<&str, String> = BTreeMap::new();
    let mut table_names = BTreeSet::new();
    for table in tables {
        let also = |name: &str| vec![format!("New{name}"), format!("{name}Columns")];
        structs.insert(&table.name, free(&camel(&table.name), &mut taken, also));
    }
    let mut out = HEAD.to_owned();
    for table in tables {
        // The framework's begin like that.
        let name = snake(&table.name);
        let name = name
            .strip_prefix("vauban_")
            .map_or(name.clone(), |rest| format!("own_{rest}"));
        let name = free(&name, &mut table_names, |_| Vec::new());
        out.push_str(&model(table, &name, &structs));
    }
    out
}

/// A column's field, as far as there is one.
struct Written {
    column: String,
    field: String,
    text: String,
}

fn model(table: &Inspected, name: &str, structs: &BTreeMap<&str, String>) -> String {
    let own = &structs[table.name.as_str()];
    let mut taken = BTreeSet::from(["id".to_owned(), "row_version".to_owned()]);
    let mut fields = Vec::new();
    let mut comments = String::new();
    for column in &table.columns {
        if table.key == [column.name.as_str()] && column.refers.is_none() && is_replaced(column) {
            comments.push_str(&format!(
                "    // Its key was {} of the type {}.\n",
                quoted(&column.name),
                quoted(&column.sql_type)
            ));
            continue;
        }
        match field(column, table, structs, &mut taken) {
            Ok(field) => fields.push(field),
            Err(why) => comments.push_str(&why),
        }
    }
    let mut out = format!(
        "\n/// The table {}.\n#[derive(Model, Debug)]\n",
        quoted(&table.name)
    );
    out.push_str(&format!(
        "#[model(table = \"{name}\"{})]\n",
        together(table, &fields)
    ));
    out.push_str(&format!(
        "pub struct {own} {{\n    pub id: Id<{own}>,\n{comments}"
    ));
    for field in fields {
        out.push_str(&field.text);
    }
    out.push_str(&format!(
        "}}\n\nimpl Policy for {own} {{\n    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {{\n        Rules::none()\n    }}\n}}\n"
    ));
    out
}

/// Whether a key that is only a number or a UUID, and says nothing.
fn is_replaced(column: &InspectedColumn) -> bool {
    let is = types::field(&column.sql_type);
    is.is_some_and(|(rust, _)| ["i32", "i64", "Uuid"].contains(&rust.as_str()))
}

/// # Errors
/// The comment in its place.
fn field(
    column: &InspectedColumn,
    table: &Inspected,
    structs: &BTreeMap<&str, String>,
    taken: &mut BTreeSet<String>,
) -> Result<Written, String> {
    let (column_name, was) = (&column.name, quoted(&column.name));
    let mut notes = String::new();
    let mut attributes = Vec::new();
    let target = column
        .refers
        .as_ref()
        .and_then(|(target, to)| Some((structs.get(target.as_str())?, target, to)));
    let (wanted, rust) = match target {
        Some((model, ..)) => {
            let snake = snake(column_name);
            let field = snake
                .strip_suffix("_id")
                .filter(|rest| !rest.is_empty())
                .unwrap_or(&snake)
                .to_owned();
            (field, format!("ForeignKey<{model}>"))
        }
        None => {
            let Some((rust, attribute)) = types::field(&column.sql_type) else {
                return Err(format!(
                    "    // {was} is of the type {}: say by hand what it becomes.\n",
                    quoted(&column.sql_type)
                ));
            };
            attributes.extend(attribute);
            (snake(column_name), rust)
        }
    };
    let name = free(&wanted, taken, |_| Vec::new());
    let becomes = if target.is_some() {
        format!("{name}_id")
    } else {
        name.clone()
    };
    if becomes != *column_name {
        notes.push_str(&format!("    // Was {was}.\n"));
    }
    if let Some((_, target, to)) = target.filter(|(_, _, to)| !to.is_empty() && *to != "id") {
        notes.push_str(&format!(
            "    // Referred to {} of {}.\n",
            quoted(to),
            quoted(target)
        ));
    }
    let alone = |unique: bool| {
        let is_key = unique && table.key == [column_name.as_str()];
        is_key
            || table
                .indexes
                .iter()
                .any(|index| index.unique == unique && index.columns == [column_name.as_str()])
    };
    if alone(true) {
        attributes.push("unique".to_owned());
    } else if alone(false) && target.is_none() {
        attributes.push("index".to_owned());
    }
    // `self`, `crate` and `super` are no names, not even as `r#self`.
    let name = if ["self", "crate", "super"].contains(&name.as_str()) {
        free(&format!("{name}_"), taken, |_| Vec::new())
    } else {
        name
    };
    let mut text = notes;
    if !attributes.is_empty() {
        text.push_str(&format!("    #[field({})]\n", attributes.join(", ")));
    }
    let rust = if column.null {
        format!("Option<{rust}>")
    } else {
        rust
    };
    text.push_str(&format!("    pub {}: {rust},\n", written(&name)));
    Ok(Written {
        column: column_name.clone(),
        field: name,
        text,
    })
}

/// Indexes and keys over several columns, all of which are fields.
fn together(table: &Inspected, fields: &[Written]) -> String {
    let names = |columns: &[String]| -> Option<String> {
        let names = columns.iter().map(|column| {
            let field = fields.iter().find(|field| field.column == *column)?;
            Some(written(&field.field))
        });
        Some(names.collect::<Option<Vec<_>>>()?.join(", "))
    };
    let mut all: Vec<String> = Vec::new();
    let several = table.indexes.iter().map(|index| (&index.columns, index.unique));
    for (columns, unique) in several
        .chain([(&table.key, true)])
        .filter(|(columns, _)| columns.len() > 1)
    {
        if let Some(names) = names(columns) {
            let what = if unique { "unique" } else { "index" };
            let said = format!(", {what}({names})");
            if !all.contains(&said) {
                all.push(said);
            }
        }
    }
    all.concat()
}
