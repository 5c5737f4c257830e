//! Mail: typed letters from compiled templates, which leave as tasks.
//!
//! ```ignore
//! #[derive(Mail)]
//! #[mail(subject = "{{ org }} invites you", template = "mail/invite")]
//! struct Invite { org: String, link: AbsoluteUrl }
//!
//! Invite { org, link: urls::invitation(&token).absolute(&db)? }.to(&person).send(&db).await?;
//! ```
//!
//! It is a module like any other's, and depends on `vauban-core` alone.

// `#[derive(Mail)]` in this crate.
#[allow(unused_extern_crates)]
extern crate self as vauban_mail;

/// Whether this build has what tests need, and no release may have (CWE-489).
#[doc(hidden)]
pub const TEST_KIT: bool = cfg!(feature = "testing");

mod commands;
mod delivery;
#[cfg(any(debug_assertions, feature = "testing"))]
mod development;
mod letter;
mod module;
mod post;
pub mod preferences;
mod replaceable;
mod replaced;
mod rows;
mod send;
mod settings;
mod taking;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod transport;
pub mod urls;
mod written;

pub use letter::{
    Attachment, Draft, MAX_ATTACHED, MAX_ATTACHMENTS, MAX_BODY, MAX_HEADER, MAX_NAME, MAX_RECIPIENTS,
    MAX_SUBJECT, Mail, Mailbox, Recipient,
};
pub use module::module;
pub use preferences::{BulkKind, SubscribedPage, UnsubscribePage, UnsubscribedPage};
pub use replaceable::Replaceable;
pub use replaced::Replacement;
pub use send::Sent;
pub use vauban_macros::Mail;

/// What the macros write refers to. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::replaced::{Replaced, Replacements};
    pub use vauban_template::__private as template;
}
