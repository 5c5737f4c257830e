//! The steps from what the files say to what the models say.

use std::collections::BTreeSet;

use super::column_type::ColumnType;
use super::operation::{ColumnState, Operation};
use super::state::{State, TableState};
use super::stated;
use crate::model::building::building;
use crate::tree::meta::{ColumnMeta, ModelMeta};

/// A name that is gone, and a new one that may be its new name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rename {
    /// A table, which keeps its rows.
    OfTable {
        /// What it is called so far.
        from: String,
        /// What the model calls it now.
        to: String,
    },
    /// A column, which keeps what the rows have in it.
    OfColumn {
        /// The table, by its new name.
        table: String,
        /// What it is called so far.
        from: String,
        /// What the model calls it now.
        to: String,
    },
}

impl Rename {
    fn is_table(&self) -> bool {
        matches!(self, Self::OfTable { .. })
    }

    fn operation(&self) -> Operation {
        match self.clone() {
            Self::OfTable { from, to } => Operation::RenameTable { from, to },
            Self::OfColumn { table, from, to } => Operation::RenameColumn { table, from, to },
        }
    }
}

/// As it stands behind `--rename`.
impl std::fmt::Display for Rename {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OfTable { from, to } => write!(f, "{from}={to}"),
            Self::OfColumn { table, from, to } => write!(f, "{table}.{from}={to}"),
        }
    }
}

impl std::str::FromStr for Rename {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once('=').ok_or_else(|| {
            format!("`{text}` is no renaming: write `table=new_name` or `table.column=new_name`")
        })?;
        Ok(match from.split_once('.') {
            None => Self::OfTable {
                from: from.to_owned(),
                to: to.to_owned(),
            },
            Some((table, from)) => Self::OfColumn {
                table: table.to_owned(),
                from: from.to_owned(),
                to: to.to_owned(),
            },
        })
    }
}

/// What the models' author says of renamings.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// What was renamed, and to what.
    pub renamed: BTreeSet<Rename>,
    /// What was not, although it may look so.
    pub not_renamed: BTreeSet<Rename>,
    /// Whether nothing else was, so that nothing is asked.
    pub no_other: bool,
}

/// Why there are no steps.
#[derive(Debug)]
pub(super) enum Stuck {
    Asks(Vec<Rename>),
    Refuses(Vec<String>),
}

/// `models`: those of one package, each after those that it refers to; `own_tables`: the tables that its files have made.
pub(super) fn changes(
    models: &[&'static ModelMeta],
    mut state: State,
    own_tables: &BTreeSet<String>,
    answers: &Answers,
) -> Result<Vec<Operation>, Stuck> {
    let wanted = State::of_models(models);
    let mut out = Vec::new();
    let candidates = renamed_tables(&wanted, &state, own_tables);
    let mut own_tables = own_tables.clone();
    for rename in settle(candidates, true, answers)? {
        if let Rename::OfTable { from, to } = &rename {
            own_tables.remove(from);
            own_tables.insert(to.clone());
        }
        make_renaming(&rename, &mut state, &mut out)?;
    }
    for rename in settle(renamed_columns(&wanted, &state), false, answers)? {
        make_renaming(&rename, &mut state, &mut out)?;
    }
    let mut difference = Difference {
        index_names: state.index_names(),
        ..Difference::default()
    };
    for model in models {
        if let Some(why) = stated::not_kept(model) {
            let told = format!("a condition of `{}` is kept by no database: {why}", model.name);
            difference.refusals.push(told);
        }
        let want = &wanted.tables[model.table];
        match state.tables.get(model.table) {
            Some(have) => difference.table(model, want, have),
            None => difference.new_table(model.table, want),
        }
    }
    let gone = own_tables
        .iter()
        .filter(|table| !wanted.tables.contains_key(*table));
    difference.drop_tables(gone, &state);
    difference.into_operations(out)
}

fn make_renaming(rename: &Rename, state: &mut State, out: &mut Vec<Operation>) -> Result<(), Stuck> {
    let operation = rename.operation();
    let fits = state.apply(&operation);
    fits.map_err(|problem| Stuck::Refuses(vec![format!("`{rename}` is no renaming here: {problem}")]))?;
    out.push(operation);
    Ok(())
}

/// The renamings of tables, or of columns, if nothing else may be one.
fn settle(candidates: Vec<Rename>, tables: bool, answers: &Answers) -> Result<Vec<Rename>, Stuck> {
    let names = |rename: &Rename| match rename.clone() {
        Rename::OfTable { from, to } => [(None, from), (None, to)],
        Rename::OfColumn { table, from, to } => [(Some(table.clone()), from), (Some(table), to)],
    };
    let settled: Vec<Rename> = answers
        .renamed
        .iter()
        .filter(|rename| rename.is_table() == tables)
        .cloned()
        .collect();
    let taken: Vec<_> = settled.iter().flat_map(names).collect();
    let open = candidates.into_iter().filter(|candidate| {
        !answers.not_renamed.contains(candidate) && !names(candidate).iter().any(|name| taken.contains(name))
    });
    let open: Vec<Rename> = open.collect();
    if open.is_empty() || answers.no_other {
        Ok(settled)
    } else {
        Err(Stuck::Asks(open))
    }
}

/// Every table that is gone with every one that is new, those with the same columns first: a table whose columns have changed
/// as well may have another name too, and its rows are lost if nobody is asked.
fn renamed_tables(wanted: &State, have: &State, own_tables: &BTreeSet<String>) -> Vec<Rename> {
    let gone = own_tables
        .iter()
        .filter(|table| !wanted.tables.contains_key(*table));
    let alike = |gone: &TableState, new: &TableState| {
        let same = |(a, b): (&ColumnState, &ColumnState)| {
            a.name == b.name && a.kind.fits(b.kind) && a.null == b.null
        };
        gone.columns.len() == new.columns.len() && gone.columns.iter().zip(&new.columns).all(same)
    };
    let mut pairs = Vec::new();
    for (from, gone) in gone.filter_map(|from| Some((from, have.tables.get(from)?))) {
        let new = wanted
            .tables
            .iter()
            .filter(|(table, _)| !have.tables.contains_key(*table));
        pairs.extend(new.map(|(to, new)| {
            let (from, to) = (from.clone(), to.clone());
            (!alike(gone, new), Rename::OfTable { from, to })
        }));
    }
    likely_first(pairs)
}

/// Every column that is gone with every one of the same table that is new, those that hold the same first.
fn renamed_columns(wanted: &State, have: &State) -> Vec<Rename> {
    let mut pairs = Vec::new();
    for (table, want) in &wanted.tables {
        let Some(have) = have.tables.get(table) else {
            continue;
        };
        let gone = have
            .columns
            .iter()
            .filter(|column| want.column(&column.name).is_none());
        for gone in gone {
            let new = want
                .columns
                .iter()
                .filter(|column| have.column(&column.name).is_none());
            pairs.extend(new.map(|new| {
                let alike = gone.kind.fits(new.kind) && gone.references == new.references;
                let rename = Rename::OfColumn {
                    table: table.clone(),
                    from: gone.name.clone(),
                    to: new.name.clone(),
                };
                (!alike, rename)
            }));
        }
    }
    likely_first(pairs)
}

/// In the order in which they were found, the unlikely ones behind the others.
fn likely_first(mut pairs: Vec<(bool, Rename)>) -> Vec<Rename> {
    pairs.sort_by_key(|(unlikely, _)| *unlikely);
    pairs.into_iter().map(|(_, rename)| rename).collect()
}

/// The steps, in the order in which they can be made.
#[derive(Default)]
struct Difference {
    /// What indexes are called before.
    index_names: BTreeSet<String>,
    /// Indexes that do what they should and have the name of something else: table, name, new name.
    misnamed: Vec<(String, super::state::IndexState, String)>,
    tables: Vec<Operation>,
    loosened: Vec<Operation>,
    columns: Vec<Operation>,
    tightened: Vec<Operation>,
    dropped: Vec<Operation>,
    refusals: Vec<String>,
}

impl Difference {
    fn new_table(&mut self, table: &str, want: &TableState) {
        self.tables.push(Operation::CreateTable {
            table: table.to_owned(),
            columns: want.columns.clone(),
            constraints: want.constraints.clone(),
        });
        self.tightened
            .extend(want.indexes.iter().map(|index| index.created(table)));
    }

    fn table(&mut self, model: &ModelMeta, want: &TableState, have: &TableState) {
        let table = model.table;
        for (at, column) in want.columns.iter().enumerate() {
            // The version, which every table has, is of no field.
            let default = model.columns.get(at);
            match have.column(&column.name) {
                None => self.new_column(table, column, default),
                Some(before) if before.fits(column) => {}
                Some(before) => self.altered(table, before, column, default),
            }
        }
        let gone = have
            .columns
            .iter()
            .filter(|column| want.column(&column.name).is_none());
        let gone: Vec<&String> = gone.map(|column| &column.name).collect();
        self.dropped
            .extend(gone.iter().map(|column| Operation::DropColumn {
                table: table.to_owned(),
                column: (*column).clone(),
            }));
        self.constraints(table, want, have);
        let same = |a: &&super::state::IndexState, b: &super::state::IndexState| a.does(b);
        // An index goes with its columns.
        let left = have
            .indexes
            .iter()
            .filter(|index| !gone.iter().any(|column| index.columns.contains(column)));
        let unwanted = left.filter(|index| !want.indexes.iter().any(|other| same(index, other)));
        self.loosened.extend(unwanted.map(|index| Operation::DropIndex {
            name: index.name.clone(),
        }));
        for index in &want.indexes {
            let there = have.indexes.iter().find(|other| same(other, index));
            if let Some(there) = there.filter(|there| there.name != index.name) {
                self.misnamed
                    .push((table.to_owned(), there.clone(), index.name.clone()));
            }
        }
        let missing = want
            .indexes
            .iter()
            .filter(|index| !have.indexes.iter().any(|other| same(index, other)));
        self.tightened.extend(missing.map(|index| index.created(table)));
    }

    fn new_column(&mut self, table: &str, column: &ColumnState, field: Option<&ColumnMeta>) {
        let name = &column.name;
        let default = match literal(field) {
            Ok(default) => default,
            Err(why) => {
                self.refusals.push(filled_by_hand(table, column, &why));
                return;
            }
        };
        if !column.null && default.is_none() {
            self.refusals.push(if column.references.is_some() {
                format!(
                    "`{table}.{name}` is a new foreign key, and the rows that are there have nothing to refer to: make it \
                     an `Option`, fill it, then make it required"
                )
            } else {
                format!(
                    "`{table}.{name}` is new and needs a value for the rows that are there: give the field a \
                     `#[field(default = …)]`, or make it an `Option`"
                )
            });
            return;
        }
        self.columns.push(Operation::AddColumn {
            table: table.to_owned(),
            column: column.clone(),
            default,
        });
    }

    fn altered(&mut self, table: &str, before: &ColumnState, now: &ColumnState, field: Option<&ColumnMeta>) {
        let name = &now.name;
        if before.primary_key || now.primary_key {
            self.refusals.push(format!(
                "`{table}.{name}` is the primary key, which stays as it is"
            ));
            return;
        }
        // CWE-311: no file has a key.
        if before.kind != now.kind && [before.kind, now.kind].contains(&ColumnType::Encrypted) {
            let to = if now.kind == ColumnType::Encrypted {
                "encrypted"
            } else {
                "not encrypted"
            };
            self.refusals.push(format!(
                "`{table}.{name}` is {to} from now on, and the database neither seals nor opens what it holds: give the column that is there another name, and \
                 add `{name}` as an `Option`; set it row by row in a command that acts as a service (`Changeable::change_each`); then drop the \
                 other one, and make this one required"
            ));
            return;
        }
        let fills = before.null && !now.null;
        if fills && before.kind.converts(now.kind) && !before.kind.stays(now.kind) {
            // A value for the rows that have none is one of the new type: `using` would stand in place of what makes the others so.
            let empty = ColumnState {
                null: true,
                ..now.clone()
            };
            self.altered(table, before, &empty, field);
            self.altered(table, &empty, now, field);
            return;
        }
        let default = if fills { literal(field) } else { Ok(None) };
        let changes = default.as_ref().is_ok_and(|default| !fills || default.is_some());
        if let (true, true, Ok(default)) = (changes, before.kind.converts(now.kind), &default) {
            let using = default
                .as_ref()
                .map(|default| format!("coalesce(\"{name}\", {default})"));
            self.columns.push(Operation::AlterColumn {
                table: table.to_owned(),
                column: now.clone(),
                using,
            });
            return;
        }
        let (why, using) = if before.kind.converts(now.kind) {
            let why = match default {
                Err(why) => format!("may not be without a value any more, and its default {why}"),
                Ok(_) => "may not be without a value any more, and has no `#[field(default = …)]` for the rows that have \
                          none"
                    .to_owned(),
            };
            (why, format!("coalesce(\\\"{name}\\\", …)"))
        } else {
            (
                "holds something else now, which does not follow from what it held".to_owned(),
                "…".to_owned(),
            )
        };
        let operation = Operation::AlterColumn {
            table: table.to_owned(),
            column: now.clone(),
            using: None,
        };
        self.refusals.push(by_hand(
            &format!("`{table}.{name}` {why}"),
            &format!("{}using = \"{using}\"", super::writing::entry(&operation)),
        ));
    }

    fn constraints(&mut self, table: &str, want: &TableState, have: &TableState) {
        let gone = have
            .constraints
            .iter()
            .filter(|before| !want.constraints.contains(before));
        self.loosened
            .extend(gone.map(|constraint| Operation::DropConstraint {
                table: table.to_owned(),
                name: constraint.name.clone(),
            }));
        let new = want
            .constraints
            .iter()
            .filter(|now| !have.constraints.contains(now));
        self.tightened
            .extend(new.map(|constraint| Operation::AddConstraint {
                table: table.to_owned(),
                constraint: constraint.clone(),
            }));
    }

    /// Those that refer to others before them.
    fn drop_tables<'a>(&mut self, gone: impl Iterator<Item = &'a String>, state: &State) {
        let mut left: Vec<&String> = gone.collect();
        while !left.is_empty() {
            let referred = |table: &String| {
                left.iter().filter(|other| **other != table).any(|other| {
                    let columns = state.tables.get(*other).map_or(&[][..], |state| &state.columns);
                    columns
                        .iter()
                        .any(|column| column.references.as_ref() == Some(table))
                })
            };
            // Of tables in a circle, any.
            let at = left.iter().position(|table| !referred(table)).unwrap_or(0);
            self.dropped.push(Operation::DropTable {
                table: left.remove(at).clone(),
            });
        }
    }

    /// An index has the name that follows from its table and columns (CWE-1289: by its old one, after a renaming, it would be
    /// taken for another's, and stand in the way of the one that has that name next).
    fn rename_indexes(&mut self) {
        let mut taken = std::mem::take(&mut self.index_names);
        for dropped in &self.loosened {
            if let Operation::DropIndex { name } = dropped {
                taken.remove(name);
            }
        }
        let mut left = std::mem::take(&mut self.misnamed);
        // Each as soon as its name is free.
        while let Some(at) = left.iter().position(|(_, _, to)| !taken.contains(to)) {
            let (table, index, to) = left.remove(at);
            taken.remove(&index.name);
            taken.insert(to.clone());
            self.loosened.push(Operation::RenameIndex {
                table,
                from: index.name,
                to,
            });
        }
        // Those that have each other's are made again; one whose name something else keeps stays as it is.
        let names: BTreeSet<String> = left.iter().map(|(_, index, _)| index.name.clone()).collect();
        for (table, mut index, to) in left.into_iter().filter(|(_, _, to)| names.contains(to)) {
            self.loosened.push(Operation::DropIndex {
                name: std::mem::replace(&mut index.name, to),
            });
            self.tightened.push(index.created(&table));
        }
    }

    fn into_operations(mut self, mut out: Vec<Operation>) -> Result<Vec<Operation>, Stuck> {
        if !self.refusals.is_empty() {
            return Err(Stuck::Refuses(self.refusals));
        }
        self.rename_indexes();
        out.extend(self.tables);
        out.extend(self.loosened);
        out.extend(self.columns);
        out.extend(self.tightened);
        out.extend(self.dropped);
        Ok(out)
    }
}

/// What a field's default is as SQL, if it is the same each time.
///
/// # Errors
/// Why it is none that a file could say for every row (CWE-330: a secret for all of them, and in version control).
fn literal(field: Option<&ColumnMeta>) -> Result<Option<String>, String> {
    let Some(default) = field.and_then(|field| field.default) else {
        return Ok(None);
    };
    let ((first, second), asked) = building(|| (default().literal(), default().literal()));
    match asked {
        Some(function) => Err(format!("asks `{function}`")),
        None if first != second => Err("is another one each time".to_owned()),
        None => Ok(Some(first)),
    }
}

/// A new column whose value is another one for each row.
fn filled_by_hand(table: &str, column: &ColumnState, why: &str) -> String {
    let name = &column.name;
    let empty = ColumnState {
        null: true,
        ..column.clone()
    };
    let added = Operation::AddColumn {
        table: table.to_owned(),
        column: empty.clone(),
        default: None,
    };
    let filled = Operation::Sql {
        sql: format!("UPDATE \"{table}\" SET \"{name}\" = …"),
        back: None,
    };
    let required = (!column.null).then(|| Operation::AlterColumn {
        table: table.to_owned(),
        column: column.clone(),
        using: None,
    });
    let steps = [added, filled].into_iter().chain(required);
    let steps: Vec<String> = steps.map(|step| super::writing::entry(&step)).collect();
    by_hand(
        &format!(
            "`{table}.{name}` is new, and its default {why}: in a file it would be one value, the same for all rows that are \
             there, and everybody could read it"
        ),
        steps.join("[[operations]]\n").trim_end(),
    )
}

fn by_hand(what: &str, operation: &str) -> String {
    format!(
        "{what}. Vauban does not guess: write the next migration by hand (`makemigrations --empty NAME` makes the file) with\n    \
         [[operations]]\n    {}",
        operation.replace('\n', "\n    ")
    )
}
