//! Rows of a large set, so many at a time: memory stays flat, however many there are.

use super::QuerySet;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::types::Id;
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::value::Value;
use crate::unit::handles::Reads;

/// Rows of a chunk, at most (CWE-770).
const LARGEST: u32 = 10_000;
/// Rows that [`QuerySet::for_each`] reads at once. Each chunk costs a way to the database and back: of 1,000 rows, that was a fifth
/// of the time on PostgreSQL.
const AT_ONCE: u32 = 4_000;

/// The rows of a query, so many at a time: see [`QuerySet::chunks`].
#[derive(Debug)]
#[must_use = "nothing is read before `next`"]
pub struct Chunks<M> {
    query: QuerySet<M>,
    rows: u32,
    after: Option<Id<M>>,
    /// How many more the query's limit leaves.
    left: Option<i64>,
    done: bool,
}

impl<M: Model> QuerySet<M> {
    /// All rows, at most so many at a time (10,000 at most), in the order of their ids: for a set that is too large to be held.
    /// Each chunk is a query of its own, which goes on behind the last row by its key. A row that somebody adds or deletes
    /// meanwhile is read or not; none is read twice. After [`begin`](crate::Db::begin) all of them are as they were then.
    ///
    /// ```
    /// # use vauban_macros::Model;
    /// # use vauban_orm::*;
    /// # #[derive(Model)]
    /// # #[model(crate = vauban_orm)]
    /// # pub struct Note { pub id: Id<Note>, #[field(max_length = 20)] pub text: String }
    /// # impl Policy for Note { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
    /// async fn letters(db: &Db) -> Result<usize> {
    ///     let (mut all, mut letters) = (Note::objects().chunks(500), 0);
    ///     while let Some(notes) = all.next(db).await? {
    ///         letters += notes.iter().map(|note| note.text.len()).sum::<usize>();
    ///     }
    ///     Ok(letters)
    /// }
    /// # fn main() {}
    /// ```
    pub fn chunks(self, rows: u32) -> Chunks<M> {
        Chunks {
            left: self.select.limit,
            query: self,
            rows: rows.clamp(1, LARGEST),
            after: None,
            done: false,
        }
    }

    /// Does this with each row, reading some thousands at a time: see [`chunks`](Self::chunks).
    ///
    /// # Errors
    /// What `row` says, or reading: it ends there.
    pub async fn for_each<E: From<Error>>(
        self,
        db: &dyn Reads<M>,
        mut row: impl AsyncFnMut(M) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut all = self.chunks(AT_ONCE);
        while let Some(rows) = all.next(db).await? {
            for one in rows {
                row(one).await?;
            }
        }
        Ok(())
    }
}

impl<M: Model> Chunks<M> {
    /// The next rows; none, if there are no more.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Internal`] for a query with an order, which its keys do not follow.
    pub async fn next(&mut self, db: &dyn Reads<M>) -> Result<Option<Vec<M>>> {
        if !self.query.select.order.is_empty() {
            return Err(Error::Internal(
                "`chunks` and `for_each` read in the order of the ids: take the `order_by` away".into(),
            ));
        }
        if self.done {
            return Ok(None);
        }
        let wanted = self
            .left
            .map_or(i64::from(self.rows), |left| left.min(i64::from(self.rows)));
        let mut query = self.query.clone();
        query.select.limit = Some(wanted);
        if let Some(after) = self.after {
            let id = Col::of_root(M::meta().id());
            query.narrow(Expr::Compare(Op::Gt, id, Value::Uuid(after.uuid())));
        }
        let rows = query.rows_in(db.bound()).await?;
        let read = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        self.left = self.left.map(|left| left - read);
        self.after = rows.last().map(Model::id);
        self.done = read < wanted || self.left == Some(0);
        Ok((!rows.is_empty()).then_some(rows))
    }
}
