//! Security events: lists that are closed, one log line each (ASVS 16.3.3, CWE-778). What is logged never holds a
//! secret, a token, a cookie or a body.

use super::Request;

/// Something that a site's owner should know about. The framework's own stand here; a module declares further ones
/// and lists them with [`Module::security_events`](crate::Module::security_events).
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::http::SecurityEvent;
/// /// An entry that was taken for spam.
/// const ENTRY_REFUSED: SecurityEvent = SecurityEvent::new("guestbook_entry_refused", "an entry was taken for spam");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecurityEvent {
    name: &'static str,
    about: &'static str,
}

macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        impl SecurityEvent {
            $($(#[doc = $doc])+ pub const $name: Self = Self::new($text, concat!($($doc),+));)+

            /// The framework's own.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

events! {
    /// A host that is not allowed, or none.
    HOST_REFUSED = "host_refused",
    /// A request whose head has two readings: a line that ends without CR, two lengths.
    MALFORMED_REQUEST = "malformed_request",
    /// A forwarded header that a trusted proxy would not send.
    FORWARDED_REFUSED = "forwarded_refused",
    /// An unsafe request from another site or without a sign that it is from ours.
    ORIGIN_REFUSED = "origin_refused",
    /// An unsafe request without a token, or with a forged one.
    CSRF_TOKEN_REFUSED = "csrf_token_refused",
    /// An unsafe request whose token was good once.
    CSRF_TOKEN_STALE = "csrf_token_stale",
    /// Another site tried to load something of ours.
    CROSS_SITE_LOAD_REFUSED = "cross_site_load_refused",
    /// An access rule refused.
    ACCESS_REFUSED = "access_refused",
    /// A policy refused.
    POLICY_REFUSED = "policy_refused",
    /// A request over a limit of size, count or time.
    LIMIT_EXCEEDED = "limit_exceeded",
    /// A signed cookie that we did not sign.
    COOKIE_FORGED = "cookie_forged",
    /// A request that ended in an error of ours.
    INTERNAL_ERROR = "internal_error",
}

impl SecurityEvent {
    /// An event with its name in the log, in lower case with `_`, and what it means.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self { name, about }
    }

    /// The name in the log.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What it means.
    pub const fn about(self) -> &'static str {
        self.about
    }

    /// Writes it to the log, with what the request says of itself.
    pub fn log(self, cx: Option<&Request>) {
        self.log_of(cx, None);
    }

    /// The same, and what it happened to: by ids and names of the program's own, and nothing that a client sent (CWE-117, CWE-532).
    pub fn log_of(self, cx: Option<&Request>, what: Option<&str>) {
        match cx {
            Some(cx) => tracing::warn!(
                target: "vauban::security",
                event = self.name(),
                client = %cx.client,
                method = %cx.method,
                path = cx.logged_path(),
                request = cx.request_id(),
                user = cx.identity.user_id(),
                what,
                "security event"
            ),
            None => tracing::warn!(target: "vauban::security", event = self.name(), what, "security event"),
        }
    }
}
