//! Views, access rules, parameters, typed URLs and the table of routes.

mod access;
mod call;
mod param;
mod path;
mod query;
mod router;
mod routes;
mod url;
mod user_id;
#[cfg(test)]
mod vectors;
mod view;

pub use access::{AccessRule, Public, Refusal, SignedIn, Staff, Superuser};
pub use call::Call;
pub use param::{ClientIp, Get, OptionalParam, Param, Unsafe, Wanted, wanted};
pub use path::{InvalidSegment, NotPathText, Path, PathReader, PathText, PathValue, RestOfPath, path_reader};
pub use query::Query;
pub use router::Conflict;
pub(crate) use router::{Found, Router, Target};
pub use routes::{Route, Routes};
pub use url::Url;
#[cfg(test)]
pub(crate) use url::push_path;
pub use view::{ParamMeta, View, ViewFuture, ViewMeta};
