//! What a policy means, each sentence as an attack. An attack is first seen to succeed with its control
//! taken out (`sabotage::without`), then to fail.

mod models;
mod properties;
mod reads;
mod rights;
mod units;
mod unreadable;
mod writes;

pub(crate) use models::*;

pub(crate) use crate::sabotage::{Control, without};
