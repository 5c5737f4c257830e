//! The controls that every request passes, one file each, in the order that `pipeline.rs` fixes.

mod body;
mod csrf;
mod finish;
mod guard;
mod hosts;
mod https;
mod identity;
mod isolation;
mod origin;
mod pages;
mod pipeline;
mod proxies;
mod security_event;
mod server;
mod site;

pub use body::RequestBody;
pub use identity::{Identity, SessionBackend};
pub use pages::{ErrorFacts, ErrorPage, ErrorPages};
pub use pipeline::{Incoming, answer};
pub use security_event::SecurityEvent;
pub use server::serve;
pub use site::{Site, SiteParts};

pub(crate) use guard::Guarded;
