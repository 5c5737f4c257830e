//! What every module of a Vauban site depends on: requests, views and their access rules, forms, settings, the
//! pipeline. A site imports all of it through `vauban`; a module of a package of its own depends on this crate alone,
//! under the same name:
//!
//! ```toml
//! [dependencies]
//! vauban = { package = "vauban-core", version = "0.1" }
//! ```
//!
//! Start with [`Module`], the list of what a part of a site is made of, and [`view`], which states for every route
//! who may call it.

pub use vauban_macros::{export_templates, hook, migrations, package, routes, static_files, task, view};

/// Whether this build has what tests need, and no release may have (CWE-489): of a crate that turned it on by itself, too.
#[doc(hidden)]
pub const TEST_KIT: bool = cfg!(feature = "testing") || vauban_orm::TEST_KIT;
/// Whether this build has switches that take controls out, which no release may have (CWE-489).
#[doc(hidden)]
pub const TEST_SWITCHES: bool = cfg!(feature = "__test_switches");

#[doc(hidden)]
pub mod checks;
pub mod commands;
pub mod email;
pub mod forms;
pub mod hooks;
pub mod http;
pub mod messages;
pub mod pipeline;
pub mod prelude;
mod profile;
pub mod routing;
mod scalar;
pub mod server;
pub mod settings;
pub mod signing;
pub mod site;
pub mod staticfiles;
pub mod tasks;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod vectors;

// The macros write `::vauban::…`, inside this crate too.
#[allow(unused_extern_crates)]
extern crate self as vauban;

pub use crate::email::Email;
pub use crate::forms::Form;
pub use crate::http::{
    Csp, Error, File, Json, LocalUrl, Redirect, Request, Respond, Response, Result, Status, Text,
};
pub use crate::messages::Messages;
pub use crate::routing::{
    AccessRule, ClientIp, HasPerm, HasRole, Mfa, NotPathText, Part, Path, PathSecret, PathText, Public,
    Query, Reauthenticated, Refusal, RestOfPath, Routes, SignedIn, Staff, Superuser, Url,
};
pub use crate::settings::{Secret, Settings};
pub use crate::site::{AbsoluteUrl, Module, Package, module, package, parts, units};
/// A column's and a form field's type, as the crate `uuid` has it.
pub use uuid::Uuid;
pub use vauban_macros::Template;
pub use vauban_macros::{Choices, FieldGroup, Form, Model, Role};
pub use vauban_orm as orm;
pub use vauban_orm::{
    Actor, Changeable, Choices, Columns, Date, DateTime, Db, Decimal, Deletable, Duration, Encrypted,
    FieldGroup, Filter, ForeignKey, Id, IpAddress, Model, One, OneToOne, Page, Permission, Permitted, Place,
    Policy, Problem, QuerySet, Related, Rules, Service, Slug, Time, UserId, UserModel, Version, Who, With,
    Write, permission, service, sql,
};
#[doc(hidden)]
pub use vauban_waiver::{__place, Place as SignedPlace};
pub use vauban_waiver::{Waiver, waiver, walls};

pub use vauban_macros::safe_html;
#[cfg(feature = "sanitize")]
pub use vauban_template::sanitize;
pub use vauban_template::{FRAGMENTS_JS, ResourceUrl, SafeHtml, SafeUrl, Template, resource_url};
pub use vauban_template::{RenderContext, page};

/// What the macros write refers to. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::http::{Csp, Request, Respond, Response};
    pub use crate::pipeline::{respond_replaceable, respond_template};
    pub use crate::routing::{
        ParamMeta, PathReader, PathText, RoleSegment, Routes, Run, Segment, Url, View, function, methods,
        path_reader,
    };
    // Whatever the site calls `std`, these are std's.
    pub use std::{compile_error, convert::From, include_bytes, include_str, option::Option, result::Result};
    pub use vauban_macros::__template_with as template_with;
    pub use vauban_orm as orm;
    pub use vauban_template::__private as template;
}
