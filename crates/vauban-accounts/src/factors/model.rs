//! The rows behind second factors. Nobody may see or change them but their stores.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Encrypted, Id, Policy, Rules, Who};

use crate::links::Epoch;
use crate::sessions::TokenHash;

/// An account's authenticator app.
#[derive(Model, Clone)]
#[model(table = "vauban_totp")]
pub(crate) struct TotpRow {
    #[field(random)]
    pub(crate) id: Id<TotpRow>,
    /// Whose it is: one each.
    #[field(unique)]
    pub(crate) user: Uuid,
    /// 160 random bits that the app has, too (CWE-522: whoever reads the table makes no codes).
    #[field(encrypted = "vauban.totp.secret", max_length = 20)]
    pub(crate) secret: Encrypted<Vec<u8>>,
    /// The step of the code that was right last: no code of it or of one before it is right again (CWE-294).
    pub(crate) last_step: i64,
    /// Codes that were wrong, less those that were right.
    pub(crate) failed: i64,
    pub(crate) added: DateTime,
}

/// A recovery code that was not used yet.
#[derive(Model, Clone)]
#[model(table = "vauban_recovery_code")]
pub(crate) struct RecoveryRow {
    #[field(random)]
    pub(crate) id: Id<RecoveryRow>,
    #[field(index)]
    pub(crate) user: Uuid,
    /// SHA-256 of the code: nobody can guess 128 random bits, so a fast hash is right (ASVS 6.5.2).
    #[field(unique)]
    pub(crate) code: TokenHash,
}

/// Somebody whose password was right, or of whom a provider said who they are, and whose second proof is still to come. It is no session (CWE-308).
#[derive(Model, Clone)]
#[model(table = "vauban_half_sign_in")]
pub(crate) struct HalfRow {
    #[field(random)]
    pub(crate) id: Id<HalfRow>,
    /// SHA-256 of the token in the cookie.
    #[field(unique)]
    pub(crate) token: TokenHash,
    #[field(index)]
    pub(crate) user: Uuid,
    /// What password and address were: it dies with them (CWE-613).
    pub(crate) epoch: Epoch,
    #[field(index)]
    pub(crate) expires: DateTime,
    /// Codes that were wrong.
    pub(crate) tries: i64,
    /// Whether they want to stay signed in.
    pub(crate) remember: bool,
    /// What is to be said of the password, which is gone by then.
    #[field(max_length = 10)]
    pub(crate) advice: String,
    /// Whether a provider of single sign-on said who they are, and no password.
    #[field(default = false)]
    pub(crate) by_oidc: bool,
}

/// A passkey of an account: what its authenticator signs is verified with this. The rows are there with and without the feature `passkeys`, so
/// that a database has one history, and whoever has one does not sign in by a password alone where it is off.
#[derive(Model, Clone)]
#[model(table = "vauban_passkey")]
#[cfg_attr(not(feature = "passkeys"), allow(dead_code))]
pub(crate) struct PasskeyRow {
    #[field(random)]
    pub(crate) id: Id<PasskeyRow>,
    #[field(index)]
    pub(crate) user: Uuid,
    /// By what its authenticator knows it. CWE-287: no two accounts have the same one.
    #[field(unique, max_length = 1023)]
    pub(crate) credential: Vec<u8>,
    /// Its public key and what is known of it, as JSON: no secret is here.
    #[field(max_length = 8192)]
    pub(crate) key: String,
    /// How often it has signed, as far as its authenticator counts.
    pub(crate) counter: i64,
    /// What its owner calls it.
    #[field(max_length = 60)]
    pub(crate) name: String,
    pub(crate) added: DateTime,
    /// When it last signed somebody in, or proved who they are.
    pub(crate) used: Option<DateTime>,
}

/// A challenge that an authenticator is asked to sign: good once, for a few minutes, in the browser that asked (CWE-294).
#[derive(Model, Clone)]
#[model(table = "vauban_passkey_challenge")]
#[cfg_attr(not(feature = "passkeys"), allow(dead_code))]
pub(crate) struct PasskeyChallengeRow {
    #[field(random)]
    pub(crate) id: Id<PasskeyChallengeRow>,
    /// SHA-256 of the token in the cookie.
    #[field(unique)]
    pub(crate) token: TokenHash,
    /// What it is for, and for nothing else.
    #[field(max_length = 10)]
    pub(crate) purpose: String,
    /// Whose it is; nil where somebody signs in by the passkey alone, and nobody knows yet.
    #[field(index)]
    pub(crate) user: Uuid,
    /// The challenge, and what was asked with it, as JSON.
    #[field(max_length = 40_000)]
    pub(crate) state: String,
    #[field(index)]
    pub(crate) expires: DateTime,
}

macro_rules! closed {
    ($($model:ident)+) => { $(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                // CWE-639: reached by the stores only.
                Rules::none()
            }
        }
    )+ };
}
closed!(TotpRow RecoveryRow HalfRow PasskeyRow PasskeyChallengeRow);
