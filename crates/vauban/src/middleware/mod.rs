//! The controls that every request passes, one file each, in the order that `pipeline.rs` fixes.
