//! Typed forms, re-displayed with what was typed.

mod bound;
mod data;
mod multipart;
mod spec;
mod value;

pub use bound::BoundField;
pub use data::{DataError, FormData, Limits};
pub use spec::{Choice, FieldSpec, Widget};
pub use value::{FieldValue, Problem};
