//! The mails of accounts. Each says why it came, and what to do if one did not ask for it.

use vauban::AbsoluteUrl;
use vauban::orm::DateTime;
use vauban_mail::Mail;

/// To an address without an account, from which somebody signs up.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }}", template = "accounts/mail/sign_up", crate = vauban_mail)]
pub(crate) struct SignUpMail {
    pub(crate) site: String,
    pub(crate) link: AbsoluteUrl,
    pub(crate) lifetime: String,
}

/// To whoever is invited to a tenant.
#[derive(Mail)]
#[mail(subject = "Your invitation at {{ site }}", template = "accounts/mail/invitation", crate = vauban_mail)]
pub(crate) struct InvitationMail {
    pub(crate) site: String,
    pub(crate) tenant: String,
    pub(crate) inviter: String,
    pub(crate) role: String,
    pub(crate) link: AbsoluteUrl,
    pub(crate) lifetime: String,
}

/// To an address that has an account, for which somebody signs up.
#[derive(Mail)]
#[mail(subject = "You have an account at {{ site }}", template = "accounts/mail/has_account", crate = vauban_mail)]
pub(crate) struct HasAccountMail {
    pub(crate) site: String,
    pub(crate) sign_in: AbsoluteUrl,
    pub(crate) link: AbsoluteUrl,
    pub(crate) lifetime: String,
}

/// To an address that has an account, whose password somebody has forgotten.
#[derive(Mail)]
#[mail(subject = "A new password for {{ site }}", template = "accounts/mail/reset", crate = vauban_mail)]
pub(crate) struct ResetMail {
    pub(crate) site: String,
    pub(crate) link: AbsoluteUrl,
    pub(crate) lifetime: String,
}

/// To an address without an account that may be used, whose password somebody has forgotten.
#[derive(Mail)]
#[mail(subject = "No account at {{ site }}", template = "accounts/mail/no_account", crate = vauban_mail)]
pub(crate) struct NoAccountMail {
    pub(crate) site: String,
}

/// To the new address of an account.
#[derive(Mail)]
#[mail(subject = "Your new address at {{ site }}", template = "accounts/mail/new_email", crate = vauban_mail)]
pub(crate) struct NewEmailMail {
    pub(crate) site: String,
    pub(crate) link: AbsoluteUrl,
    pub(crate) lifetime: String,
}

/// To an address that is to be somebody's new one, and is another account's.
#[derive(Mail)]
#[mail(subject = "Your address at {{ site }}", template = "accounts/mail/taken_email", crate = vauban_mail)]
pub(crate) struct TakenEmailMail {
    pub(crate) site: String,
}

/// To the address that an account has, when it is to be another one, and when it is.
#[derive(Mail)]
#[mail(subject = "The address of your account at {{ site }}", template = "accounts/mail/old_email", crate = vauban_mail)]
pub(crate) struct OldEmailMail {
    pub(crate) site: String,
    pub(crate) email: String,
    pub(crate) is_done: bool,
    pub(crate) reset: AbsoluteUrl,
}

/// To whoever wants their account deleted.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }} will be deleted", template = "accounts/mail/deletion", crate = vauban_mail)]
pub(crate) struct DeletionMail {
    pub(crate) site: String,
    pub(crate) day: String,
    pub(crate) link: AbsoluteUrl,
}

/// To whoever's account was to be deleted, and cannot be.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }} was not deleted", template = "accounts/mail/not_deleted", crate = vauban_mail)]
pub(crate) struct KeptMail {
    pub(crate) site: String,
}

/// To whoever's account is deleted.
#[derive(Mail)]
#[mail(subject = "Your account at {{ site }} was deleted", template = "accounts/mail/deleted", crate = vauban_mail)]
pub(crate) struct DeletedMail {
    pub(crate) site: String,
}

/// To whoever's password was changed.
#[derive(Mail)]
#[mail(subject = "Your password at {{ site }} was changed", template = "accounts/mail/password_changed", crate = vauban_mail)]
pub(crate) struct PasswordChangedMail {
    pub(crate) site: String,
    pub(crate) reset: AbsoluteUrl,
}

/// To the owner of an account that somebody has signed in to from a browser that had not done so before.
#[derive(Mail)]
#[mail(subject = "A new sign-in at {{ site }}", template = "accounts/mail/new_device", crate = vauban_mail)]
pub(crate) struct NewDeviceMail {
    pub(crate) site: String,
    pub(crate) device: String,
    pub(crate) network: String,
    pub(crate) at: DateTime,
    pub(crate) security: AbsoluteUrl,
    pub(crate) reset: AbsoluteUrl,
}
