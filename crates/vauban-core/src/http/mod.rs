//! What a view sees of HTTP: the request's context, answers, errors, redirects, cookies.
//!
//! A view returns Vauban's own types, which answer through [`Respond`]; they know the request ([`Request`]),
//! so nonce, form token, user and messages reach a page without being handed on.

mod body;
pub(crate) mod cookie;
pub(crate) mod cookies;
mod error;
mod file;
mod json;
mod pages_by_type;
mod redirect;
mod render;
mod request;
mod respond;
mod response;
#[cfg(test)]
mod vectors;

pub use body::Body;
pub use cookie::{Cookie, SameSite};
pub use error::{Error, Result};
pub use file::File;
pub use json::Json;
#[doc(hidden)]
pub use pages_by_type::respond_replaceable;
pub use pages_by_type::{PagesByType, Replaceable, ReplacedTwice};
#[cfg(test)]
pub(crate) use redirect::local_path;
pub use redirect::{LocalUrl, Redirect};
pub(crate) use redirect::{encode as ascii_url, resolve};
#[doc(hidden)]
pub use render::respond_template;
pub use request::Request;
pub(crate) use request::Saved;
pub use respond::{Outcome, Respond, Status, Text};
pub use response::{Caching, HeaderError, Response};

pub use ::http::{HeaderName, HeaderValue, Method, StatusCode, header};
