//! The page as HTML: every value gets the context it stands in, and a place that no escaper makes safe is
//! an error (CWE-79).

pub mod attributes;
pub mod dots;
pub mod elements;
pub mod entities;
mod htmx;
pub mod ir;
mod join;
pub mod js;
pub mod json;
mod json_attribute;
mod link;
mod lint;
mod list;
mod machine;
pub mod names;
mod origin;
mod place;
mod policy;
mod question;
mod sent;
mod srcset;
pub mod state;
mod tags;
mod text;
pub mod url;

pub use machine::{Analysed, Machine, analyse, context_after};
