//! Accounts that their owners delete (GDPR Art. 17): asked for with a proof, kept for a while in which a link of a mail takes it back, then
//! erased with what other models state of the rows that refer to them.

mod ask;
mod end;
mod model;
mod remains;
mod stated;

pub(crate) use ask::Asked;
pub(crate) use end::{erase, not_while_leaving};
pub(crate) use model::{AccountEnd, DeletionRow};
pub(crate) use remains::{NothingRemains, Remains};
pub(crate) use stated::unstated;
