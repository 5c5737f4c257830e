//! Column types: ids, foreign keys, moments, days, durations, decimal numbers, slugs, addresses of computers, JSON.

mod civil;
mod datetime;
mod decimal;
mod duration;
mod foreign_key;
mod id;
mod ip;
mod json;
mod slug;
pub(crate) mod text;
mod user_id;

pub use civil::{Date, InvalidDate, InvalidTime, Time};
pub use datetime::DateTime;
pub use decimal::{Decimal, InvalidDecimal};
pub use duration::{Duration, InvalidDuration};
pub use foreign_key::{ForeignKey, OneToOne, OnlyAKey_LoadRelated_WriteGet, Related};
pub use id::{Id, InvalidId};
pub use ip::{InvalidIpAddress, IpAddress};
pub use json::{Json, JsonValue};
pub use slug::{InvalidSlug, Slug};
pub use user_id::UserId;
