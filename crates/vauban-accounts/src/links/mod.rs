//! Links in mails: what proves that somebody reads an address. The mail has 256 random bits, the database their hash.

mod lifetimes;
mod model;
mod store;

pub(crate) use lifetimes::LinkLifetimes;
pub(crate) use model::{Epoch, LinkRow, Purpose};
pub(crate) use store::{Link, LinkStore, Links};
