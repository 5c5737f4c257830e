//! The access matrix: who may call and touch what, on one page, and `access.lock`, its committed copy.
//!
//! A security review of a Vauban site starts here: every route with its method and rule, every model with its
//! policy, every service with its rights, every signed exception.

mod matrix;

pub use matrix::{Difference, Line, Matrix};
