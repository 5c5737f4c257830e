//! A mail before it is sent: what its types let it hold, and what it becomes on the wire.

mod attachment;
mod draft;
mod mailbox;
mod wire;
mod words;

use serde::{Deserialize, Serialize};

pub use attachment::{Attachment, MAX_ATTACHED, MAX_ATTACHMENTS};
pub use draft::{Draft, MAX_BODY, MAX_RECIPIENTS, Mail};
pub use mailbox::{Mailbox, Recipient};
pub(crate) use wire::Wire;
pub(crate) use words::Line;
pub use words::{MAX_HEADER, MAX_NAME, MAX_SUBJECT};

impl Letter {
    /// What stands before the `@` of its `Message-ID`: letters and digits.
    pub(crate) fn id(&self) -> &str {
        let inside = self.message_id.trim_start_matches('<');
        inside.split('@').next().unwrap_or_default()
    }
}

/// Everything that a mail is, whole and bounded. Kept sealed until it is sent. A field that is new has a default: letters of the release
/// before are read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// The name of its template.
    pub(crate) name: String,
    /// With its angle brackets.
    pub(crate) message_id: String,
    /// Seconds since 1970.
    pub(crate) date: u64,
    pub(crate) boundary: String,
    pub(crate) from: Mailbox,
    pub(crate) to: Vec<Mailbox>,
    #[serde(default)]
    pub(crate) cc: Vec<Mailbox>,
    #[serde(default)]
    pub(crate) bcc: Vec<Mailbox>,
    #[serde(default)]
    pub(crate) reply_to: Vec<Mailbox>,
    pub(crate) subject: Line,
    pub(crate) text: String,
    pub(crate) html: String,
    #[serde(default)]
    pub(crate) headers: Vec<(String, Line)>,
    #[serde(default)]
    pub(crate) attachments: Vec<Attachment>,
    /// The bulk kind, and where one leaves it.
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) unsubscribe: Option<String>,
}
