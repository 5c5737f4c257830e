//! The security events of accounts.

use vauban::http::SecurityEvent;

/// A session cookie that no session belongs to.
pub(crate) const SESSION_UNKNOWN: SecurityEvent =
    SecurityEvent::new("session_unknown", "A session cookie that no session belongs to.");
/// A sign-in.
pub(crate) const SIGNED_IN: SecurityEvent = SecurityEvent::new("signed_in", "A sign-in.");
/// A sign-in that failed.
pub(crate) const SIGN_IN_FAILED: SecurityEvent =
    SecurityEvent::new("sign_in_failed", "A sign-in that failed.");
/// A sign-in that a throttle held back.
pub(crate) const SIGN_IN_THROTTLED: SecurityEvent =
    SecurityEvent::new("sign_in_throttled", "A sign-in that a throttle held back.");
/// A sign-out.
pub(crate) const SIGNED_OUT: SecurityEvent = SecurityEvent::new("signed_out", "A sign-out.");
/// A new account.
pub(crate) const SIGNED_UP: SecurityEvent = SecurityEvent::new("signed_up", "A new account.");
/// A mail that a throttle held back.
pub(crate) const MAIL_THROTTLED: SecurityEvent =
    SecurityEvent::new("mail_throttled", "A mail that a throttle held back.");
/// A link to a new password was asked for.
pub(crate) const RESET_ASKED: SecurityEvent =
    SecurityEvent::new("reset_asked", "A link to a new password was asked for.");
/// A changed address.
pub(crate) const EMAIL_CHANGED: SecurityEvent = SecurityEvent::new("email_changed", "A changed address.");
/// A changed password.
pub(crate) const PASSWORD_CHANGED: SecurityEvent =
    SecurityEvent::new("password_changed", "A changed password.");
/// A session ended by somebody else than its owner, or because its account was deactivated.
pub(crate) const SESSION_REVOKED: SecurityEvent = SecurityEvent::new(
    "session_revoked",
    "A session ended by somebody else than its owner, or because its account was deactivated.",
);

/// A permission that was granted.
pub(crate) const PERMISSION_GRANTED: SecurityEvent =
    SecurityEvent::new("permission_granted", "A permission that was granted.");
/// A permission that was revoked.
pub(crate) const PERMISSION_REVOKED: SecurityEvent =
    SecurityEvent::new("permission_revoked", "A permission that was revoked.");

/// All of them.
pub(crate) const ALL: &[SecurityEvent] = &[
    SESSION_UNKNOWN,
    SIGNED_IN,
    SIGN_IN_FAILED,
    SIGN_IN_THROTTLED,
    SIGNED_OUT,
    SIGNED_UP,
    MAIL_THROTTLED,
    RESET_ASKED,
    EMAIL_CHANGED,
    PASSWORD_CHANGED,
    SESSION_REVOKED,
    PERMISSION_GRANTED,
    PERMISSION_REVOKED,
];
