//! The mails of accounts. Each says why it came, and what to do if one did not ask for it.
//!
//! A site writes one of its own in place of any: a mail that is made [`From`] ours, with the same values, wired by one line,
//! `App::mail::<accounts::mails::ResetMail, NewPassword>()`. It has every address that ours has, in its text and in its HTML:
//! while developing and in tests, one that lacks one is not sent.

use vauban::AbsoluteUrl;
use vauban::orm::DateTime;
use vauban_mail::Mail;

/// To an address without an account, from which somebody signs up.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }}", template = "accounts/mail/sign_up", replaceable, crate = vauban_mail)]
pub struct SignUpMail {
    /// What the site is called.
    pub site: String,
    /// Where it is done: it works once.
    pub link: AbsoluteUrl,
    /// For how long the link works: `1 hour`.
    pub lifetime: String,
}

/// To whoever is invited to a tenant.
#[derive(Mail)]
#[mail(subject = "Your invitation at {{ site }}", template = "accounts/mail/invitation", replaceable, crate = vauban_mail)]
pub struct InvitationMail {
    /// What the site is called.
    pub site: String,
    /// What the tenant is called.
    pub tenant: String,
    /// What whoever invites is called.
    pub inviter: String,
    /// The role, as people call it.
    pub role: String,
    /// Where it is accepted: it works once.
    pub link: AbsoluteUrl,
    /// For how long the link works: `7 days`.
    pub lifetime: String,
}

/// To an owner of a tenant: somebody joined it, or is an owner now, or is none any more.
#[derive(Mail)]
#[mail(subject = "The members of what you own at {{ site }}", template = "accounts/mail/members_changed", replaceable, crate = vauban_mail)]
pub struct MembersChangedMail {
    /// What the site is called.
    pub site: String,
    /// What happened, as a sentence without its full stop.
    pub says: String,
}

/// To an address that has an account, for which somebody signs up.
#[derive(Mail)]
#[mail(subject = "You have an account at {{ site }}", template = "accounts/mail/has_account", replaceable, crate = vauban_mail)]
pub struct HasAccountMail {
    /// What the site is called.
    pub site: String,
    /// The page for signing in.
    pub sign_in: AbsoluteUrl,
    /// Where it is done: it works once.
    pub link: AbsoluteUrl,
    /// For how long the link works: `1 hour`.
    pub lifetime: String,
}

/// To an address that has an account, whose password somebody has forgotten.
#[derive(Mail)]
#[mail(subject = "A new password for {{ site }}", template = "accounts/mail/reset", replaceable, crate = vauban_mail)]
pub struct ResetMail {
    /// What the site is called.
    pub site: String,
    /// Where it is done: it works once.
    pub link: AbsoluteUrl,
    /// For how long the link works: `1 hour`.
    pub lifetime: String,
}

/// To an address without an account that may be used, whose password somebody has forgotten.
#[derive(Mail)]
#[mail(subject = "No account at {{ site }}", template = "accounts/mail/no_account", replaceable, crate = vauban_mail)]
pub struct NoAccountMail {
    /// What the site is called.
    pub site: String,
}

/// To the new address of an account.
#[derive(Mail)]
#[mail(subject = "Your new address at {{ site }}", template = "accounts/mail/new_email", replaceable, crate = vauban_mail)]
pub struct NewEmailMail {
    /// What the site is called.
    pub site: String,
    /// Where it is done: it works once.
    pub link: AbsoluteUrl,
    /// For how long the link works: `1 hour`.
    pub lifetime: String,
}

/// To an address that is to be somebody's new one, and is another account's.
#[derive(Mail)]
#[mail(subject = "Your address at {{ site }}", template = "accounts/mail/taken_email", replaceable, crate = vauban_mail)]
pub struct TakenEmailMail {
    /// What the site is called.
    pub site: String,
}

/// To the address that an account has, when it is to be another one, and when it is.
#[derive(Mail)]
#[mail(subject = "The address of your account at {{ site }}", template = "accounts/mail/old_email", replaceable, crate = vauban_mail)]
pub struct OldEmailMail {
    /// What the site is called.
    pub site: String,
    /// The address that the account has from now on.
    pub email: String,
    /// It is the account's now; else it is to be.
    pub is_done: bool,
    /// Where a new password is asked for.
    pub reset: AbsoluteUrl,
}

/// To whoever wants their account deleted.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }} will be deleted", template = "accounts/mail/deletion", replaceable, crate = vauban_mail)]
pub struct DeletionMail {
    /// What the site is called.
    pub site: String,
    /// `4 December 2026`.
    pub day: String,
    /// Where it is done: it works once.
    pub link: AbsoluteUrl,
}

/// To whoever's account was to be deleted, and cannot be.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }} was not deleted", template = "accounts/mail/not_deleted", replaceable, crate = vauban_mail)]
pub struct KeptMail {
    /// What the site is called.
    pub site: String,
}

/// To whoever's account is deleted.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }} was deleted", template = "accounts/mail/deleted", replaceable, crate = vauban_mail)]
pub struct DeletedMail {
    /// What the site is called.
    pub site: String,
}

/// To whoever's password was changed.
#[derive(Mail)]
#[mail(subject = "Your password at {{ site }} was changed", template = "accounts/mail/password_changed", replaceable, crate = vauban_mail)]
pub struct PasswordChangedMail {
    /// What the site is called.
    pub site: String,
    /// Where a new password is asked for.
    pub reset: AbsoluteUrl,
}

/// To whoever has to have a second factor, and adds one.
#[derive(Mail)]
#[mail(subject = "Add a second factor at {{ site }}", template = "accounts/mail/factor_link", replaceable, crate = vauban_mail)]
pub struct FactorLinkMail {
    /// What the site is called.
    pub site: String,
    /// Where it is done: it works once.
    pub link: AbsoluteUrl,
    /// For how long the link works: `1 hour`.
    pub lifetime: String,
}

/// To whoever's second factor was added or removed, or whose recovery codes are others.
#[derive(Mail)]
#[mail(subject = "The second factor of your account at {{ site }}", template = "accounts/mail/factor_changed", replaceable, crate = vauban_mail)]
pub struct FactorChangedMail {
    /// What the site is called.
    pub site: String,
    /// What happened, as a sentence.
    pub says: String,
    /// The page that says what happened to the account.
    pub security: AbsoluteUrl,
    /// Where a new password is asked for.
    pub reset: AbsoluteUrl,
}

/// To whoever's account is opened by an identity at a provider of single sign-on from now on, or by it no more.
#[cfg(feature = "oidc")]
#[derive(Mail)]
#[mail(subject = "The ways into your account at {{ site }}", template = "accounts/mail/link_changed", replaceable, crate = vauban_mail)]
pub struct LinkChangedMail {
    /// What the site is called.
    pub site: String,
    /// What happened, as a sentence.
    pub says: String,
    /// The page that says what happened to the account.
    pub security: AbsoluteUrl,
    /// Where a new password is asked for.
    pub reset: AbsoluteUrl,
}

/// To whoever's recovery code was used.
#[derive(Mail)]
#[mail(subject = "A recovery code was used at {{ site }}", template = "accounts/mail/recovery_used", replaceable, crate = vauban_mail)]
pub struct RecoveryUsedMail {
    /// What the site is called.
    pub site: String,
    /// How many are left.
    pub left: u64,
    /// The page that says what happened to the account.
    pub security: AbsoluteUrl,
    /// Where a new password is asked for.
    pub reset: AbsoluteUrl,
}

/// To the owner of an account that somebody has signed in to from a browser that had not done so before.
#[derive(Mail)]
#[mail(subject = "A new sign-in at {{ site }}", template = "accounts/mail/new_device", replaceable, crate = vauban_mail)]
pub struct NewDeviceMail {
    /// What the site is called.
    pub site: String,
    /// What the browser calls itself.
    pub device: String,
    /// The network that it came from.
    pub network: String,
    /// When it happened, by the server's clock.
    pub at: DateTime,
    /// The page that says what happened to the account.
    pub security: AbsoluteUrl,
    /// Where a new password is asked for.
    pub reset: AbsoluteUrl,
}
