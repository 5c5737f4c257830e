//! What queries return besides rows: pages, rows with rights, rows to change and to delete.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use super::{change, delete, written};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::assignment::Assignment;
use crate::model::columns::Columns;
use crate::model::path::Path;
use crate::model::record::Record;
use crate::policy::actor::Action;
use crate::policy::actor::actions::{Change, Delete};
use crate::tree::meta::ModelMeta;
use crate::unit::handles::{Bound, Writes};

/// How many rows a page may skip: a request for one that begins behind them is refused with 404. CWE-400: each row before
/// a page is read and thrown away, so that one address could cost as much as the whole table.
pub const DEEPEST_ROW: i64 = 10_000;

/// A page of rows.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows of this page, in the order that was asked for.
    pub rows: Vec<T>,
    /// The page's number, from 1.
    pub number: u32,
    /// Whether there is a page after it.
    pub has_next: bool,
    /// Rows on a full page.
    pub per_page: u32,
}

impl<T> Page<T> {
    pub(super) fn new(mut rows: Vec<T>, number: u32, per_page: u32) -> Result<Self> {
        if rows.is_empty() && number > 1 {
            return Err(Error::NotFound);
        }
        // Nobody is led to a page that is too deep to be read.
        let readable = i64::from(number).saturating_mul(i64::from(per_page)) <= DEEPEST_ROW;
        let has_next = readable && rows.len() > per_page as usize;
        rows.truncate(per_page as usize);
        Ok(Self {
            rows,
            number,
            has_next,
            per_page,
        })
    }

    /// The page of what each row becomes.
    #[must_use]
    pub fn map<U>(self, made: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(made).collect(),
            number: self.number,
            has_next: self.has_next,
            per_page: self.per_page,
        }
    }

    /// The rows of this page: `{% for task in page %}`.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// Whether there is a page before it.
    pub fn has_previous(&self) -> bool {
        self.number > 1
    }

    /// The number of the page after it.
    pub fn next(&self) -> Option<u32> {
        self.has_next.then(|| self.number + 1)
    }

    /// The number of the page before it.
    pub fn previous(&self) -> Option<u32> {
        self.has_previous().then(|| self.number - 1)
    }
}

/// A row with what the actor may do to it, asked in the statement that read it.
#[derive(Debug, Clone)]
pub struct Permitted<M> {
    pub(super) row: M,
    // Named unlike the methods: of a field's name in a template rustc then says that it is a method's.
    pub(super) changeable: bool,
    pub(super) deletable: bool,
    pub(super) row_version: i64,
}

impl<M> Permitted<M> {
    /// Whether the actor may change the row.
    pub fn may_change(&self) -> bool {
        self.changeable
    }

    /// Whether the actor may delete the row.
    pub fn may_delete(&self) -> bool {
        self.deletable
    }

    /// The row's version, for a form.
    pub fn version(&self) -> Version {
        Version(self.row_version)
    }

    pub(crate) fn row_mut(&mut self) -> &mut M {
        &mut self.row
    }

    /// The row, without the answers to what the actor may do with it.
    pub fn into_row(self) -> M {
        self.row
    }
}

/// A row's version: a form carries it in a hidden field, so that a change made meanwhile is a 409 and
/// not overwritten. It says how often the row was changed, no more, and is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub(crate) i64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl FromStr for Version {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A row that the actor may change. Dereferences to the row.
#[derive(Debug)]
pub struct Changeable<M> {
    row: M,
    version: i64,
}

impl<M: Record> Changeable<M> {
    pub(super) fn new(row: M, version: i64) -> Self {
        Self { row, version }
    }

    /// The row's version, for the form.
    pub fn version(&self) -> Version {
        Version(self.version)
    }

    /// The row, without the right to change it.
    pub fn into_row(self) -> M {
        self.row
    }

    /// Goes on only if the row is as it was when the form was shown.
    ///
    /// # Errors
    /// [`Error::Conflict`] (409) if it was changed since.
    pub fn unchanged_since(self, shown: Version) -> Result<Self> {
        if shown.0 == self.version {
            Ok(self)
        } else {
            Err(Error::Conflict)
        }
    }

    pub(crate) async fn change_in(
        self,
        model: &'static ModelMeta,
        bound: &Bound,
        changes: impl IntoIterator<Item = Assignment<M>>,
    ) -> Result<M> {
        let changes = change::Changes::new(model, changes)?;
        let one = change::One {
            changes,
            id: self.row.key(),
            version: self.version,
        };
        let done = bound.write(one).await;
        written::written(bound, model, Action::Change, done)
    }
}

impl<M: Model> Changeable<M> {
    /// Changes the row: `article.change(&db, |a| [a.title.set(title), a.published.set(true)])`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed since it was read; [`Error::Forbidden`] if the actor may not
    /// change it into this; [`Error::Invalid`], [`Error::Unique`] by field.
    pub async fn change<A: IntoIterator<Item = Assignment<M>>>(
        self,
        db: &dyn Writes<Change, M>,
        changes: impl FnOnce(&Columns<M>) -> A,
    ) -> Result<M> {
        let changes = changes(&M::columns(&Path::ROOT));
        self.change_in(M::meta(), db.bound(), changes).await
    }
}

impl<M> Deref for Changeable<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.row
    }
}

/// A row that the actor may delete. Dereferences to the row.
#[derive(Debug)]
pub struct Deletable<M> {
    row: M,
}

impl<M: Record> Deletable<M> {
    pub(super) fn new(row: M) -> Self {
        Self { row }
    }

    pub(crate) async fn delete_in(self, model: &'static ModelMeta, bound: &Bound) -> Result<()> {
        let (id, models) = (self.row.key(), bound.models());
        let done = bound.write_steps(delete::One { model, id, models }).await;
        written::written(bound, model, Action::Delete, done)
    }
}

impl<M: Model> Deletable<M> {
    /// Deletes the row, and what goes with it (`on_delete`).
    ///
    /// # Errors
    /// [`Error::Restricted`] if others refer to it; [`Error::Forbidden`] if something would go with it
    /// that the actor may not delete (not saying what).
    pub async fn delete(self, db: &dyn Writes<Delete, M>) -> Result<()> {
        self.delete_in(M::meta(), db.bound()).await
    }
}

impl<M> Deref for Deletable<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.row
    }
}
