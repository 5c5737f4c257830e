//! Views, access rules, parameters, typed URLs and the table of routes.

mod access;
mod call;
mod credential;
mod driver;
mod param;
mod part;
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
pub use call::{BodyStream, Call};
pub(crate) use credential::Asking;
pub use credential::{
    ByEither, ByNothing, BySession, BySignature, ByToken, Credential, Either, Proven, SignatureScheme,
    TokenScheme,
};
#[doc(hidden)]
pub use credential::{Loading, OnlyThePipeline};
pub use param::{ClientIp, Kind, OptionalParam, Param, Params, Reading, Writing};
pub use part::{Need, Part};
pub use path::{
    InvalidSegment, NotPathText, Path, PathReader, PathText, PathValue, RestOfPath, Segment, path_reader,
};
pub use query::Query;
pub use router::Conflict;
pub(crate) use router::{Found, Router, Target};
pub use routes::{Route, Routes};
pub use url::Url;
#[cfg(test)]
pub(crate) use url::push_path;
#[doc(hidden)]
pub use view::function;
pub use view::{CredentialOf, KindOf, ParamMeta, Run, View, ViewFuture, ViewMeta, ViewMethod, methods};
