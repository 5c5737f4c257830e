//! What happened to an account, for its owner to read: a few rows each, of what an intruder would do.

mod model;
mod store;

pub(crate) use model::{AccountEvent, Happened};
pub(crate) use store::{AccountHistory, History};
