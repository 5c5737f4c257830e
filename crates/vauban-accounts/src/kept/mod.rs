//! What somebody had typed when their session was over, kept until they have signed in again.

mod model;
mod sealed;
mod store;

pub(crate) use model::KeptRow;
pub(crate) use store::{KeptForms, KeptStore};
