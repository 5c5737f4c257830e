//! E-mail addresses in one normal form.
//!
//! Two spellings of one mailbox must never be two accounts (CWE-178, CWE-1289: the attacker registers a
//! look-alike spelling and receives what was meant for its owner). So an [`Email`] *is* its normal form: what
//! is compared, made unique, stored and shown.
//!
//! * The part before the `@` is plain ASCII (RFC 5321 dot-string) in lower case. Unicode there is refused,
//!   which makes NFKC and case folding the identity instead of a source of collisions.
//! * The domain goes through UTS 46 (NFKC, case folding, IDNA) and is kept in its ASCII form (`xn--…`), so a
//!   homograph is visible as one.

use std::fmt;
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use vauban_orm::Problem;
use vauban_orm::field::{Field, FieldLimits, Kind, Mismatch, Value, ValueRef};

/// The longest address, in bytes (RFC 5321 §4.5.3.1.3: a path of 256 with its angle brackets).
pub const MAX_EMAIL_BYTES: usize = 254;
/// The longest part before the `@`, in bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// An e-mail address in its normal form.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::Email;
/// let typed = Email::parse("Ann.Smith@BÜCHER.example").unwrap();
/// assert_eq!(typed.as_str(), "ann.smith@xn--bcher-kva.example");
/// assert!(Email::parse("ann@localhost").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// The text is not an e-mail address that Vauban accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidEmail;

impl From<InvalidEmail> for Problem {
    fn from(_: InvalidEmail) -> Self {
        Self::new("email_address", "Enter an e-mail address, like ann@example.com.")
    }
}

impl fmt::Display for InvalidEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Problem::from(*self).fmt(f)
    }
}

impl std::error::Error for InvalidEmail {}

impl Email {
    /// Reads an address and brings it into its normal form.
    ///
    /// # Errors
    /// [`InvalidEmail`] for anything that is not `local@domain.tld`: quoted local parts, address literals
    /// (`[127.0.0.1]`), dotless domains, Unicode before the `@`, control characters, more than
    /// [`MAX_EMAIL_BYTES`].
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        // A domain in Unicode may be longer than its limit in bytes and still be valid; nothing valid is
        // longer than this.
        if text.len() > 4 * MAX_EMAIL_BYTES {
            return Err(InvalidEmail);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        if !is_dot_string(local) {
            return Err(InvalidEmail);
        }
        let domain = normal_domain(domain)?;
        let normal = format!("{}@{domain}", local.to_ascii_lowercase());
        if normal.len() > MAX_EMAIL_BYTES {
            return Err(InvalidEmail);
        }
        Ok(Self(normal))
    }

    /// An address that was parsed before it was stored.
    pub(crate) fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The domain, in ASCII.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        Self::parse(text)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Email {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// RFC 5321 `Dot-string`: atoms of ASCII letters, digits and `!#$%&'*+-/=?^_`{|}~`, joined by single dots.
fn is_dot_string(local: &str) -> bool {
    local.len() <= MAX_LOCAL_BYTES
        && local.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        })
}

/// The domain in ASCII and lower case, or an error.
fn normal_domain(domain: &str) -> Result<String, InvalidEmail> {
    let outside = |c: char| {
        !c.is_ascii() && !('\u{a1}'..='\u{ffff}').contains(&c)
            // IDNA reads these as dots; nothing that checks the text for dots would agree.
            || matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
    };
    if domain.contains(outside) {
        return Err(InvalidEmail);
    }
    let (_, top) = domain.rsplit_once('.').ok_or(InvalidEmail)?;
    let punycode = top
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    if top.chars().count() < 2 || (!punycode && top.chars().any(|c| c.is_ascii_digit())) {
        return Err(InvalidEmail);
    }
    // CWE-1007: one spelling per domain, and it shows what it is.
    Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| InvalidEmail)
}

impl Field for Email {
    const KIND: Kind = Kind::Text;
    const MAX_BYTES: Option<usize> = Some(MAX_EMAIL_BYTES);

    fn to_value(&self) -> Value {
        Value::Text(self.as_str().to_owned())
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            // Read as it was written: the domain's rules may have changed since.
            ValueRef::Text(text) => Ok(Self::from_stored(text)),
            _ => Err(Mismatch),
        }
    }

    fn check(&self, limits: &FieldLimits) -> Result<(), vauban_orm::Problem> {
        limits.check_text(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    /// CWE-178: spellings of one mailbox are one account.
    #[test]
    fn spellings_of_one_mailbox_are_equal() {
        let one = Email::parse("ann@example.com").unwrap();
        for same in [
            "Ann@Example.COM",
            "ANN@example.com",
            "ann@ｅxample.com",
            "ann@ex\u{ad}ample.com",
        ] {
            assert_eq!(Email::parse(same).unwrap(), one, "{same}");
        }
        assert_eq!(
            Email::parse("a@BÜCHER.example").unwrap(),
            Email::parse("a@bu\u{308}cher.example").unwrap()
        );
    }

    /// The Kelvin sign and the dotless i fold into ASCII letters: an account for `miKe@…` must not be taken
    /// over by one for `miKe@…` (Django's CVE-2019-19844).
    #[test]
    fn unicode_before_the_at_sign_is_refused() {
        for look_alike in [
            "mi\u{212a}e@example.com",
            "m\u{131}ke@example.com",
            "ａnn@example.com",
        ] {
            assert_eq!(Email::parse(look_alike), Err(InvalidEmail), "{look_alike}");
        }
    }

    /// A reason why we refuse what Django accepts.
    fn stricter(email: &str) -> Option<&'static str> {
        let (local, domain) = email.rsplit_once('@')?;
        if local.starts_with('"') {
            Some("quoted local parts: nobody has one, and parsers disagree about where they end")
        } else if domain.starts_with('[') {
            Some("an address literal is not the identity of a person")
        } else if !domain.contains('.') {
            Some("dotless domains cannot receive mail from outside (ICANN SAC053)")
        } else if local.len() > MAX_LOCAL_BYTES {
            Some("RFC 5321 §4.5.3.1.1: 64 octets")
        } else if Uts46::new()
            .to_ascii(
                domain.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Verify,
            )
            .is_err()
        {
            Some("the domain is not valid by IDNA, so no mail can reach it")
        } else {
            (email.len() > MAX_EMAIL_BYTES).then_some("RFC 5321 §4.5.3.1.3: 254 octets")
        }
    }

    #[test]
    fn vectors_emails() {
        let cases = vectors::cases("emails.json", include_str!("../tests/samples/emails.json"));
        let (mut ran, mut tighter) = (0, 0);
        for case in &cases {
            let email = case["email"].as_str().unwrap();
            let expected = case["expect"].as_bool().unwrap();
            let got = Email::parse(email).is_ok();
            ran += 1;
            if got && !expected {
                panic!("looser than Django: {email:?}");
            }
            if expected && !got {
                tighter += 1;
                assert!(
                    stricter(email).is_some(),
                    "refused without a written reason: {email:?}"
                );
            }
        }
        if cases.len() == 53 {
            assert_eq!((ran, tighter), (53, 7));
        }
    }
}
