//! What a policy means, each sentence as an attack. An attack is first seen to succeed with its control
//! taken out (`sabotage::without`), then to fail.

#![allow(deprecated, reason = "these tests are the framework's own")]

mod amounts;
mod bounds;
mod cascades;
mod changes;
mod chosen;
mod combined;
mod constraints;
mod counsel;
mod data_migrations;
pub(crate) mod encrypted;
mod erased;
mod factories;
mod field_types;
mod for_update;
mod fragments;
mod groups_of_fields;
mod hidden_work;
mod linked;
mod listed;
mod loading;
mod locks;
mod many;
mod membership;
mod migrated;
mod models;
mod nested;
mod on;
mod or_create;
mod oracles;
mod ordered;
mod outer_rows;
mod permissions;
#[cfg(feature = "postgres")]
mod postgres;
mod previews;
mod properties;
mod reads;
mod rights;
#[cfg(feature = "postgres")]
mod row_security;
mod set_to;
#[cfg(feature = "postgres")]
mod sets;
mod symbolic;
#[cfg(feature = "postgres")]
mod together;
mod turns;
mod units;
mod unreadable;
mod untyped;
mod untyped_related;
mod untyped_values;
mod upserts;
mod user_ids;
mod values;
mod worlds;
mod writes;

pub(crate) use models::*;
#[cfg(feature = "postgres")]
pub(crate) use on::secured;

pub(crate) use crate::sabotage::{Control, without};
