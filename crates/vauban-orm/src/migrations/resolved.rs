//! What the columns of older files hold. Such a file says only how SQLite stores a column; PostgreSQL has a type for each kind.
//! The models say it: a column is what it is in the end, as long as no step made it another.

use std::collections::BTreeMap;

use super::column_type::ColumnType;
use super::file::Migration;
use super::operation::{ColumnState, Operation};
use super::state::State;
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Kind, Storage};

/// Where a file says what a column is: which migration, which of its steps, which of that step's columns.
type Said = (usize, usize, usize);

/// The migrations, with every column's kind in place of how it is stored.
pub(super) fn resolved(mut migrations: Vec<Migration>, models: &[&'static ModelMeta]) -> Vec<Migration> {
    let wanted = State::of_models(models);
    // Each column that there is, with all that was said of it so far.
    let mut columns: BTreeMap<(String, String), Vec<Said>> = BTreeMap::new();
    let mut gone = Vec::new();
    for (m, migration) in migrations.iter().enumerate() {
        for (o, operation) in migration.operations.iter().enumerate() {
            match operation {
                Operation::CreateTable {
                    table, columns: made, ..
                } => {
                    for (c, column) in made.iter().enumerate() {
                        columns.insert((table.clone(), column.name.clone()), vec![(m, o, c)]);
                    }
                }
                Operation::AddColumn { table, column, .. } => {
                    columns.insert((table.clone(), column.name.clone()), vec![(m, o, 0)]);
                }
                Operation::AlterColumn { table, column, .. } => {
                    columns
                        .entry((table.clone(), column.name.clone()))
                        .or_default()
                        .push((m, o, 0));
                }
                Operation::DropColumn { table, column } => {
                    gone.extend(columns.remove(&(table.clone(), column.clone())));
                }
                Operation::RenameColumn { table, from, to } => {
                    if let Some(said) = columns.remove(&(table.clone(), from.clone())) {
                        columns.insert((table.clone(), to.clone()), said);
                    }
                }
                Operation::DropTable { table } => {
                    let mine = columns.extract_if(.., |(of, _), _| of == table);
                    gone.extend(mine.map(|(_, said)| said));
                }
                Operation::RenameTable { from, to } => {
                    let mine: Vec<_> = columns.extract_if(.., |(of, _), _| of == from).collect();
                    columns.extend(
                        mine.into_iter()
                            .map(|((_, column), said)| ((to.clone(), column), said)),
                    );
                }
                Operation::CreateIndex { .. }
                | Operation::AddConstraint { .. }
                | Operation::RenameIndex { .. }
                | Operation::DropIndex { .. }
                | Operation::DropConstraint { .. }
                | Operation::Run { .. }
                | Operation::Sql { .. } => {}
            }
        }
    }
    for ((table, column), said) in columns {
        let wanted = wanted.tables.get(&table).and_then(|table| table.column(&column));
        resolve(&mut migrations, &said, wanted.map(|column| column.kind));
    }
    for said in gone {
        resolve(&mut migrations, &said, None);
    }
    migrations
}

/// From the last that was said to the first: what is stored alike is the same.
fn resolve(migrations: &mut [Migration], said: &[Said], mut later: Option<ColumnType>) {
    for &(m, o, c) in said.iter().rev() {
        let Some(column) = migrations
            .get_mut(m)
            .and_then(|migration| column_at(migration.operations.get_mut(o)?, c))
        else {
            continue;
        };
        if let ColumnType::Stored(storage) = column.kind {
            column.kind = match later {
                Some(kind @ (ColumnType::Of(_) | ColumnType::Decimal { .. }))
                    if kind.storage() == storage =>
                {
                    kind
                }
                _ => ColumnType::Of(unknown(storage, column)),
            };
        }
        later = Some(column.kind);
    }
}

/// What no model has any more.
fn unknown(storage: Storage, column: &ColumnState) -> Kind {
    match storage {
        Storage::Text => Kind::Text,
        Storage::Integer => Kind::BigInt,
        Storage::Real => Kind::Double,
        Storage::Blob if column.primary_key || column.references.is_some() => Kind::Uuid,
        Storage::Blob => Kind::Bytes,
    }
}

fn column_at(operation: &mut Operation, at: usize) -> Option<&mut ColumnState> {
    match operation {
        Operation::CreateTable { columns, .. } => columns.get_mut(at),
        Operation::AddColumn { column, .. } | Operation::AlterColumn { column, .. } => Some(column),
        _ => None,
    }
}
