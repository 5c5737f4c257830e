//! What most files of an app begin with: `use vauban::prelude::*;`.
//!
//! It has the names that stand in models, views, forms and templates, and nothing else; rarer ones are imported by
//! name. `Result` in it is Vauban's, whose error is [`Error`].

pub use vauban_core::prelude::*;

pub use crate::App;
pub use crate::accounts::{CurrentUser, Password, UserAccount};
pub use crate::mail::Mail;
