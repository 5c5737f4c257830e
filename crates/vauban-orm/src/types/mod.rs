//! Column types: ids, foreign keys, moments, slugs.

mod datetime;
mod foreign_key;
mod id;
mod slug;
mod user_id;

pub use datetime::DateTime;
pub use foreign_key::{ForeignKey, OnlyAKey_LoadRelated_WriteGet, Related};
pub use id::{Id, InvalidId};
pub use slug::{InvalidSlug, Slug};
pub use user_id::UserId;
