//! Security events: a closed list, one log line each (ASVS 16.3.3, CWE-778). What is logged never holds a
//! secret, a token, a cookie or a body.

use crate::http::Cx;

macro_rules! events {
    ($($(#[$doc:meta])+ $name:ident = $text:literal),+ $(,)?) => {
        /// Something that a site's owner should know about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SecurityEvent {
            $($(#[$doc])+ $name),+
        }

        impl SecurityEvent {
            /// The name in the log.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// Every event.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

events! {
    /// A host that is not allowed, or none.
    HostRefused = "host_refused",
    /// A forwarded header that a trusted proxy would not send.
    ForwardedRefused = "forwarded_refused",
    /// An unsafe request from another site or without a sign that it is from ours.
    OriginRefused = "origin_refused",
    /// An unsafe request without a token, or with a forged one.
    CsrfTokenRefused = "csrf_token_refused",
    /// An unsafe request whose token was good once.
    CsrfTokenStale = "csrf_token_stale",
    /// Another site tried to load something of ours.
    CrossSiteLoadRefused = "cross_site_load_refused",
    /// An access rule refused.
    AccessRefused = "access_refused",
    /// A policy refused.
    PolicyRefused = "policy_refused",
    /// A request over a limit of size, count or time.
    LimitExceeded = "limit_exceeded",
    /// A signed cookie that we did not sign.
    CookieForged = "cookie_forged",
    /// A session cookie that no session belongs to.
    SessionUnknown = "session_unknown",
    /// A sign-in.
    SignedIn = "signed_in",
    /// A sign-in that failed.
    SignInFailed = "sign_in_failed",
    /// A sign-in that a throttle held back.
    SignInThrottled = "sign_in_throttled",
    /// A sign-out.
    SignedOut = "signed_out",
    /// A new account.
    SignedUp = "signed_up",
    /// A changed password.
    PasswordChanged = "password_changed",
    /// A session ended by somebody else than its owner, or because its account was deactivated.
    SessionRevoked = "session_revoked",
    /// A request that ended in an error of ours.
    InternalError = "internal_error",
}

impl SecurityEvent {
    /// Writes it to the log, with what the request says of itself.
    pub fn log(self, cx: Option<&Cx>) {
        match cx {
            Some(cx) => tracing::warn!(
                target: "vauban::security",
                event = self.name(),
                client = %cx.client_ip(),
                method = %cx.method(),
                path = cx.path(),
                request = cx.request_id(),
                user = cx.user_id(),
                "security event"
            ),
            None => tracing::warn!(target: "vauban::security", event = self.name(), "security event"),
        }
    }
}
