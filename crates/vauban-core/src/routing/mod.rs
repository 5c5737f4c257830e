//! Views, access rules, parameters, typed URLs and the table of routes.

mod access;
mod call;
mod conflicts;
mod credential;
mod driver;
mod either;
mod has_perm;
mod has_role;
mod json;
mod kind;
mod messages;
mod meta;
#[cfg(debug_assertions)]
mod near;
mod need;
mod param;
mod part;
mod path;
mod path_value;
mod query;
mod router;
mod routes;
mod secrets;
mod url;
mod user_id;
#[cfg(test)]
mod vectors;
mod view;

pub use crate::http::Refusal;
#[doc(hidden)]
pub use crate::site::{Loading, OnlyThePipeline};
pub use access::{AccessRule, Mfa, Public, Reauthenticated, SignedIn, Staff, Superuser};
pub use call::{BodyStream, Call};
pub(crate) use conflicts::router;
pub use credential::{
    ByEither, ByNothing, BySession, BySignature, ByToken, Credential, Proven, SignatureScheme, TokenScheme,
};
pub use either::Either;
pub use has_perm::HasPerm;
pub use has_role::{HasRole, RoleSegment};
pub use json::{FromJson, Json};
pub use kind::{Kind, Reading, Writing};
pub use messages::Messages;
pub use meta::{ParamMeta, RoleAsked, ViewMeta};
pub use need::Need;
pub use param::{ClientIp, OptionalParam, Param, Params};
pub use part::Part;
pub use path::{Path, Segment};
pub use path_value::{
    InvalidSegment, NotPathText, PathReader, PathSecret, PathText, PathValue, RestOfPath, path_reader,
};
pub(crate) use query::pairs_of_query;
pub use query::{FromQuery, Query};
pub use router::Conflict;
pub(crate) use router::{Found, Router, Target, respelled};
pub use routes::{Route, Routes, ViewFuture};
pub use url::Url;
#[cfg(test)]
pub(crate) use url::push_path;
#[doc(hidden)]
pub use view::function;
pub use view::{CredentialOf, KindOf, Run, View, ViewMethod, methods};
