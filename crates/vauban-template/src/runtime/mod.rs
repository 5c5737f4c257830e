//! What runs inside a site: escapers, safe types, filters, and the context of a response.

pub mod context;
pub mod escape;
pub mod filters;
pub mod json;
pub mod put;
pub mod safe;
pub mod template;
pub mod value;
