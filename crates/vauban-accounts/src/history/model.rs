//! The rows of what happened to accounts. Nobody may see or change them but the store.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

macro_rules! happened {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal, $says:literal;)+) => {
        /// What may happen to an account. CWE-532: kinds, and no text of anybody's: neither token nor password nor address has a place.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(feature = "passkeys"), allow(dead_code))]
        pub(crate) enum Happened { $($(#[$doc])+ $kind,)+ }

        impl Happened {
            /// What rows call it.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// What its account's owner reads; of a newer release's kind its name.
            pub(crate) fn says(name: &str) -> &str {
                match name { $($name => $says,)+ other => other }
            }
        }
    };
}

happened! {
    /// The account was made.
    SignedUp = "signed_up", "The account was made";
    /// Somebody signed in from a browser that had not done so before.
    NewDevice = "new_device", "Signed in from a new device";
    /// The password was changed by who knew the old one.
    PasswordChanged = "password_changed", "Password changed";
    /// A new password was chosen behind the link of a mail.
    PasswordReset = "password_reset", "New password chosen, by the link of a mail";
    /// An authenticator app was added.
    FactorAdded = "factor_added", "Authenticator app added";
    /// It was removed, by its owner.
    FactorRemoved = "factor_removed", "Authenticator app removed";
    /// A passkey was added.
    PasskeyAdded = "passkey_added", "Passkey added";
    /// One was removed, by its owner.
    PasskeyRemoved = "passkey_removed", "Passkey removed";
    /// Every factor was removed by the command `factors reset`.
    FactorReset = "factor_reset", "Second factor removed, by the people who run the site";
    /// New recovery codes were made.
    RecoveryCodesMade = "recovery_codes_made", "New recovery codes made";
    /// A sign-in at a provider opens it from now on.
    #[cfg_attr(not(feature = "oidc"), allow(dead_code))]
    ProviderLinked = "provider_linked", "Linked to a sign-in elsewhere";
    /// It does so no more.
    #[cfg_attr(not(feature = "oidc"), allow(dead_code))]
    ProviderUnlinked = "provider_unlinked", "A link to a sign-in elsewhere removed";
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code_used", "Signed in with a recovery code";
    /// The address is another one.
    EmailChanged = "email_changed", "E-mail address changed";
    /// The command `createsuperuser`.
    MadeSuperuser = "made_superuser", "Made an administrator with a new password, by the people who run the site";
    /// A file of its owner's data was asked for.
    DataAsked = "data_asked", "A file of your data was asked for";
    /// The account was to be deleted.
    DeletionAsked = "deletion_asked", "The account was to be deleted";
    /// It is not any more, by the link of the mail.
    DeletionTakenBack = "deletion_taken_back", "The account stays, by the link of a mail";
    /// One session was ended from another.
    SessionEnded = "session_ended", "Signed out on another device";
    /// All sessions but one were ended.
    OthersEnded = "others_ended", "Signed out everywhere else";
    /// An administrator ended all of its sessions.
    EndedByAdministrator = "ended_by_administrator", "Signed out everywhere, by the people who run the site";
    /// A token of a remembered session was used after it had been renewed.
    OldTokenUsed = "old_token_used", "An old copy of a sign-in was used, so that sign-in was ended";
    /// An invitation to a tenant was accepted.
    Joined = "joined", "Accepted an invitation";
    /// Somebody gave the account another role in a tenant.
    RoleChanged = "role_changed", "Given another role in something it belongs to";
    /// It belongs to a tenant no more.
    MembershipEnded = "membership_ended", "Left something it belonged to, or was removed";
}

/// Something that happened to an account.
#[derive(Model, Clone)]
#[model(table = "vauban_account_event", index(account, at))]
pub(crate) struct AccountEvent {
    #[field(random)]
    pub(crate) id: Id<AccountEvent>,
    /// Whose account.
    pub(crate) account: Uuid,
    /// [`Happened::name`].
    #[field(max_length = 30)]
    pub(crate) what: String,
    pub(crate) at: DateTime,
    /// In which browser, and from which network: of whoever did it.
    #[field(max_length = 40)]
    pub(crate) device: String,
    #[field(max_length = 50)]
    pub(crate) network: String,
}

impl Policy for AccountEvent {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the store only.
        Rules::none()
    }
}
