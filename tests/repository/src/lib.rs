//! Tests of the repository itself: what its documents say is so, and what it accepts from others.
//!
//! * [`imports`]: which file of a crate imports which.
//! * [`circles`]: the circles in such a graph.

// Whoever asks is a test, and its answer to a broken tree is a panic.
#![allow(clippy::panic, clippy::expect_used, clippy::disallowed_methods)]

pub mod circles;
pub mod imports;
pub mod sources;
