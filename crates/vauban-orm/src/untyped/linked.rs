//! Many to many by metadata: rows that rows of a third table link.

use super::column::{AnyColumn, OTHER_MODEL};
use super::given::AnyKey;
use super::query::AnyQuerySet;
use super::row::AnyRow;
use super::table::AnyTable;
use crate::error::{Error, Result};
use crate::query::{Pairs, is_link};
use crate::sabotage::{Control, removed};
use crate::tree::bounds;
use crate::tree::meta::{Auto, ColumnMeta, ModelMeta};
use crate::unit::handles::{Db, Write};

/// A relation of many to many: a table whose rows link one row to another, seen from one of its ends. What may not be seen, a link
/// or one of its ends, is absent.
///
/// Links are filtered by their own columns: `id.any(tags.near(), tags.far().through("name")?.eq("rust")?)`.
#[derive(Debug, Clone)]
pub struct AnyLinked {
    near: AnyColumn,
    far: AnyColumn,
    to: &'static ModelMeta,
}

/// The rows to which one row is linked, to be changed: from [`AnyLinked::links`].
#[derive(Debug)]
#[must_use = "nothing is linked before `add`, `remove` or `set`"]
pub struct AnyLinks {
    pairs: Pairs<AnyRow>,
    to: &'static ModelMeta,
    /// The foreign key to them.
    field: &'static str,
}

impl AnyTable {
    /// Its relations of many to many: the tables of the program whose rows are no more than two foreign keys, one to a row of
    /// this table, and which hold each pair once. Besides them a row has what the framework sets, and nothing that somebody said.
    pub fn linked(&self, db: &Db) -> Vec<AnyLinked> {
        let mut all = Vec::new();
        for near in self.referred_by(db) {
            let links = db.table_of(near.root).ok();
            for far in links.iter().flat_map(Self::columns) {
                // CWE-200: the other end is one of the program's tables too, and none of the framework's own.
                if far.target().is_some_and(|to| db.table_of(to).is_ok()) {
                    all.extend(near.linked(&far).ok());
                }
            }
        }
        all
    }
}

impl AnyColumn {
    /// The rows to which rows with this foreign key link the one that it refers to: by `far`, another foreign key of theirs.
    ///
    /// # Errors
    /// [`Error::Internal`] where the two are no two foreign keys of one table, and where its rows are more than a pair that is
    /// there once.
    pub fn linked(&self, far: &Self) -> Result<AnyLinked> {
        let model = self.root;
        let (near, end) = (self.own_of(model)?, far.own_of(model)?);
        let (Some(_), Some(to), false) = (self.target(), far.target(), std::ptr::eq(near, end)) else {
            return Err(Error::Internal(format!(
                "`{self:?}` and `{far:?}` are no two foreign keys: what links rows has one to each of them"
            )));
        };
        is_link(model, near, end)?;
        // CWE-471: links that are removed would take with them what else their rows say.
        let more = |column: &ColumnMeta| {
            column.auto == Auto::No && !std::ptr::eq(column, near) && !std::ptr::eq(column, end)
        };
        if let Some(column) = model.columns.iter().find(|column| more(column)) {
            return Err(Error::Internal(format!(
                "a `{}` says `{}` besides its two ends: add and delete its rows by its table",
                model.name, column.field
            )));
        }
        Ok(AnyLinked {
            near: self.clone(),
            far: far.clone(),
            to,
        })
    }
}

impl AnyLinked {
    /// The links' foreign key to the row that has them.
    pub fn near(&self) -> &AnyColumn {
        &self.near
    }

    /// The links' foreign key to the rows that are linked.
    pub fn far(&self) -> &AnyColumn {
        &self.far
    }

    /// The model of the rows that are linked.
    pub fn to(&self) -> &'static ModelMeta {
        self.to
    }

    /// A query on the rows that are linked to this one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the key of a row of another table; [`Error::Unlisted`] if those that are linked are none of
    /// [the program's](Db::tables).
    pub fn rows(&self, db: &Db, of: AnyKey) -> Result<AnyQuerySet> {
        self.is_near(of)?;
        // CWE-639: an end that may not be seen is no end of a link.
        let links = self.near.eq(of)? & self.near.is_seen();
        let to = db.table_of(self.to)?;
        to.objects().filter(to.id().any(&self.far, links)?)
    }

    /// What is linked to this row, to be changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the key of a row of another table.
    pub fn links(&self, of: AnyKey) -> Result<AnyLinks> {
        self.is_near(of)?;
        Ok(AnyLinks {
            pairs: Pairs::new(self.near.root, (self.near.meta, self.far.meta), of.id),
            to: self.to,
            field: self.far.field(),
        })
    }

    fn is_near(&self, of: AnyKey) -> Result<()> {
        match self.near.target() {
            Some(near) if near.is(of.model) => Ok(()),
            _ => Err(Error::NotFound),
        }
    }
}

impl AnyLinks {
    /// Links these rows to it; says how many were not linked before.
    ///
    /// # Errors
    /// As [`Links::add`](crate::Links::add); [`Error::Invalid`] for the key of a row of another table.
    pub async fn add(self, db: &Db<Write>, rows: impl IntoIterator<Item = AnyKey>) -> Result<u64> {
        let (pairs, rows) = self.of_rows(rows)?;
        pairs.add_in(db.asker(), rows.into_iter()).await
    }

    /// Removes the links to these rows; says how many there were.
    ///
    /// # Errors
    /// As [`Links::remove`](crate::Links::remove); [`Error::Invalid`] for the key of a row of another table.
    pub async fn remove(self, db: &Db<Write>, rows: impl IntoIterator<Item = AnyKey>) -> Result<u64> {
        let (pairs, rows) = self.of_rows(rows)?;
        pairs.remove_in(db.asker(), rows.into_iter()).await
    }

    /// Links these rows to it and no others that whoever asks may see. Links that stay are left as they are.
    ///
    /// # Errors
    /// As [`Links::set`](crate::Links::set); [`Error::Invalid`] for the key of a row of another table.
    pub async fn set(self, db: &Db<Write>, rows: impl IntoIterator<Item = AnyKey>) -> Result<()> {
        let (pairs, rows) = self.of_rows(rows)?;
        pairs.set_in(db.asker(), rows.into_iter()).await
    }

    /// CWE-639: the id of a row of another table may be that of one of these.
    fn of_rows(self, rows: impl IntoIterator<Item = AnyKey>) -> Result<(Pairs<AnyRow>, Vec<uuid::Uuid>)> {
        let mut ids = Vec::new();
        // CWE-770: one more than there may be is refused behind this.
        for key in rows.into_iter().take(bounds::MAX_LINKS + 1) {
            if !key.model.is(self.to) && !removed(Control::Whose) {
                return Err(Error::invalid(self.field, OTHER_MODEL));
            }
            ids.push(key.id);
        }
        Ok((self.pairs, ids))
    }
}
