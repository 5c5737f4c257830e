//! What became of a try.

/// Why a mail was not sent, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// For now: it is tried again.
    Later(String),
    /// The server will not have it: trying again changes nothing.
    Never(String),
    /// The server had all of it and did not answer: it may have been sent.
    Unsure(String),
}

impl Unsent {
    /// In words, which hold no credentials.
    pub(crate) fn told(&self) -> &str {
        match self {
            Self::Later(told) | Self::Never(told) | Self::Unsure(told) => told,
        }
    }
}

/// What a server said, as it may be stored: one line, cut, without what was sent to it (CWE-117, CWE-532).
pub(crate) fn said(text: &str) -> String {
    crate::letter::Line::cleaned(text, 300).to_string()
}
