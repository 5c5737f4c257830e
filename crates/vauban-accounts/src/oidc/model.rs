//! The rows of single sign-on. They are there whether the feature is on or not, so that no build forgets to erase them. Nobody may see or
//! change them but their stores.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::{Columns, DateTime, Encrypted, Id, Policy, Rules, Who};

use crate::sessions::TokenHash;

/// An identity at a provider by which somebody signs in.
///
/// CWE-287, ASVS 6.8.1, 10.5.2: it is the issuer and the subject, which a provider gives to nobody else; never the address, which one may
/// give to whoever likes.
#[derive(Model, Clone)]
#[model(table = "vauban_provider_link", unique(issuer, subject))]
pub(crate) struct ProviderLinkRow {
    #[field(random)]
    pub(crate) id: Id<ProviderLinkRow>,
    #[field(index)]
    pub(crate) user: Uuid,
    #[field(max_length = 255)]
    pub(crate) issuer: String,
    #[field(max_length = 255)]
    pub(crate) subject: String,
    pub(crate) added: DateTime,
    pub(crate) used: Option<DateTime>,
    /// When it was removed. CWE-287: the row stays, and opens nothing, so that no verified address links by itself what its owner took away,
    /// nor another subject of the same provider.
    pub(crate) removed: Option<DateTime>,
}

/// A sign-in that has been sent to a provider and has not come back. It is no session, and opens nothing.
#[derive(Model, Clone)]
#[model(table = "vauban_begun_sign_in")]
pub(crate) struct BegunRow {
    #[field(random)]
    pub(crate) id: Id<BegunRow>,
    /// SHA-256 of what the provider gives back.
    #[field(unique)]
    pub(crate) state: TokenHash,
    /// SHA-256 of the token in the cookie of the browser that began it.
    pub(crate) browser: TokenHash,
    /// The name of the provider that it was sent to.
    #[field(max_length = 30)]
    pub(crate) provider: String,
    /// What its ID token has to say (CWE-522: whoever reads the table takes part in no sign-in).
    #[field(encrypted = "vauban.oidc.nonce", max_length = 43)]
    pub(crate) nonce: Encrypted<String>,
    /// What its code is exchanged with.
    #[field(encrypted = "vauban.oidc.verifier", max_length = 43)]
    pub(crate) verifier: Encrypted<String>,
    /// What it is for.
    #[field(max_length = 10)]
    pub(crate) purpose: String,
    /// Who is signed in and began it; the nil UUID where nobody was.
    #[field(index)]
    pub(crate) user: Uuid,
    /// Where to go on afterwards: an address of this site, or nothing.
    #[field(max_length = 1000)]
    pub(crate) next: String,
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
closed!(ProviderLinkRow BegunRow);
