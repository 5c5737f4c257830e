//! What a test's client got.

use ::http::{HeaderMap, StatusCode};

/// An answer, with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) method: ::http::Method,
    pub(super) path: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) events: Vec<String>,
}

impl Answer {
    /// The status as a number.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header's value, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where it redirects to.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// The security events that the request caused, by their names in the log.
    pub fn events(&self) -> &[String] {
        &self.events
    }

    /// The status is this one.
    ///
    /// # Panics
    /// If not, with the answer.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert!(self.status() == status, "expected {status}, got {}", self.shown());
        self
    }

    /// The body has this text.
    ///
    /// # Panics
    /// If not, with the answer.
    #[track_caller]
    pub fn assert_contains(&self, text: &str) -> &Self {
        assert!(self.text().contains(text), "`{text}` is not in {}", self.shown());
        self
    }

    /// The body does not have this text.
    ///
    /// # Panics
    /// If it has, with the answer.
    #[track_caller]
    pub fn assert_lacks(&self, text: &str) -> &Self {
        assert!(!self.text().contains(text), "`{text}` is in {}", self.shown());
        self
    }

    /// It redirects there.
    ///
    /// # Panics
    /// If not, with the answer.
    #[track_caller]
    pub fn assert_redirects_to(&self, location: &str) -> &Self {
        let there = self.status.is_redirection() && self.location() == Some(location);
        assert!(there, "expected a redirect to {location}, got {}", self.shown());
        self
    }

    /// The answer for a failure's text.
    pub(super) fn shown(&self) -> String {
        let text = self.text();
        let start: String = text.chars().take(600).collect();
        let to = self
            .location()
            .map(|location| format!(" → {location}"))
            .unwrap_or_default();
        let events = if self.events.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.events.join(", "))
        };
        format!(
            "{} {}: {}{to}{events}\n{start}",
            self.method, self.path, self.status
        )
    }
}
