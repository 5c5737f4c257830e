//! Rows by metadata, where no type is known: for an admin, an API, an export, which show whatever models a program has.
//!
//! An [`AnyTable`] is one of the models that the program lists, an [`AnyColumn`] one of its `pub` fields. Both are found by name,
//! and a text that comes from outside finds one of them or nothing: it never becomes SQL (CWE-89). Filters, orders, changes and rows
//! made of them go through the statements of the typed ones, under the same policies, with the same checks of what is
//! written and the same errors by field.
//!
//! Only [`Db`](crate::Db) leads here, whoever asks: neither a service nor an unscoped handle does.
//!
//! ```
//! use vauban_orm::untyped::AnyRow;
//! use vauban_orm::*;
//!
//! /// The rows of a table that hold this text in this column, for a page that shows any table.
//! async fn search(db: &Db, table: &str, field: &str, text: &str) -> Result<Page<AnyRow>> {
//!     let table = db.table(table).ok_or(Error::NotFound)?;
//!     let column = table.column(field).ok_or(Error::NotFound)?;
//!     table.objects().filter(column.contains(text)?)?.order_by([column.asc()])?.page(db, 1).await
//! }
//!
//! /// What a form for any table does with one field of a row.
//! async fn save(db: &Db<Write>, table: &str, id: &str, field: &str, text: &str, shown: Version) -> Result<AnyRow> {
//!     let table = db.table(table).ok_or(Error::NotFound)?;
//!     let column = table.column(field).ok_or(Error::NotFound)?;
//!     let row = table.objects().get_to_change(db, table.key(id)?).await?; // 404 or 403
//!     let row = row.unchanged_since(shown)?; // 409
//!     row.change(db, [column.set_text(text)?]).await
//! }
//!
//! /// Every row that the asker may see, line by line.
//! async fn export(db: &Db, table: untyped::AnyTable) -> Result<Vec<String>> {
//!     let columns: Vec<_> = table.columns().collect();
//!     let rows = table.objects().all(db).await?;
//!     let line = |row: &AnyRow| columns.iter().map(|column| row.text(column)).collect::<Result<Vec<_>>>();
//!     rows.iter().map(|row| line(row).map(|texts| texts.join("\t"))).collect()
//! }
//! ```

mod aggregate;
mod amount;
mod column;
mod create;
mod filter;
mod for_update;
mod given;
mod linked;
mod load;
mod options;
mod query;
mod related;
mod row;
mod set;
mod table;

pub use aggregate::{AnyAggregate, AnyGroup, AnyGroupOrder, AnyGroups};
pub use amount::AnyAmount;
pub use column::AnyColumn;
pub use create::AnyNewRow;
pub use filter::{AnyFilter, AnyOrder};
pub use given::{AnyKey, Given};
pub use linked::{AnyLinked, AnyLinks};
pub use load::AnyLoad;
pub use query::{AnyPermittedQuerySet, AnyQuerySet};
pub use row::AnyRow;
pub use table::AnyTable;
