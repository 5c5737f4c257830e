//! The controls that every request passes, one file each, in the order that `pipeline.rs` fixes.

mod access_log;
pub(crate) mod body;
pub(crate) mod csrf;
#[cfg(debug_assertions)]
mod debug_page;
mod finish;
#[cfg(any(test, feature = "testing"))]
mod for_tests;
mod guard;
mod heads;
mod hosts;
mod https;
mod identity;
mod isolation;
mod layers;
mod limits;
mod open_files;
mod origin;
mod pace;
pub(crate) mod pages;
mod pipeline;
mod proxies;
mod security_event;
mod server;
mod site;
#[cfg(test)]
mod wire;
#[cfg(any(test, feature = "__test_switches"))]
pub mod without;

pub use body::RequestBody;
pub use identity::{Identity, IdentityBackend, SESSION_COOKIE};
pub use layers::{AnyGate, AnyMiddleware, Gate, Middleware, Next};
pub use pages::{ErrorFacts, ErrorPage, ErrorPages};
pub use pipeline::answer;
pub use security_event::SecurityEvent;
pub use server::serve;
pub use site::Site;

#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub use for_tests::{session_for_test, sign_in_for_test, token_for_test, view_for_test};
pub(crate) use guard::{Guarded, Stopped};
