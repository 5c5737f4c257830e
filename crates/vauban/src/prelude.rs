//! What most files of an app begin with: `use vauban::prelude::*;`.
//!
//! It has the names that stand in models, views and templates, and nothing else; rarer ones are imported by name.
//! `Result` in it is Vauban's, whose error is [`Error`].

pub use crate::{App, Error, Json, Module, Path, Public, Query, Redirect, Response, Result, SignedIn, Staff};
pub use crate::{
    Choices, Columns, DateTime, Db, Filter, ForeignKey, Id, Model, Page, Permitted, Policy, Rules, Slug,
};
pub use crate::{Form, OrShow};
pub use crate::{Status, Superuser, Text, routes, view};
pub use crate::{Who, Write, service, sql};
