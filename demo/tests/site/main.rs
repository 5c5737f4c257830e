//! What the site does, and what it refuses, over HTTP. Every attack names the weakness it tries.

// Futures of tests that sign in and write are deep.
#![recursion_limit = "256"]
// In a test a panic is an answer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod beside;
mod careless;
mod comments;
mod data;
mod events;
mod forms;
mod growth;
mod guests;
mod hostile;
mod leaving;
mod look;
#[cfg(feature = "postgres")]
mod lost;
mod mails;
mod objects;
mod organisations;
mod pages;
mod permissions;
mod plans;
mod profiles;
mod rights;
#[cfg(feature = "postgres")]
mod row_security;
mod sessions;
mod sign_up;
mod tenancy;
#[path = "../../../crates/vauban-template/tests/support/tree.rs"]
mod tree;
mod world;

/// CWE-1059: nobody has reviewed what `access.lock` and `waivers.lock` do not say. They are those of the program with passkeys, as it is built
/// unless somebody says otherwise.
#[cfg(feature = "passkeys")]
#[test]
fn the_committed_files_say_what_the_program_does() {
    vauban::testing::committed_files_are_true(demo::app);
}
