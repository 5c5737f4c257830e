//! Keys: one secret in the settings, one derived key per purpose (RFC 5869).

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

use super::root::{Root, keyed};
use super::{Sealer, Signer, SigningKey};
use crate::settings::Secret;

/// The site's secret keys: the current one signs, the fallbacks only check.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(super) roots: Vec<Root>,
}

impl Keys {
    /// From the settings `secret_key` and `secret_key_fallbacks`. Whether they are strong enough is the
    /// settings' check.
    pub(crate) fn new(secret: &[u8], fallbacks: &[&[u8]]) -> Self {
        Self {
            roots: std::iter::once(secret)
                .chain(fallbacks.iter().copied())
                .map(Root::extract)
                .collect(),
        }
    }

    /// Fresh random keys, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn random() -> Self {
        let mut secret = Zeroizing::new([0u8; 32]);
        rand::fill(&mut secret[..]);
        Self::new(&secret[..], &[])
    }

    /// The keys of what belongs to the whole site. CWE-345: a module that is called like the package has not these,
    /// for no module's name is empty.
    pub(crate) fn of_site(&self) -> ModuleKeys {
        self.of_module("")
    }

    /// The keys of a module: no purpose of theirs is the framework's or another module's.
    pub(crate) fn of_module(&self, module: &'static str) -> ModuleKeys {
        ModuleKeys {
            keys: self.clone(),
            module,
        }
    }

    /// Signs and checks tokens of one purpose. A token of one purpose is nothing to any other.
    pub(crate) fn signer(&self, purpose: impl Into<Cow<'static, str>>) -> Signer {
        let purpose = purpose.into();
        let keys = self
            .roots
            .iter()
            .map(|root| SigningKey {
                id: root.id,
                mac: keyed(&root.expand(b"sign ", &purpose)[..]),
            })
            .collect();
        Signer { purpose, keys }
    }

    /// A key of 32 bytes for another use, derived from the current secret for one purpose.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.roots
            .first()
            .map(|root| root.expand(b"key ", purpose))
            .unwrap_or_default()
    }
}

/// The keys of one module, or of the site itself: the same secret, purposes of its own (CWE-345: what one part of a
/// program signs means nothing to another).
///
/// A module's parts are given them when they are made ([`Wiring::keys`](crate::module::Wiring::keys)), and its commands
/// ([`Run::keys`](crate::commands::Run::keys)). A view has those of the parts that it can name, and no others:
///
/// ```compile_fail,E0624
/// fn forge(cx: &vauban_core::Request) {
///     let keys = cx.site().keys();
/// }
/// ```
#[derive(Clone)]
pub struct ModuleKeys {
    keys: Keys,
    module: &'static str,
}

impl ModuleKeys {
    /// Fresh random keys, for tests of a module below HTTP.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn random() -> Self {
        Keys::random().of_module("test")
    }

    /// Keys of a secret of the module's own, where the site's is the wrong one: what they made outlives `secret_key`, or is not to be
    /// opened by it.
    pub fn of_secret(module: &'static str, secret: &Secret<String>) -> Self {
        Keys::new(secret.expose().as_bytes(), &[]).of_module(module)
    }

    /// Signs and checks tokens of one purpose.
    pub fn signer(&self, purpose: &str) -> Signer {
        self.keys.signer(self.own(purpose))
    }

    /// Seals and opens bytes of one purpose.
    pub fn sealer(&self, purpose: &str) -> Sealer {
        Sealer::new(self.own(purpose).into(), self.keys.roots.clone())
    }

    /// A key of 32 bytes for another use.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.keys.derive(&self.own(purpose))
    }

    /// The framework's purposes begin with a letter. The length keeps `a` + `b/c` and `a/b` + `c` apart.
    fn own(&self, purpose: &str) -> String {
        format!("{}/{}/{purpose}", self.module.len(), self.module)
    }
}

impl fmt::Debug for ModuleKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ModuleKeys").field(&self.module).finish()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.roots.len())
    }
}
