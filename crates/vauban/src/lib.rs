//! Vauban: a batteries-included web framework in which the security mistakes that other frameworks ask
//! their users to remember cannot be made through its API: they do not compile, or they fail closed.
//!
//! Start with [`App`], the list of what a program is made of, and [`view`], which states for every route
//! who may call it.

pub use vauban_macros::{migrations, package, routes, static_files, view};

pub mod access;
pub mod accounts;
pub mod app;
mod assemble;
pub mod checks;
pub mod commands;
pub mod forms;
pub mod http;
pub mod logging;
pub mod messages;
pub mod middleware;
pub mod prelude;
pub mod routing;
pub mod sessions;
pub mod settings;
pub mod signing;
pub mod staticfiles;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
pub(crate) mod vectors;
pub mod waivers;

/// Where this package's own templates look for routes: `{% url accounts.login %}`.
mod urls {
    pub(crate) use crate::accounts::urls as accounts;
}

// The macros write `::vauban::…`, inside this crate too.
#[allow(unused_extern_crates)]
extern crate self as vauban;

pub use crate::app::{App, Module, Package};
pub use crate::commands::main;
pub use crate::forms::Form;
pub use crate::http::{Cx, Error, File, Json, LocalUrl, Redirect, Respond, Response, Result, Status, Text};
pub use crate::messages::{Level, Messages};
pub use crate::routing::{
    AccessRule, ClientIp, NotPathText, Path, PathText, Public, Query, Refusal, RestOfPath, Routes, SignedIn,
    Staff, Superuser, Url,
};
pub use crate::settings::{Secret, Settings};
pub use vauban_macros::Template;
pub use vauban_macros::{Choices, Form, Model, UserAccount};
pub use vauban_orm::{
    Actor, Changeable, Choices, Columns, DateTime, Db, Deletable, Field, Filter, ForeignKey, Id, Model, Page,
    Permitted, Policy, Problem, Query as RowQuery, Read, Related, Rules, Service, Slug, UserFacts, UserModel,
    Version, Who, Write, engine, service, sql,
};
pub use vauban_waiver::{Waiver, waiver, walls};

pub use vauban_macros::safe_html;
#[cfg(feature = "sanitize")]
pub use vauban_template::sanitize;
pub use vauban_template::{FRAGMENTS_JS, ResourceUrl, SafeHtml, SafeUrl, Template, resource_url};

/// What the macros write refers to. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::http::{Cx, Error, Respond, Response, respond_template};
    pub use crate::routing::{
        AccessRule, Call, Get, ParamMeta, PathReader, PathText, PathValue, Routes, Unsafe, Url, View,
        ViewFuture, ViewMeta, Wanted, path_reader, wanted,
    };
    /// HTTP methods by the name that a view states.
    pub use ::http::Method;
    pub use std::{boxed::Box, convert::From, option::Option, result::Result, sync::Arc};
    pub use vauban_orm as orm;
    pub use vauban_template::__private as template;
}
