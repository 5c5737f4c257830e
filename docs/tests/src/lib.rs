//! Every Rust snippet of the guide is a documentation test of this crate: `cargo test -p vauban-docs`.
//!
//! A chapter is one module here. Lines that start with `# ` in a snippet are compiled and not shown, by
//! rustdoc and by mdBook alike. `tests/` holds what is not Rust: links, the summary, the quoted messages.
