//! What a site is: its package, its modules and what they bring, who asks, and the whole made ready to answer.

mod access;
mod addresses;
mod assemble;
pub mod background;
mod identity;
mod layer;
pub mod module;
pub mod package;
pub mod parts;
#[cfg(any(test, feature = "testing"))]
mod samples;
#[allow(clippy::module_inception)]
mod site;
pub mod units;

pub use addresses::{AbsoluteUrl, NoAddress};
#[cfg(test)]
pub(crate) use assemble::site_keys;
pub use background::{BackgroundWork, Stop};
pub(crate) use identity::Asking;
pub use identity::{Identity, IdentityBackend, SESSION_COOKIE};
#[doc(hidden)]
pub use identity::{Loading, OnlyThePipeline};
pub use layer::Next;
#[doc(hidden)]
pub use layer::{AnyGate, AnyMiddleware};
#[cfg(test)]
pub(crate) use module::wiring::Wired;
pub use module::{Check, Checking, CheckingRows, Migrated, Module};
pub use package::Package;
pub use parts::Parts;
#[cfg(any(test, feature = "testing"))]
pub use samples::{Expect, ViewSample};
pub use site::Site;
pub use units::{Retries, Units};
