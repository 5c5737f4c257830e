//! Where pages lead to passkeys, on a site that has them.

use vauban::Url;

use crate::params::AccountPages;

/// A page of passkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "passkeys"), allow(dead_code))]
pub(super) enum PasskeyPages {
    /// The list.
    List,
    /// Signing in by one alone.
    SignIn,
    /// One as second proof.
    Second,
    /// Proving again who one is.
    Confirm,
}

impl AccountPages {
    /// Its address; `None` where the site has no passkeys.
    #[cfg(feature = "passkeys")]
    pub(super) fn passkey_page(&self, page: PasskeyPages) -> Option<Url> {
        use crate::passkeys as urls;
        self.accounts.has_passkeys.then(|| match page {
            PasskeyPages::List => urls::list(),
            PasskeyPages::SignIn => urls::sign_in(),
            PasskeyPages::Second => urls::second(),
            PasskeyPages::Confirm => urls::confirm(),
        })
    }

    /// Its address: there is none in this build.
    #[cfg(not(feature = "passkeys"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn passkey_page(&self, _: PasskeyPages) -> Option<Url> {
        None
    }
}
