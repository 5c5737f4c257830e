//! Vauban: a batteries-included web framework in which the security mistakes that other frameworks ask
//! their users to remember cannot be made through its API: they do not compile, or they fail closed.
//!
//! Start with [`App`], the list of what a program is made of, and [`view`], which states for every route
//! who may call it.

pub use vauban_core::*;

pub mod access;
pub mod app;
mod assemble;
pub mod checks;
pub mod commands;
pub mod logging;
pub mod prelude;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

// The macros write `::vauban::…`, inside this crate too.
#[allow(unused_extern_crates)]
extern crate self as vauban;

pub use crate::app::App;
pub use crate::commands::main;
/// Typed mails from compiled templates, which leave as tasks.
pub use vauban_mail as mail;
/// What is done later: in the unit of whoever asks, once.
pub mod tasks {
    pub use vauban_core::tasks::*;
    pub use vauban_tasks::*;
}

/// Sign-up, sign-in, sessions: the first module.
pub use vauban_accounts as accounts;
