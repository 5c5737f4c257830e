//! A password as it was typed.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use vauban::Problem;
use vauban::forms::{FieldSpec, FieldValue, Widget};
use zeroize::Zeroizing;

/// The longest password, in bytes of UTF-8. Long enough for every passphrase (ASVS 6.2.9 asks for at least
/// 64 characters), short enough that hashing its text costs nothing (CWE-400).
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// A password. It is wiped when dropped, and cannot be printed, serialised or compared by `==`.
///
/// It is taken exactly as typed: no trimming, no case folding, no cutting (ASVS 6.2.8). Only its Unicode form
/// is normalised (NFC, RFC 8265 §4.2.2), because keyboards differ in how they spell `é`.
#[derive(Clone)]
pub struct Password {
    normal: Zeroizing<String>,
    /// As it was typed, where that is another text: hashes of programs that normalise nothing are of this one.
    typed: Option<Zeroizing<String>>,
}

/// More than [`MAX_PASSWORD_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordTooLong;

impl fmt::Display for PasswordTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Problem::from(*self).fmt(f)
    }
}

impl std::error::Error for PasswordTooLong {}

impl From<PasswordTooLong> for Problem {
    fn from(_: PasswordTooLong) -> Self {
        Self::new(
            "password_too_long",
            "This password is too long: {max} bytes are the limit.",
        )
        .with("max", MAX_PASSWORD_BYTES)
    }
}

impl Password {
    /// Takes a password as typed.
    ///
    /// # Errors
    /// [`PasswordTooLong`] above [`MAX_PASSWORD_BYTES`]; checked before and after normalising.
    pub fn new(typed: &str) -> Result<Self, PasswordTooLong> {
        // CWE-400: the limit comes before any work on the text.
        if typed.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordTooLong);
        }
        // Room for the longest NFC (three times the bytes), so that the buffer never moves and leaves a copy.
        let mut normal = Zeroizing::new(String::with_capacity(3 * typed.len()));
        normal.extend(typed.nfc());
        if normal.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordTooLong);
        }
        let typed = (normal.as_str() != typed).then(|| Zeroizing::new(typed.to_owned()));
        Ok(Self { normal, typed })
    }

    /// The text. For hashing and for the validators only.
    pub fn reveal(&self) -> &str {
        &self.normal
    }

    /// The text before its Unicode form was made one.
    pub(super) fn as_typed(&self) -> &str {
        self.typed.as_ref().unwrap_or(&self.normal)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: a password never reaches a log.
        f.write_str("Password(…)")
    }
}

/// Taken exactly as typed: spaces, case and length count (ASVS 6.2.8). Nothing is ever shown again.
impl FieldValue for Password {
    const WIDGET: Widget = Widget::Password;
    const NEEDS_MAX_LENGTH: bool = true;
    const KEEPS_SPACES: bool = true;

    fn read(text: &str, _: &FieldSpec) -> Result<Self, Problem> {
        Self::new(text).map_err(Problem::from)
    }

    // CWE-549: not even the form that is shown again has it.
    fn shown(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS 6.2.8: verified exactly as received.
    #[test]
    fn only_the_unicode_form_is_normalised() {
        for typed in [" with spaces ", "MiXeD", "tab\t", "ﬁ ligature stays"] {
            assert_eq!(Password::new(typed).unwrap().reveal(), typed);
        }
        let two = Password::new("e\u{301}").unwrap();
        assert_eq!((two.reveal(), two.as_typed()), ("é", "e\u{301}"));
        assert_eq!(Password::new("é").unwrap().as_typed(), "é");
    }

    /// ASVS 6.2.9 and CWE-400.
    #[test]
    fn long_ones_are_welcome_and_bounded() {
        assert!(Password::new(&"x".repeat(MAX_PASSWORD_BYTES)).is_ok());
        assert_eq!(
            Password::new(&"x".repeat(MAX_PASSWORD_BYTES + 1)).err(),
            Some(PasswordTooLong)
        );
        // U+1D160 grows from 4 to 12 bytes under NFC.
        assert_eq!(
            Password::new(&"\u{1d160}".repeat(200)).err(),
            Some(PasswordTooLong)
        );
    }

    /// CWE-532.
    #[test]
    fn debug_hides_the_text() {
        assert_eq!(
            format!("{:?}", Password::new("hunter2hunter2").unwrap()),
            "Password(…)"
        );
    }
}
