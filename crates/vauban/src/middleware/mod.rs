//! The controls that every request passes, one file each, in the order that `pipeline.rs` fixes.

pub mod hosts;
pub mod https;
pub mod limits;
pub mod proxies;
pub mod security_event;

pub use hosts::{HostPattern, Hosts};
pub use https::{Hsts, Https};
pub use limits::Limits;
pub use proxies::{Network, Proxies};
pub use security_event::SecurityEvent;
