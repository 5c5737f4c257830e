//! What runs inside a site: escapers, safe types, filters, and the context of a response.

pub mod compared;
pub mod context;
pub mod escape;
pub mod filters;
pub mod given;
pub mod json;
pub mod opened;
pub mod ours;
pub mod pattern;
pub mod put;
pub mod safe;
#[cfg(feature = "sanitize")]
pub mod sanitize;
pub mod script;
pub mod sides;
pub mod template;
pub mod value;
pub(crate) mod without;
