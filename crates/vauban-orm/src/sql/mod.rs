//! SQL's text: what the tree says, on somebody's authority, with the policy of every table in it.

pub(crate) mod cond;
pub(crate) mod dialect;
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "it is PostgreSQL's"))]
pub(crate) mod emitted;
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "it is PostgreSQL's"))]
pub(crate) mod function;
pub(crate) mod literal;
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "it is PostgreSQL's"))]
pub(crate) mod marks;
pub(crate) mod relation;
pub(crate) mod render;
pub(crate) mod sealed;
pub(crate) mod source;
pub(crate) mod statement;
mod term;
