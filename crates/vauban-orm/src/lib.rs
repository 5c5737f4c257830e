//! Models, columns, filters, policies, queries, migrations: the rows of a Vauban site.
//!
//! A row states who may see, add, change and delete it: a [`Model`] without a [`Policy`] does not
//! compile, and a [`Db`] is bound to the actor who asks, so that the policy is part of every statement.

#[cfg(test)]
extern crate self as vauban_orm;

pub mod actor;
pub mod checks;
pub mod columns;
pub mod engine;
pub mod field;
pub mod fragment;
pub mod identifier;
pub mod meta;
pub mod migrations;

mod choices;
mod db;
mod error;
mod expr;
mod filter;
mod model;
mod policy;
mod query;
mod render;
mod sabotage;
mod types;
mod value;

pub use actor::{Actor, May, Service, UserFacts, actions};
pub use choices::{Choices, InvalidChoice};
pub use columns::{Assignment, Column, Columns, Many, Order, Rel};
pub use db::{Acting, Db, Mode, Read, Reads, Unscoped, Write, Writes};
pub use error::{Error, Problem, Result};
pub use field::{Field, ModelField};
pub use filter::{Filter, IntoFilter};
pub use meta::{ColumnMeta, ModelMeta};
pub use model::{Model, UserModel};
pub use policy::{Policy, Rules, Settable, Who};
pub use query::{Changeable, Create, Deletable, Page, Permitted, PermittedQuery, Query, Version};
pub use types::{DateTime, ForeignKey, Id, InvalidId, InvalidSlug, Related, Slug};

/// For generated code. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::columns::{FragmentPart, Path};
    pub use crate::model::NewValues;
    pub use crate::policy::CompiledRules;
    pub use crate::value::{Mismatch, RowReader, Value, ValueRef};
    pub use vauban_waiver::{Waiver, waiver, walls};
}

#[cfg(test)]
mod tests;
