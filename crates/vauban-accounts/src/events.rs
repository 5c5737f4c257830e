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
/// A second factor that was added.
pub(crate) const FACTOR_ADDED: SecurityEvent =
    SecurityEvent::new("factor_added", "A second factor that was added.");
/// A second factor that was removed.
pub(crate) const FACTOR_REMOVED: SecurityEvent =
    SecurityEvent::new("factor_removed", "A second factor that was removed.");
/// A code of a second factor that was wrong.
pub(crate) const FACTOR_FAILED: SecurityEvent =
    SecurityEvent::new("factor_failed", "A code of a second factor that was wrong.");
/// A passkey whose counter did not go on: it may have been copied.
pub(crate) const PASSKEY_COUNTER_BACK: SecurityEvent = SecurityEvent::new(
    "passkey_counter_back",
    "A passkey whose counter did not go on: it may have been copied.",
);
/// An identity at a provider of single sign-on that was linked.
pub(crate) const PROVIDER_LINKED: SecurityEvent = SecurityEvent::new(
    "provider_linked",
    "An identity at a provider of single sign-on that was linked.",
);
/// One that was unlinked.
pub(crate) const PROVIDER_UNLINKED: SecurityEvent = SecurityEvent::new(
    "provider_unlinked",
    "An identity at a provider of single sign-on that was unlinked.",
);
/// A recovery code that was used.
pub(crate) const RECOVERY_CODE_USED: SecurityEvent =
    SecurityEvent::new("recovery_code_used", "A recovery code that was used.");
/// A session ended by somebody else than its owner, or because its account was deactivated.
pub(crate) const SESSION_REVOKED: SecurityEvent = SecurityEvent::new(
    "session_revoked",
    "A session ended by somebody else than its owner, or because its account was deactivated.",
);
/// A token of a remembered session that had been renewed: it was copied, and the session is ended.
pub(crate) const OLD_TOKEN_USED: SecurityEvent = SecurityEvent::new(
    "old_token_used",
    "A token of a remembered session that had been renewed: it was copied, and the session is ended.",
);
/// Somebody ended sessions of their own.
pub(crate) const SESSIONS_ENDED: SecurityEvent =
    SecurityEvent::new("sessions_ended", "Somebody ended sessions of their own.");

/// A person's data was asked for.
pub(crate) const DATA_ASKED: SecurityEvent =
    SecurityEvent::new("data_asked", "A person's data was asked for.");
/// A person's data was fetched.
pub(crate) const DATA_FETCHED: SecurityEvent =
    SecurityEvent::new("data_fetched", "A person's data was fetched.");
/// An account is to be deleted.
pub(crate) const DELETION_ASKED: SecurityEvent =
    SecurityEvent::new("deletion_asked", "An account is to be deleted.");
/// An account is not to be deleted any more.
pub(crate) const DELETION_TAKEN_BACK: SecurityEvent =
    SecurityEvent::new("deletion_taken_back", "An account is not to be deleted any more.");
/// An account that was to be deleted cannot be, and stays.
pub(crate) const DELETION_RELEASED: SecurityEvent = SecurityEvent::new(
    "deletion_released",
    "An account that was to be deleted cannot be, and stays.",
);
/// An account was deleted.
pub(crate) const ERASED: SecurityEvent = SecurityEvent::new("account_deleted", "An account was deleted.");

/// A permission that was granted.
pub(crate) const PERMISSION_GRANTED: SecurityEvent =
    SecurityEvent::new("permission_granted", "A permission that was granted.");
/// A permission that was revoked.
pub(crate) const PERMISSION_REVOKED: SecurityEvent =
    SecurityEvent::new("permission_revoked", "A permission that was revoked.");

/// Somebody was invited to a tenant.
pub(crate) const INVITATION_SENT: SecurityEvent =
    SecurityEvent::new("invitation_sent", "Somebody was invited to a tenant.");
/// An invitation was accepted.
pub(crate) const INVITATION_ACCEPTED: SecurityEvent =
    SecurityEvent::new("invitation_accepted", "An invitation was accepted.");
/// A member's role is another one.
pub(crate) const ROLE_CHANGED: SecurityEvent =
    SecurityEvent::new("role_changed", "A member's role is another one.");
/// A member left a tenant, or was removed.
pub(crate) const MEMBERSHIP_ENDED: SecurityEvent =
    SecurityEvent::new("membership_ended", "A member left a tenant, or was removed.");

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
    FACTOR_ADDED,
    FACTOR_REMOVED,
    FACTOR_FAILED,
    PASSKEY_COUNTER_BACK,
    RECOVERY_CODE_USED,
    PROVIDER_LINKED,
    PROVIDER_UNLINKED,
    SESSION_REVOKED,
    OLD_TOKEN_USED,
    SESSIONS_ENDED,
    DATA_ASKED,
    DATA_FETCHED,
    DELETION_ASKED,
    DELETION_TAKEN_BACK,
    DELETION_RELEASED,
    ERASED,
    PERMISSION_GRANTED,
    PERMISSION_REVOKED,
    INVITATION_SENT,
    INVITATION_ACCEPTED,
    ROLE_CHANGED,
    MEMBERSHIP_ENDED,
];
