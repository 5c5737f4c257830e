//! Conditions on the rows that refer to a row.

use super::column::AnyColumn;
use super::filter::AnyFilter;
use crate::error::{Error, Result};
use crate::model::path::Path;
use crate::tree::expr::{Expr, Opened};
use crate::tree::row::RowNumber;

/// Of the row whose id this column holds (the row itself by its [`id`](super::AnyTable::id), the one behind a foreign key by that),
/// and of those that refer to it by `key`, a foreign key of theirs. Only rows that whoever asks may see are there.
///
/// ```
/// use vauban_orm::untyped::{AnyQuerySet, AnyTable};
/// use vauban_orm::*;
///
/// /// Articles with a comment of this text, in organisations of which nobody has left.
/// fn found(articles: AnyTable, comments: AnyTable, members: AnyTable, text: &str) -> Option<Result<AnyQuerySet>> {
///     let (of, text) = (comments.column("article")?, comments.column("text")?.contains(text).ok()?);
///     let (organisation, left) = (articles.column("organisation")?, members.column("left")?);
///     let found = articles.id().any(&of, text).and_then(|some| {
///         let nobody = organisation.all(&members.column("organisation").ok_or(Error::NotFound)?, left.is_null())?;
///         articles.objects().filter(some & nobody)
///     });
///     Some(found)
/// }
/// # fn main() {}
/// ```
impl AnyColumn {
    /// At least one of them is so.
    ///
    /// # Errors
    /// [`Error::Internal`] if this is no id of the rows that `key` refers to, and for a condition on another table than `key`'s.
    pub fn any(&self, key: &Self, condition: AnyFilter) -> Result<AnyFilter> {
        self.related(key, condition, |one| one)
    }

    /// All of them are so; also where there is none.
    ///
    /// # Errors
    /// As [`any`](Self::any).
    pub fn all(&self, key: &Self, condition: AnyFilter) -> Result<AnyFilter> {
        self.related(key, !condition, Expr::negated)
    }

    /// None of them is so.
    ///
    /// # Errors
    /// As [`any`](Self::any).
    pub fn none(&self, key: &Self, condition: AnyFilter) -> Result<AnyFilter> {
        self.related(key, condition, Expr::negated)
    }

    /// What `said` makes of "one of the rows that refer is so". Of a row that is not there it says nothing.
    fn related(&self, key: &Self, one: AnyFilter, said: fn(Expr) -> Expr) -> Result<AnyFilter> {
        let place = self.place(key)?;
        let opened = Opened {
            // Inside it stands for the row that refers, as a filter on that table alone has it.
            number: RowNumber::ROOT,
            model: key.root,
            key: key.own_of(key.root)?,
            to: place.to(),
        };
        let one = Expr::any(opened, one.on(key.root)?);
        Ok(AnyFilter::new(self.root, place.wrap(said(one))))
    }

    /// The row whose id it is.
    fn place(&self, key: &Self) -> Result<Path> {
        let (Some(rows), Some(target)) = (self.rows(), key.target()) else {
            let one = if self.rows().is_none() { self } else { key };
            return Err(Error::Internal(format!(
                "`{one:?}` leads to no rows: ask `table.id()` or a foreign key for the rows that have a foreign key to it"
            )));
        };
        if !rows.is(target) {
            return Err(Error::Internal(format!(
                "`{key:?}` refers to a `{}`, and `{self:?}` is the id of a `{}`",
                target.name, rows.name
            )));
        }
        Ok(match self.target() {
            Some(_) => self.path.then(self.meta),
            None => self.path.clone(),
        })
    }
}
