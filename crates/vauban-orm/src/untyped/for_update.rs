//! Rows of a table that are locked to be changed.

use super::column::AnyColumn;
use super::given::AnyKey;
use super::query::AnyQuerySet;
use super::row::AnyRow;
use crate::error::Result;
use crate::query::{Changeable, ForUpdate};
use crate::unit::handles::{Db, Write};

impl AnyQuerySet {
    /// The rows that the actor may change, locked until the unit has ended: see [`QuerySet::for_update`](crate::QuerySet::for_update).
    /// What is [loaded](Self::load) for each row is not.
    pub fn for_update(self) -> ForUpdate<AnyRow> {
        ForUpdate::of_query(self.query)
    }
}

impl ForUpdate<AnyRow> {
    /// Loads the row behind a foreign key as well, and locks it: of those that may be seen, each has to be one that the actor may
    /// change.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::Error::Internal) for a column that is no foreign key of this table.
    pub fn of(mut self, key: &AnyColumn) -> Result<Self> {
        let position = key.key_of(self.model())?;
        self.lock_behind(position);
        Ok(self)
    }

    /// All rows that are so and that the actor may change.
    ///
    /// # Errors
    /// As those of a typed query.
    pub async fn all(self, db: &Db<Write>) -> Result<Vec<Changeable<AnyRow>>> {
        self.rows_in(db.asker()).await
    }

    /// The first of them, if there is one.
    ///
    /// # Errors
    /// As [`all`](Self::all).
    pub async fn first(self, db: &Db<Write>) -> Result<Option<Changeable<AnyRow>>> {
        self.first_in(db.asker()).await
    }

    /// The row with this key, if it is so.
    ///
    /// # Errors
    /// As [`all`](Self::all) and [`AnyQuerySet::get_to_change`].
    pub async fn get(mut self, db: &Db<Write>, key: AnyKey) -> Result<Changeable<AnyRow>> {
        self.narrow(key.named(self.model())?);
        self.one_in(db.asker()).await
    }
}
