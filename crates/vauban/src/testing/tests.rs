//! The test kit on a small program of its own.
