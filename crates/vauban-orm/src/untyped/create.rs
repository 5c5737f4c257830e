//! New rows by metadata.

use super::column::AnyColumn;
use super::row::AnyRow;
use crate::error::{Error, Result};
use crate::model::NewValues;
use crate::model::assignment::Assignment;
use crate::problem::Problem;
use crate::query::{Create, CreateAll, CreateOrChangeAll};
use crate::tree::limits::REQUIRED;
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta};
use crate::unit::handles::{Db, Write};

/// A row to be added: `table.create([title.set("…")?, author.set(id)?]).save(&db)`.
#[derive(Debug, Clone)]
#[must_use = "nothing is added before `save`"]
pub struct AnyNewRow {
    model: &'static ModelMeta,
    set: Vec<Assignment<AnyRow>>,
}

impl AnyNewRow {
    pub(super) fn new(
        model: &'static ModelMeta,
        values: impl IntoIterator<Item = Assignment<AnyRow>>,
    ) -> Self {
        // CWE-770: of more than there are columns, one is set twice.
        let set = values.into_iter().take(model.columns.len() + 1).collect();
        Self { model, set }
    }

    /// Adds the row, if the add rule allows its values and every row that it refers to may be seen. Columns that are not given
    /// have their default, or what the framework sets.
    ///
    /// # Errors
    /// As a typed row's: [`Forbidden`](crate::Error::Forbidden), or by field [`Invalid`](crate::Error::Invalid), also for what
    /// is missing, and [`Unique`](crate::Error::Unique).
    pub async fn save(self, db: &Db<Write>) -> Result<AnyRow> {
        let model = self.model;
        self.checked(&[]).save_in(model, db.asker()).await
    }

    /// Adds rows of one table together: as [`CreateAll::save`](crate::CreateAll::save).
    ///
    /// # Errors
    /// [`Error::Rows`](crate::Error::Rows); [`Error::Internal`](crate::Error::Internal) for rows of more than one table.
    pub async fn save_all(rows: Vec<Self>, db: &Db<Write>) -> Result<Vec<AnyRow>> {
        let Some(model) = one_model(&rows)? else {
            return Ok(Vec::new());
        };
        let rows: CreateAll<_> = rows.into_iter().map(|row| row.checked(&[])).collect();
        rows.save_in(model, db.asker()).await
    }

    /// Adds rows of one table together, or changes those that are there: a row whose values of `key`, which has to be a unique key
    /// of the table, another row has already gives that one its values of `update`. Each has to be given all of both, if only no
    /// value, so that no default takes the place of what is there. Each comes with whether it was added.
    ///
    /// ```
    /// use vauban_orm::untyped::{AnyNewRow, AnyTable};
    /// use vauban_orm::*;
    ///
    /// /// Lines of a file, of which `names` says what stands where; the first is the key.
    /// async fn import(db: &Db<Write>, table: AnyTable, names: &[&str], lines: &[Vec<String>]) -> Result<usize> {
    ///     let columns: Option<Vec<_>> = names.iter().map(|name| table.column(name)).collect();
    ///     let columns = columns.filter(|all| !all.is_empty()).ok_or(Error::NotFound)?;
    ///     let row = |line: &Vec<String>| {
    ///         if line.len() != columns.len() {
    ///             let problem = Problem::new("cells", "A line has a cell for each column.");
    ///             return Err(Error::Invalid(vec![FieldProblem { field: columns[0].field(), problem }]));
    ///         }
    ///         let values = columns.iter().zip(line).map(|(column, text)| column.set_text(text));
    ///         Ok(table.create(values.collect::<Result<Vec<_>>>()?))
    ///     };
    ///     let rows = lines.iter().map(row).collect::<Result<_>>()?;
    ///     let saved = AnyNewRow::save_or_change_all(rows, db, &columns[..1], &columns[1..]).await?;
    ///     Ok(saved.iter().filter(|(_row, added)| *added).count())
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`CreateOrChangeAll::save`](crate::CreateOrChangeAll::save), and as [`save_all`](Self::save_all), at a column of `key` or
    /// `update` that a row is given nothing for;
    /// [`Error::Invalid`], by field, if `update` names what the framework sets.
    pub async fn save_or_change_all(
        rows: Vec<Self>,
        db: &Db<Write>,
        key: &[AnyColumn],
        update: &[AnyColumn],
    ) -> Result<Vec<(AnyRow, bool)>> {
        let Some(model) = one_model(&rows)? else {
            return Ok(Vec::new());
        };
        let own = |columns: &[AnyColumn]| columns.iter().map(|column| column.own_of(model)).collect();
        let (key, updated): (Result<Vec<&ColumnMeta>>, Result<Vec<&ColumnMeta>>) = (own(key), own(update));
        // CWE-345: a list of a request's columns gives no row that is there the moment of now as that of its making.
        for column in update {
            column.settable().map_err(|problem| column.invalid(problem))?;
        }
        let (key, updated) = (key?, updated?);
        // CWE-665: what nobody gave is neither what a row is found by, nor what takes the place of a value that is there.
        let named = [key.as_slice(), &updated].concat();
        let rows = rows.into_iter().map(|row| row.checked(&named)).collect();
        let all = CreateOrChangeAll::of(rows, key, updated);
        all.save_in(model, db.asker()).await
    }

    /// With what is wrong with its values; `named`: columns that have to be given one, though they need none.
    fn checked(self, named: &[&ColumnMeta]) -> Create<AnyRow> {
        let mut new = NewValues::none(self.model);
        for column in self.model.columns {
            let given = self
                .set
                .iter()
                .filter(|set| std::ptr::eq(set.column, column))
                .count();
            let is_named = named.iter().any(|one| std::ptr::eq(*one, column)) && column.auto == Auto::No;
            if given == 0 && (is_named || (column.is_given() && !column.nullable)) {
                new.problems.push((column.field, REQUIRED));
            }
            // CWE-235: of two values nobody knows which one was judged.
            if given > 1 {
                new.problems
                    .push((column.field, Problem::new("set_twice", "Set twice.")));
            }
        }
        Create::of_columns(new, self.set)
    }
}

/// Whose rows these are, if there are any.
///
/// # Errors
/// If they are of more than one table.
fn one_model(rows: &[AnyNewRow]) -> Result<Option<&'static ModelMeta>> {
    let Some(model) = rows.first().map(|row| row.model) else {
        return Ok(None);
    };
    match rows.iter().find(|row| !row.model.is(model)) {
        None => Ok(Some(model)),
        Some(other) => Err(Error::Internal(format!(
            "rows of `{}` and of `{}` are added by a call each",
            model.name, other.model.name
        ))),
    }
}
