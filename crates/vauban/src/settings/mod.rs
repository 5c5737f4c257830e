//! Typed settings: every one with its source and its check.
