//! The shared test vectors. Tests only.

pub(crate) use crate::vectors::{cases, file};
