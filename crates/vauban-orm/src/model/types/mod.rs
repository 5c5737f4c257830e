//! Column types: ids, foreign keys, moments, days, decimal numbers, slugs.

mod civil;
mod datetime;
mod decimal;
mod foreign_key;
mod id;
mod search_text;
mod slug;
pub(crate) mod text;
mod user_id;

pub use civil::{Date, InvalidDate, InvalidTime, Time};
pub use datetime::DateTime;
pub use decimal::{Decimal, InvalidDecimal};
pub use foreign_key::{ForeignKey, OnlyAKey_LoadRelated_WriteGet, Related};
pub use id::{Id, InvalidId};
pub use search_text::{InvalidSearch, SearchText};
pub use slug::{InvalidSlug, Slug};
pub use user_id::UserId;
