//! The rows that a foreign key may be set to refer to.

use super::column::AnyColumn;
use super::row::AnyRow;
use crate::error::{Error, Result};
use crate::query::Page;
use crate::unit::handles::Db;

/// How many rows are offered at once.
const OFFERED: u32 = 50;

impl AnyColumn {
    /// The rows that this foreign key may be set to refer to: those that whoever asks may see and that have this text in one of
    /// their texts, ASCII letters' case apart, or are named by it as a key; all, of an empty one. Up to 50, and whether there are more
    /// ([`Page::has_next`]): then the page asks for more of the text. They are in the order of their first text, where an index has
    /// it or all of them are looked through for a text, or else of their keys. For a `<select>` or what completes an input; an enum
    /// has [`choices`](Self::choices).
    ///
    /// # Errors
    /// [`Error::Internal`] for what is no foreign key, [`Error::Unlisted`] for one to a table that is not
    /// [the program's](Db::tables); otherwise see [`Error`].
    pub async fn options(&self, db: &Db, text: &str) -> Result<Page<AnyRow>> {
        let Some(target) = self.target() else {
            return Err(Error::Internal(format!(
                "`{self:?}` is no foreign key: there are no rows to choose from"
            )));
        };
        let table = db.table_of(target)?;
        // What is long, or one of a few, is nothing that a row is called.
        let is_name = |column: &Self| {
            column.is_text() && !column.meta.is_long() && column.meta.untyped.choices.is_empty()
        };
        let names: Vec<_> = table.columns().filter(is_name).collect();
        let mut query = table.objects().per_page(OFFERED);
        if !text.is_empty() {
            let mut found = match table.key(text) {
                Ok(key) => table.id().eq(key)?,
                Err(_) => table.id().is_null(),
            };
            for name in &names {
                found = found | name.icontains(text)?;
            }
            query = query.filter(found)?;
        }
        // CWE-400: of a large table the first fifty are not looked for among all.
        let in_order = |first: &&Self| !text.is_empty() || first.meta.unique || first.meta.index;
        if let Some(first) = names.first().filter(in_order) {
            query = query.order_by([first.asc()])?;
        }
        query.page(db, 1).await
    }
}
