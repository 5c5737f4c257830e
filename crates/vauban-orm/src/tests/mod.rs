//! What a policy means, each sentence as an attack.

mod models;
mod reads;

pub(crate) use models::*;
