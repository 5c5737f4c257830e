//! Who a provider says that somebody is.

use std::fmt;

use jiff::Timestamp;

use crate::Email;

/// What a verified ID token says.
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// An address that the provider says it has verified; anything else is none.
    pub(crate) verified: Option<Email>,
    /// When they signed in there, if it says so.
    pub(crate) signed_in: Option<Timestamp>,
}

/// Why nobody was identified: for the log of whoever runs the site. CWE-532: neither code nor state nor token, and nothing that the
/// provider wrote but the kind of what is wrong.
#[derive(Debug)]
pub(crate) struct NotIdentified(pub(crate) String);

impl fmt::Display for NotIdentified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
