//! Column types: ids, foreign keys, moments, days, durations, decimal numbers, slugs, addresses of computers, JSON.

mod civil;
mod datetime;
mod decimal;
mod duration;
mod encrypted;
mod foreign_key;
mod id;
mod ip;
mod json;
mod search_text;
mod slug;
pub(crate) mod text;
mod user_id;

pub use civil::{Date, InvalidDate, InvalidTime, Time};
pub use datetime::DateTime;
pub use decimal::{Decimal, InvalidDecimal};
pub use duration::{Duration, InvalidDuration};
pub(crate) use encrypted::plain;
pub use encrypted::{Encrypted, EncryptedField};
pub use encrypted::{opened, unsealed};
pub use foreign_key::{ForeignKey, OneToOne, OnlyAKey_LoadRelated_WriteGet, Related};
pub use id::{Id, InvalidId};
pub use ip::{InvalidIpAddress, IpAddress};
pub use json::{Json, JsonValue};
pub use search_text::{InvalidSearch, SearchText};
pub use slug::{InvalidSlug, Slug};
pub use user_id::UserId;
