//! What most files of an app begin with: `use vauban::prelude::*;`.
//!
//! It has the names that stand in models, views, forms and templates, and nothing else; rarer ones are imported by
//! name. `Result` in it is Vauban's, whose error is [`Error`].

pub use crate::accounts::{CurrentUser, Email, Password, UserAccount};
pub use crate::{
    App, Error, Json, Messages, Module, Path, PathText, Public, Query, Redirect, Response, Result, SignedIn,
    Staff,
};
pub use crate::{
    Changeable, Choices, Columns, DateTime, Db, Filter, ForeignKey, Id, Model, Page, Permitted, Policy,
};
pub use crate::{Deletable, Rules, Slug, Version, Who, Write, service, sql, waiver};
pub use crate::{Form, Template};
pub use crate::{Status, Superuser, Text, routes, view};
