//! What a view sees of HTTP: the request's context, answers, errors, redirects, cookies.
//!
//! A view returns Vauban's own types, which answer through [`Respond`]; they know the request ([`Request`]),
//! so nonce, form token, user and messages reach a page without being handed on.

mod body;
mod by_session;
mod by_status;
pub(crate) mod cookie;
pub(crate) mod cookies;
mod csp;
mod error;
mod file;
pub(crate) mod form_data;
#[cfg(debug_assertions)]
mod framed;
pub(crate) mod multipart;
mod pages_by_type;
mod redirect;
mod refusal;
mod request;
mod respond;
mod response;
mod security_event;
mod typed;
#[cfg(test)]
mod vectors;
#[cfg(debug_assertions)]
mod why;

pub use body::{Body, RequestBody};
#[doc(hidden)]
#[doc(hidden)]
pub use by_session::BySession;
pub use by_status::ByStatus;
pub use by_status::ErrorFacts;
pub use cookie::{Cookie, SameSite};
pub use csp::{Csp, Source};
pub(crate) use csp::{Directive, OWN, form_held_back};
pub use error::{Error, Result};
pub use file::File;
pub use form_data::{DataError, FormData, FormLimits};
#[cfg(debug_assertions)]
#[doc(hidden)]
pub use framed::Framed;
pub use pages_by_type::{PagesByType, Replaceable, ReplacedTwice};
#[cfg(test)]
pub(crate) use redirect::local_path;
pub use redirect::{LocalUrl, Redirect, ToRoute};
pub(crate) use redirect::{encode as ascii_url, resolve};
pub use refusal::Refusal;
pub use request::Request;
pub(crate) use request::{Effects, Saved};
pub use respond::{Outcome, Respond, Status, Text};
pub use response::{Caching, HeaderError, Response};
pub use security_event::SecurityEvent;
pub use typed::{Control, TypedForm};
pub(crate) use typed::{ControlKind, Controls, Kept, SentForm, TypedField};
#[cfg(debug_assertions)]
pub(crate) use why::Why;

pub use crate::pipeline::{ErrorPage, ErrorPages};
pub use crate::routing::Json;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
