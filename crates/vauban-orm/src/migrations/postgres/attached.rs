//! What keeps the rows of PostgreSQL's tables as they should be, by what it does: a name says only what it was made for
//! (CWE-1289).

use super::super::state::{IndexState, TableState};
use super::asked::texts;
use crate::backend::postgres::{Connection, Failure};

/// All indexes, keys and conditions of a database.
pub(super) struct Attached {
    indexes: Vec<Index>,
    constraints: Vec<Constraint>,
}

/// A valid B-tree.
struct Index {
    table: String,
    name: String,
    /// Whether it is over columns as they are, and over all rows.
    plain: bool,
    columns: Vec<String>,
    unique: bool,
}

struct Constraint {
    table: String,
    name: String,
    /// `p`rimary, `f`oreign key, `c`heck.
    kind: String,
    columns: Vec<String>,
    target: String,
}

impl Attached {
    /// Asks for them.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub(super) async fn of(connection: &Connection) -> Result<Self, Failure> {
        let here = "c.relnamespace = current_schema()::regnamespace";
        let columns = |of: &str, numbers: &str, last: &str| {
            format!(
                "(SELECT string_agg(a.attname, ',' ORDER BY k.o) FROM unnest({numbers}) WITH ORDINALITY AS k (n, o)
                    JOIN pg_attribute a ON a.attrelid = {of} AND a.attnum = k.n WHERE k.o <= {last})::text"
            )
        };
        let indexes = format!(
            "SELECT c.relname::text, {}, x.indisunique::text, i.relname::text,
                    (x.indpred IS NULL AND x.indexprs IS NULL)::text
               FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
               JOIN pg_am m ON m.oid = i.relam
              WHERE {here} AND x.indisvalid AND m.amname = 'btree'",
            columns("c.oid", "x.indkey::int2[]", "x.indnkeyatts")
        );
        let constraints = format!(
            "SELECT c.relname::text, o.conname::text, o.contype::text, {}, coalesce(t.relname, '')::text
               FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid LEFT JOIN pg_class t ON t.oid = o.confrelid
              WHERE {here} AND o.convalidated",
            columns("c.oid", "o.conkey", "cardinality(o.conkey)")
        );
        let split = |columns: &str| columns.split(',').map(str::to_owned).collect();
        let indexes = texts(connection, &indexes).await?.into_iter();
        let indexes = indexes.filter_map(|row| {
            let [table, columns, unique, name, plain] = <[String; 5]>::try_from(row).ok()?;
            Some(Index {
                table,
                columns: split(&columns),
                unique: unique == "true",
                name,
                plain: plain == "true",
            })
        });
        let constraints = texts(connection, &constraints).await?.into_iter();
        let constraints = constraints.filter_map(|row| {
            let [table, name, kind, columns, target] = <[String; 5]>::try_from(row).ok()?;
            Some(Constraint {
                table,
                name,
                kind,
                columns: split(&columns),
                target,
            })
        });
        Ok(Self {
            indexes: indexes.collect(),
            constraints: constraints.collect(),
        })
    }

    /// What a table should have and has not, each in a few words.
    pub(super) fn missing(&self, table: &str, wanted: &TableState) -> Vec<String> {
        let mut out = Vec::new();
        for index in wanted
            .indexes
            .iter()
            .filter(|index| !self.has_index(table, index))
        {
            let what = if index.unique { "unique index" } else { "index" };
            out.push(format!("{what} on ({})", index.columns.join(", ")));
        }
        let mut mine = Vec::new();
        mine.extend(
            self.constraints
                .iter()
                .filter(|constraint| constraint.table == table),
        );
        for check in &wanted.constraints {
            if !mine.iter().any(|has| has.kind == "c" && has.name == check.name) {
                out.push(format!("constraint `{}`", check.name));
            }
        }
        for column in &wanted.columns {
            let of = |kind: &str, target: &str| {
                mine.iter().any(|has| {
                    has.kind == kind && has.columns == [column.name.as_str()] && has.target == target
                })
            };
            if column.primary_key && !of("p", "") {
                out.push(format!("primary key `{}`", column.name));
            }
            if let Some(target) = column.references.as_ref().filter(|target| !of("f", target)) {
                out.push(format!("foreign key from `{}` to `{target}`", column.name));
            }
        }
        out
    }

    fn has_index(&self, table: &str, wanted: &IndexState) -> bool {
        // What a condition says PostgreSQL writes in its own words: such a one is known by its name.
        let same = |index: &Index| match wanted.is_plain() {
            true => index.plain && index.columns == wanted.columns,
            false => !index.plain && index.name == wanted.name,
        };
        let mine = self.indexes.iter().filter(|index| index.table == table);
        mine.filter(|index| index.unique == wanted.unique).any(same)
    }
}
