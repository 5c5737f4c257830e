//! A value that must not leave the program by accident.

use std::fmt;
use zeroize::Zeroize;

use super::strength::weakness;

/// A secret: a key, a password, a token.
///
/// It has no `Debug`, no `Display`, no `Serialize` and no `PartialEq`, so printing, logging, serialising or
/// comparing it in variable time does not compile. Its memory is wiped when it is dropped.
///
/// Only Vauban's own sources make one: the environment, a secret file, a password field of a form. There is
/// deliberately no public constructor from a literal (CWE-798).
///
/// Source: ASVS 5.0 v5.0.0-13.3.1, v5.0.0-14.2.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value that a source has just read.
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Wraps a value of a test.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn for_test(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one call that needs it. Do not store or print what this returns.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl Secret<String> {
    /// Why it is too weak for a key, in words that do not repeat it; `None` if it is strong enough.
    pub fn weakness(&self) -> Option<String> {
        weakness(&self.0)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        // CWE-316: no copy of a key stays in freed memory.
        self.0.zeroize();
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The key that signs and seals, as the settings give it. It can be judged; only the framework reads it, to derive the
/// keys of each purpose: who has it makes any token of the site (CWE-321, CWE-347).
#[derive(Clone)]
pub struct SecretKey(Secret<String>);

impl SecretKey {
    /// Wraps a key that a source has just read.
    pub(crate) fn new(key: String) -> Self {
        Self(Secret::new(key))
    }

    /// A key of a test's own.
    #[cfg(any(test, feature = "testing"))]
    #[doc(hidden)]
    pub fn for_test(key: String) -> Self {
        Self::new(key)
    }

    pub(crate) fn text(&self) -> &str {
        self.0.expose()
    }

    /// Why it is too weak to sign with, in words that do not repeat it; `None` if it is strong enough.
    pub fn weakness(&self) -> Option<String> {
        weakness(self.text())
    }

    /// Whether both are one key: for the checks at start, where nobody measures how long it takes.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// What is printed where a secret's value would stand.
pub(crate) const HIDDEN: &str = "(hidden)";

/// The same as a value.
pub(crate) struct Hidden;

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_wipes_the_value() {
        struct Watched(std::rc::Rc<std::cell::Cell<bool>>);
        impl Zeroize for Watched {
            fn zeroize(&mut self) {
                self.0.set(true);
            }
        }
        let wiped = std::rc::Rc::new(std::cell::Cell::new(false));
        drop(Secret::new(Watched(wiped.clone())));
        assert!(wiped.get(), "CWE-316: the secret was not wiped");
    }
}
