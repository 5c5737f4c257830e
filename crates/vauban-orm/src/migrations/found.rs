//! What a database has: asked of the database itself, and compared with what files or models say (CWE-1289: what one
//! assumes of a table is copied, and what one does not is gone).

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::MigrationError;
use super::ddl::sqlite::{self, Attached};
use super::operation::Operation;
use super::record::setup;
use super::set::{self, Set};
use super::state::{State, TableState};
use super::words::{Part, parts, words};
use crate::tree::meta::ModelMeta;

/// A table as the database has it.
pub(super) struct Found {
    parts: Vec<Part>,
    behind: Vec<String>,
    /// Its indexes and triggers, in the order in which they were made.
    pub(super) attached: Vec<Attached>,
}

/// How tables differ from what is said of them, each in a few words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What is said and not there.
    pub missing: Vec<String>,
    /// What is there and not said.
    pub more: Vec<String>,
}

impl Difference {
    pub(super) fn is_none(&self) -> bool {
        self.missing.is_empty() && self.more.is_empty()
    }
}

impl Difference {
    /// Why a step was not made.
    pub(super) fn refuses(self, migration: String, table: String) -> MigrationError {
        MigrationError::Differs {
            migration,
            table,
            more: self.more,
            missing: self.missing,
        }
    }
}

/// Asks the database for a table.
///
/// # Errors
/// If it cannot be asked.
pub(super) fn found(connection: &Connection, table: &str) -> rusqlite::Result<Option<Found>> {
    let mut statement = connection.prepare(
        "SELECT \"type\", \"name\", \"sql\" FROM \"sqlite_schema\" \
         WHERE \"tbl_name\" = ? COLLATE NOCASE AND \"sql\" IS NOT NULL ORDER BY rowid",
    )?;
    let rows = statement.query_map([table], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
        ))
    })?;
    let (mut own, mut attached) = (None, Vec::new());
    for row in rows {
        let (kind, name, sql) = row?;
        match kind.as_str() {
            "table" => own = Some(parts(&sql)),
            "index" | "trigger" => attached.push(Attached {
                trigger: kind == "trigger",
                name,
                sql,
            }),
            _ => {}
        }
    }
    Ok(own.map(|own| Found {
        parts: own.parts,
        behind: own.behind,
        attached,
    }))
}

impl Found {
    /// How its columns and conditions differ from those of a state.
    pub(super) fn difference(&self, wanted: &TableState) -> Difference {
        let wanted = parts(&sqlite::create_table("t", &wanted.columns, &wanted.constraints));
        let mut out = Difference::default();
        let other = |part: &Part, among: &[Part]| {
            let same = |other: &&Part| part.column.is_some() && other.column == part.column;
            among.iter().find(same).map(|part| part.text.clone())
        };
        for part in wanted.parts.iter().filter(|part| !self.parts.contains(part)) {
            out.missing.push(match (&part.column, other(part, &self.parts)) {
                (Some(_), Some(found)) => format!("the column `{}` (here it is `{found}`)", part.text),
                (Some(name), None) => format!("the column `{name}`"),
                (None, _) => format!("the condition `{}`", part.text),
            });
        }
        for part in self.parts.iter().filter(|part| !wanted.parts.contains(part)) {
            out.more.push(match (&part.column, other(part, &wanted.parts)) {
                // Told already.
                (Some(_), Some(_)) => continue,
                (Some(name), None) => format!("the column `{name}`"),
                (None, _) => format!("the condition `{}`", part.text),
            });
        }
        if self.behind != wanted.behind {
            out.missing
                .push(format!("`{}` behind its columns", wanted.behind.join(" ")));
        }
        out
    }

    /// The columns that it has and a state does not.
    pub(super) fn columns_beside(&self, wanted: &TableState) -> Vec<String> {
        let columns = self.parts.iter().filter_map(|part| part.column.as_ref());
        let beside = columns.filter(|name| wanted.column(name).is_none());
        beside.map(|name| format!("the column `{name}`")).collect()
    }

    /// How its indexes and triggers differ from those of a state, by what they do and not by their names. `said`: the words of
    /// all SQL by hand, which makes those that it names.
    fn attached_difference(&self, table: &str, wanted: &TableState, said: &BTreeSet<String>) -> Difference {
        // Without their names, which stand before `ON`.
        let nameless = |sql: &str| -> Vec<String> {
            let words = words(sql);
            let on = words.iter().position(|word| word == "on").unwrap_or_default();
            let unique = words.get(1).filter(|word| *word == "unique");
            unique.cloned().into_iter().chain(words[on..].to_vec()).collect()
        };
        let there: Vec<Vec<String>> = self.attached.iter().map(|one| nameless(&one.sql)).collect();
        let indexes = &wanted.indexes;
        let wanted = indexes.iter().map(|index| {
            // Whichever version has made it.
            let made = nameless(&sqlite::index_of(table, index, wanted));
            let older = nameless(&sqlite::older_index_of(table, index));
            ([made, older], index)
        });
        let wanted: Vec<_> = wanted.collect();
        let missing = wanted
            .iter()
            .filter(|(does, _)| !does.iter().any(|one| there.contains(one)));
        let missing = missing.map(|(_, index)| {
            let what = if index.unique { "unique index" } else { "index" };
            format!("the {what} on ({})", index.columns.join(", "))
        });
        let more = self.attached.iter().zip(&there).filter(|(one, does)| {
            !wanted.iter().any(|(other, _)| other.contains(does))
                && !said.contains(&one.name.to_ascii_lowercase())
        });
        let more = more.map(|(one, _)| {
            let what = if one.trigger { "trigger" } else { "index" };
            format!("the {what} `{}`", one.name)
        });
        Difference {
            missing: missing.collect(),
            more: more.collect(),
        }
    }
}

/// How a database's tables differ from those of its program's models: `package/name`s that are recorded say what was done
/// once, not what is there (CWE-1289).
///
/// # Errors
/// Files that cannot be read; a database that cannot be asked.
pub fn differences(
    connection: &Connection,
    models: &[&'static ModelMeta],
    sets: &[Set],
) -> Result<Difference, MigrationError> {
    let mut said = BTreeSet::new();
    for operation in set::ordered(sets)?.iter().flat_map(|m| &m.operations) {
        if let Operation::Sql { sql, .. } = operation {
            said.extend(words(sql));
        }
    }
    let mut out = Difference::default();
    for (table, state) in &State::of_models(models).tables {
        let Some(found) = found(connection, table).map_err(setup)? else {
            out.missing.push(format!("the table `{table}`"));
            continue;
        };
        for Difference { missing, more } in [
            found.difference(state),
            found.attached_difference(table, state, &said),
        ] {
            out.missing
                .extend(missing.into_iter().map(|told| format!("{told} of `{table}`")));
            out.more
                .extend(more.into_iter().map(|told| format!("{told} of `{table}`")));
        }
    }
    Ok(out)
}

/// What a step would take from a table that the files do not know, or that is not as they say. `before`: what they say of
/// it.
///
/// # Errors
/// If the database cannot be asked.
pub(super) fn lost(
    connection: &Connection,
    operation: &Operation,
    before: &State,
) -> rusqlite::Result<Option<(String, Difference)>> {
    let (table, whole) = match operation {
        Operation::DropTable { table } => (table, false),
        _ => match sqlite::rebuilt_table(operation, before) {
            Some(table) => (table, true),
            None => return Ok(None),
        },
    };
    let Some(state) = before.tables.get(table) else {
        return Ok(None);
    };
    let difference = match found(connection, table)? {
        None => Difference {
            missing: vec!["the table".to_owned()],
            more: Vec::new(),
        },
        Some(found) if whole => found.difference(state),
        Some(found) => Difference {
            missing: Vec::new(),
            more: found.columns_beside(state),
        },
    };
    Ok((!difference.is_none()).then(|| (table.clone(), difference)))
}

/// The first view or trigger that says what is not there any more, and what the database says of it.
///
/// # Errors
/// If the database cannot be asked.
pub(super) fn unsound(connection: &Connection) -> rusqlite::Result<Option<(String, rusqlite::Error)>> {
    let names = |sql: &str| -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(sql)?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    for view in names("SELECT \"name\" FROM \"sqlite_schema\" WHERE \"type\" = 'view'")? {
        if let Err(error) = connection.prepare(&format!("SELECT * FROM {}", quoted(&view))) {
            return Ok(Some((format!("the view `{view}`"), error)));
        }
    }
    let with_triggers = "SELECT DISTINCT t.\"name\" FROM \"sqlite_schema\" AS t JOIN \"sqlite_schema\" AS g \
         ON g.\"type\" = 'trigger' AND g.\"tbl_name\" = t.\"name\" COLLATE NOCASE WHERE t.\"type\" = 'table'";
    for table in names(with_triggers)? {
        let mut columns =
            connection.prepare("SELECT \"name\" FROM pragma_table_xinfo(?) WHERE \"hidden\" = 0")?;
        let columns = columns.query_map([&table], |row| row.get::<_, String>(0))?;
        let columns = columns.collect::<rusqlite::Result<Vec<_>>>()?;
        let set: Vec<String> = columns
            .iter()
            .map(|column| format!("{0} = {0}", quoted(column)))
            .collect();
        let table_name = quoted(&table);
        // A statement's triggers are read when it is prepared.
        for sql in [
            format!("DELETE FROM {table_name}"),
            format!("UPDATE {table_name} SET {}", set.join(", ")),
            format!("INSERT INTO {table_name} DEFAULT VALUES"),
        ] {
            if let Err(error) = connection.prepare(&sql) {
                return Ok(Some((format!("a trigger of `{table}`"), error)));
            }
        }
    }
    Ok(None)
}
