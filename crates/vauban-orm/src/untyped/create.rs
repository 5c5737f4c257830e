//! New rows by metadata.

use super::column::is_given;
use super::row::AnyRow;
use crate::error::{Error, Result};
use crate::model::NewValues;
use crate::model::assignment::Assignment;
use crate::problem::Problem;
use crate::query::{Create, CreateAll};
use crate::tree::limits::REQUIRED;
use crate::tree::meta::ModelMeta;
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
        self.checked().save_in(model, db.asker()).await
    }

    /// Adds rows of one table together: as [`CreateAll::save`](crate::CreateAll::save).
    ///
    /// # Errors
    /// [`Error::Rows`](crate::Error::Rows); [`Error::Internal`](crate::Error::Internal) for rows of more than one table.
    pub async fn save_all(rows: Vec<Self>, db: &Db<Write>) -> Result<Vec<AnyRow>> {
        let Some(model) = rows.first().map(|row| row.model) else {
            return Ok(Vec::new());
        };
        if let Some(other) = rows.iter().find(|row| !row.model.is(model)) {
            return Err(Error::Internal(format!(
                "rows of `{}` and of `{}` are added by a call each",
                model.name, other.model.name
            )));
        }
        let rows: CreateAll<_> = rows.into_iter().map(Self::checked).collect();
        rows.save_in(model, db.asker()).await
    }

    fn checked(self) -> Create<AnyRow> {
        let mut new = NewValues {
            values: vec![None; self.model.columns.len()],
            problems: Vec::new(),
        };
        for column in self.model.columns {
            let given = self
                .set
                .iter()
                .filter(|set| std::ptr::eq(set.column, column))
                .count();
            if given == 0 && is_given(column) && !column.nullable {
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
