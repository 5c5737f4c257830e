//! All rows of a database as text, to see what a request has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Tables that a refused request may write: who was here when, how often somebody guessed, and what somebody typed whose
/// session was over.
const BOOKKEEPING: &[&str] = &[
    "vauban_session",
    "vauban_renewed_token",
    "vauban_throttle",
    "vauban_kept_form",
];

/// Every row of every table, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows(BTreeMap<String, BTreeSet<String>>);

impl Rows {
    /// Reads them.
    pub(super) fn read(file: &Path) -> Self {
        Self::try_read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    fn try_read(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut names = connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut all = BTreeMap::new();
        for name in names
            .into_iter()
            .filter(|name| !BOOKKEEPING.contains(&name.as_str()))
        {
            let quoted = name.replace('"', "\"\"");
            let mut statement = connection.prepare(&format!("SELECT * FROM \"{quoted}\""))?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let mut rows = statement.query([])?;
            let mut texts = BTreeSet::new();
            while let Some(row) = rows.next()? {
                let cells: rusqlite::Result<Vec<String>> = columns
                    .iter()
                    .enumerate()
                    .map(|(index, column)| Ok(format!("{column}={}", cell(row.get_ref(index)?))))
                    .collect();
                texts.insert(cells?.join(", "));
            }
            all.insert(name, texts);
        }
        Ok(Self(all))
    }

    /// What `after` has otherwise, one line a row.
    pub(super) fn changes(&self, after: &Self) -> Vec<String> {
        let none = BTreeSet::new();
        let tables: BTreeSet<&String> = self.0.keys().chain(after.0.keys()).collect();
        let mut lines = Vec::new();
        for table in tables {
            let (old, new) = (
                self.0.get(table).unwrap_or(&none),
                after.0.get(table).unwrap_or(&none),
            );
            lines.extend(old.difference(new).map(|row| format!("- {table}: {row}")));
            lines.extend(new.difference(old).map(|row| format!("+ {table}: {row}")));
        }
        lines
    }
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
