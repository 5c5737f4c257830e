//! What is known of models, and what conditions say of their rows: metadata, values and one expression tree, without the types of
//! a program and without a database.

pub(crate) mod bounds;
pub(crate) mod expr;
pub mod flat;
pub(crate) mod folding;
pub(crate) mod fragment;
mod held;
pub mod identifier;
pub(crate) mod limits;
pub mod meta;
pub mod permission;
pub(crate) mod reads;
pub(crate) mod ring;
pub(crate) mod row;
pub(crate) mod rules;
pub(crate) mod served;
pub(crate) mod shown;
pub(crate) mod term;
pub(crate) mod value;
