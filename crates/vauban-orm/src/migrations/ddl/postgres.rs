//! A migration's steps in PostgreSQL's SQL. All of it stands in one transaction with what it changes in the rows.

use super::super::column_type::{ColumnType, rescaled};
use super::super::file::short;
use super::super::operation::{ColumnState, ConstraintState, Operation};
use super::super::state::{State, TableState, names};
use super::index::create_index;
use super::literal;
use crate::sql::literal::type_of as plain;
use crate::tree::value::{Kind, Storage};

/// See [`Dialect::statements`](super::Dialect::statements).
pub(super) fn statements(operation: &Operation, before: &State) -> Result<Vec<String>, String> {
    let one = match operation {
        Operation::CreateTable {
            table,
            columns,
            constraints,
        } => return create_table(table, columns, constraints, before),
        Operation::AddColumn {
            table,
            column,
            default,
        } => {
            let default = match default {
                Some(text) => format!(" DEFAULT {}", literal::postgres(text, column.kind)?),
                None => String::new(),
            };
            let definition = definition(table, column, before)?;
            format!("ALTER TABLE \"{table}\" ADD COLUMN {definition}{default}")
        }
        Operation::CreateIndex {
            name,
            table,
            columns,
            unique,
            ignores_case,
            only,
        } => create_index(name, table, columns, *unique, ignores_case, only.as_deref()),
        Operation::AddConstraint { table, constraint } => {
            format!("ALTER TABLE \"{table}\" ADD {}", check(constraint)?)
        }
        Operation::AlterColumn { table, column, using } => {
            return alter_column(table, column, using.as_deref(), before);
        }
        Operation::DropColumn { table, column } => {
            // PostgreSQL would drop the condition with it, and nobody would have said so.
            let speaks = |constraint: &&ConstraintState| names(&constraint.check, column);
            if let Some(constraint) = table_of(before, table)?.constraints.iter().find(speaks) {
                return Err(format!(
                    "the constraint `{}` of `{table}` speaks of `{column}`: drop it first, by `drop_constraint`",
                    constraint.name
                ));
            }
            format!("ALTER TABLE \"{table}\" DROP COLUMN \"{column}\"")
        }
        Operation::RenameColumn { table, from, to } => {
            let mut all = vec![format!(
                "ALTER TABLE \"{table}\" RENAME COLUMN \"{from}\" TO \"{}\"",
                to
            )];
            let state = table_of(before, table)?;
            if state
                .column(from)
                .is_some_and(|column| is_kept(column, table, before))
            {
                all.extend(renamed(table, &key(table, from), &key(table, to)));
            }
            return Ok(all);
        }
        Operation::DropTable { table } => return Ok(drop_table(table, before)),
        Operation::RenameTable { from, to } => {
            let mut all = vec![format!("ALTER TABLE \"{from}\" RENAME TO \"{}\"", to)];
            let state = table_of(before, from)?;
            if state.columns.iter().any(|column| column.primary_key) {
                all.extend(renamed(to, &primary(from), &primary(to)));
            }
            for column in state
                .columns
                .iter()
                .filter(|column| is_kept(column, from, before))
            {
                all.extend(renamed(to, &key(from, &column.name), &key(to, &column.name)));
            }
            return Ok(all);
        }
        Operation::RenameIndex { from, to, .. } => format!("ALTER INDEX \"{from}\" RENAME TO \"{to}\""),
        Operation::DropIndex { name } => format!("DROP INDEX \"{name}\""),
        Operation::DropConstraint { table, name } => {
            format!("ALTER TABLE \"{table}\" DROP CONSTRAINT \"{name}\"")
        }
        Operation::Run { .. } => {
            return Ok(super::run::statements(
                operation,
                crate::sql::dialect::Dialect::Postgres,
            ));
        }
        Operation::Sql { sql, .. } => sql.clone(),
    };
    Ok(vec![one])
}

fn create_table(
    table: &str,
    columns: &[ColumnState],
    constraints: &[ConstraintState],
    before: &State,
) -> Result<Vec<String>, String> {
    let columns = columns.iter().map(|column| definition(table, column, before));
    let lines: Vec<String> = columns
        .chain(constraints.iter().map(check))
        .collect::<Result<_, _>>()?;
    let mut all = vec![format!(
        "CREATE TABLE \"{}\" (\n    {}\n)",
        table,
        lines.join(",\n    ")
    )];
    // Tables that were made before the one that they refer to, as two that refer to each other are.
    for (other, column) in referring(table, before) {
        all.push(add_key(other, column, table));
    }
    Ok(all)
}

/// As SQLite drops one: its rows go first, which other tables' rows forbid that refer to them.
fn drop_table(table: &str, before: &State) -> Vec<String> {
    let referring: Vec<_> = referring(table, before).collect();
    let mut all = Vec::new();
    if !referring.is_empty() {
        all.push(format!("DELETE FROM \"{table}\""));
    }
    for (other, column) in referring {
        all.push(drop_constraint(other, &key(other, &column.name)));
    }
    all.push(format!("DROP TABLE \"{table}\""));
    all
}

fn alter_column(
    table: &str,
    column: &ColumnState,
    using: Option<&str>,
    before: &State,
) -> Result<Vec<String>, String> {
    let name = &column.name;
    let was = table_of(before, table)?
        .column(name)
        .ok_or_else(|| format!("there is no column `{table}.{name}`"))?;
    let mut all = Vec::new();
    // The values that older rows were given by it are theirs; a new type could not have it.
    let mut changes = vec![format!("ALTER COLUMN \"{name}\" DROP DEFAULT")];
    if is_kept(was, table, before) && was.references != column.references {
        all.push(drop_constraint(table, &key(table, name)));
    }
    let (from, to) = (type_of(was.kind), type_of(column.kind));
    if using.is_none() {
        column.keeps_its_meaning(table, Some(was.kind))?;
    }
    let rescaled = match using {
        None if !was.kind.stays(column.kind) => rescaled(name, was.kind, column.kind),
        _ => None,
    };
    if let Some((fits, value)) = rescaled {
        // All rows at once: one by one a unique index would refuse the 10 that was 1 while another is 10 still.
        let fails = format!(
            "(\"{name}\"::text || ' does not fit {}')::{to}",
            column.kind.written()
        );
        changes.push(format!(
            "ALTER COLUMN \"{name}\" TYPE {to} USING (CASE WHEN \"{name}\" IS NULL OR ({fits}) THEN {value} ELSE {fails} END)"
        ));
    } else if from != to {
        let value = match using {
            Some(using) => using.to_owned(),
            None => converted(name, was.kind, column.kind),
        };
        changes.push(format!("ALTER COLUMN \"{name}\" TYPE {to} USING ({value})"));
    } else if let Some(using) = using {
        all.push(format!("UPDATE \"{table}\" SET \"{name}\" = {using}"));
    }
    if was.primary_key && !column.primary_key {
        all.push(drop_constraint(table, &primary(table)));
    }
    match (was.null, column.null) {
        (true, false) => changes.push(format!("ALTER COLUMN \"{name}\" SET NOT NULL")),
        (false, true) => changes.push(format!("ALTER COLUMN \"{name}\" DROP NOT NULL")),
        _ => {}
    }
    all.push(format!("ALTER TABLE \"{table}\" {}", changes.join(", ")));
    if column.primary_key && !was.primary_key {
        let primary = primary(table);
        all.push(format!(
            "ALTER TABLE \"{table}\" ADD CONSTRAINT \"{primary}\" PRIMARY KEY (\"{name}\")"
        ));
    }
    if was.references != column.references
        && let Some(target) = &column.references
        && is_kept(column, table, before)
    {
        all.push(add_key(table, column, target));
    }
    Ok(all)
}

/// The value that a row has in a column of another type. Where it does not fit without loss, the cast of its text fails and
/// stops the migration.
fn converted(name: &str, from: ColumnType, to: ColumnType) -> String {
    let (from, to) = (kind(from), kind(to));
    let target = type_of(ColumnType::Of(to));
    let fails = format!("(\"{name}\"::text || ' does not fit')::{target}");
    match (from, to) {
        (Kind::Double, Kind::Int | Kind::BigInt) => {
            // Beyond 2⁵³ not every whole number is a double, and the nearest one is another value.
            let most = if to == Kind::Int {
                "2147483648"
            } else {
                "9007199254740992"
            };
            format!(
                "CASE WHEN \"{name}\" = trunc(\"{name}\") AND \"{name}\" >= -{most} AND \"{name}\" < {most} \
                 OR \"{name}\" IS NULL THEN \"{name}\"::{target} ELSE {fails} END"
            )
        }
        (Kind::BigInt, Kind::Double) => format!(
            "CASE WHEN \"{name}\" BETWEEN -9007199254740992 AND 9007199254740992 OR \"{name}\" IS NULL \
             THEN \"{name}\"::{target} ELSE {fails} END"
        ),
        // SQLite has no such number.
        (Kind::Text, Kind::Double) => {
            format!("CASE WHEN \"{name}\"::{target} = 'NaN' THEN {fails} ELSE \"{name}\"::{target} END")
        }
        _ => format!("\"{name}\"::{target}"),
    }
}

/// A column with all that belongs to it.
fn definition(table: &str, column: &ColumnState, before: &State) -> Result<String, String> {
    let name = &column.name;
    let mut out = format!("\"{name}\" {}", type_of(column.kind));
    if !column.null {
        out.push_str(" NOT NULL");
    }
    if column.primary_key {
        out.push_str(&format!(" CONSTRAINT \"{}\" PRIMARY KEY", primary(table)));
    }
    if let Some(target) = &column.references
        && is_kept(column, table, before)
    {
        out.push_str(&format!(
            " CONSTRAINT \"{}\" {}",
            key(table, name),
            references(target)
        ));
    }
    Ok(out)
}

/// Judged at the end of each statement, as on SQLite; rows in a circle are deleted with the judgement put off.
fn references(target: &str) -> String {
    format!("REFERENCES \"{target}\" DEFERRABLE INITIALLY IMMEDIATE")
}

fn add_key(table: &str, column: &ColumnState, target: &str) -> String {
    format!(
        "ALTER TABLE \"{table}\" ADD CONSTRAINT \"{}\" FOREIGN KEY (\"{}\") {}",
        key(table, &column.name),
        column.name,
        references(target)
    )
}

fn drop_constraint(table: &str, name: &str) -> String {
    format!("ALTER TABLE \"{table}\" DROP CONSTRAINT \"{name}\"")
}

fn renamed(table: &str, from: &str, to: &str) -> Option<String> {
    (from != to).then(|| format!("ALTER TABLE \"{table}\" RENAME CONSTRAINT \"{from}\" TO \"{to}\""))
}

fn check(constraint: &ConstraintState) -> Result<String, String> {
    Ok(condition(constraint))
}

/// A condition with its name.
pub(in crate::migrations) fn condition(constraint: &ConstraintState) -> String {
    format!("CONSTRAINT \"{}\" CHECK ({})", constraint.name, constraint.check)
}

/// Columns of other tables that refer to this one.
fn referring<'a>(table: &'a str, before: &'a State) -> impl Iterator<Item = (&'a str, &'a ColumnState)> {
    let others = before
        .tables
        .iter()
        .filter(move |(other, _)| other.as_str() != table);
    others.flat_map(move |(other, state)| {
        let referring = state
            .columns
            .iter()
            .filter(move |column| column.references.as_deref() == Some(table));
        referring.map(move |column| (other.as_str(), column))
    })
}

/// Whether the database holds the column to what it refers to: that table is there.
fn is_kept(column: &ColumnState, table: &str, before: &State) -> bool {
    column
        .references
        .as_ref()
        .is_some_and(|target| target == table || before.tables.contains_key(target))
}

/// The names of a table's keys: its own, and those to what it refers to.
#[cfg(feature = "postgres")]
pub(in crate::migrations) fn keys(table: &str, state: &TableState) -> impl Iterator<Item = String> {
    let own = state
        .columns
        .iter()
        .filter(|column| column.primary_key)
        .map(|_| primary(table));
    let referring = state.columns.iter().filter(|column| column.references.is_some());
    own.chain(referring.map(|column| key(table, &column.name)))
}

fn key(table: &str, column: &str) -> String {
    short(format!("{table}_{column}_fkey"))
}

fn primary(table: &str) -> String {
    short(format!("{table}_pkey"))
}

fn table_of<'a>(before: &'a State, table: &str) -> Result<&'a TableState, String> {
    before
        .tables
        .get(table)
        .ok_or_else(|| format!("there is no table `{table}`"))
}

/// What a column of an older file holds, whose model nobody has any more.
fn kind(of: ColumnType) -> Kind {
    match of {
        ColumnType::Of(kind) => kind,
        ColumnType::Decimal { .. } => Kind::Decimal,
        ColumnType::Stored(Storage::Text) => Kind::Text,
        ColumnType::Stored(Storage::Integer) => Kind::BigInt,
        ColumnType::Stored(Storage::Real) => Kind::Double,
        ColumnType::Encrypted | ColumnType::Stored(Storage::Blob) => Kind::Bytes,
    }
}

/// A type without its collation, as the catalogue names it.
#[cfg(feature = "postgres")]
pub(in crate::migrations) fn plain_type_of(of: ColumnType) -> &'static str {
    plain(kind(of))
}

fn type_of(of: ColumnType) -> &'static str {
    match kind(of) {
        // In the order of code points, as on SQLite, whatever the server's language is.
        Kind::Text => "text COLLATE \"C\"",
        kind => plain(kind),
    }
}
