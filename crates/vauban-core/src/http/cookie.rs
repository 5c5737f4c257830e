//! Cookies with strict attributes.

use std::borrow::Cow;

use ::http::HeaderValue;

/// When a browser sends a cookie along with a request that another site caused (RFC 6265bis).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when someone follows a link here.
    #[default]
    Lax,
}

/// Octets of a whole `Set-Cookie` line: name and value of more are dropped by browsers, silently (RFC 6265bis §5.6).
pub(crate) const LONGEST: usize = 4096;

/// A cookie. Its attributes are strict: `HttpOnly`, `Path=/`, no `Domain`, `SameSite`, and over HTTPS `Secure` with
/// the name's prefix `__Host-` (ASVS 3.3.1–3.3.4, CWE-614, CWE-1004, CWE-1275), as the request was sent: no view says it.
/// Over plain HTTP, which is development's,
/// browsers refuse that prefix; there the site's own name stands before it (`demo-session`), because all programs
/// on `localhost` share one jar, whatever their port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    name: &'static str,
    value: String,
    same_site: SameSite,
    max_age: Option<i64>,
    /// Whether it is the framework's own, by the only ways that make one.
    own: bool,
}

impl Cookie {
    /// A cookie for this browser session. `name` has no prefix. Any text is a value, and
    /// [`Request::cookie`](super::Request::cookie) reads it back: what a cookie may not hold is percent-encoded. One longer than
    /// 4,096 octets with its attributes is not sent, and the log says so.
    ///
    /// `session`, `csrf`, `device`, `messages`, `kept` and `ended` are names of Vauban's own cookies: one that is made here is never sent
    /// (CWE-384), and the log says so.
    pub fn new(name: &'static str, value: &str) -> Self {
        Self {
            name,
            value: encode(value),
            same_site: SameSite::Lax,
            max_age: None,
            own: false,
        }
    }

    /// A cookie of the framework's own.
    pub(crate) fn own(name: &'static str, value: &str) -> Self {
        Self {
            own: true,
            ..Self::new(name, value)
        }
    }

    /// A cookie of a part of the framework that is another crate.
    #[doc(hidden)]
    #[deprecated(
        note = "only Vauban's own modules make these cookies: write `Cookie::new` with a name of your own"
    )]
    pub fn __of_framework(name: &'static str, value: &str) -> Self {
        Self::own(name, value)
    }

    /// CWE-384: whether its name is one of the framework's own cookies, and it was not made by the framework.
    pub(crate) fn is_usurped(&self) -> bool {
        !self.own && vauban_template::is_own_cookie(self.name)
    }

    /// A cookie that tells the browser to forget the one of this name.
    pub fn removal(name: &'static str) -> Self {
        Self {
            max_age: Some(0),
            ..Self::new(name, "")
        }
    }

    /// Whether the browser forgets it.
    pub(crate) fn is_removal(&self) -> bool {
        self.max_age == Some(0)
    }

    /// How many seconds the browser keeps it.
    #[must_use]
    pub fn max_age(mut self, seconds: i64) -> Self {
        self.max_age = Some(seconds.max(0));
        self
    }

    /// When it is sent along.
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// The name as the browser sees it; `site` is the package's name.
    pub fn full_name(name: &str, secure: bool, site: &str) -> String {
        if secure {
            format!("__Host-{}", token(name))
        } else {
            format!("{}-{}", token(site), token(name))
        }
    }

    /// Its name, without the prefix.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The line of an answer to a request that came over HTTPS (`secure`) or not.
    pub(crate) fn to_header(&self, site: &str, secure: bool) -> HeaderValue {
        let mut text = Self::full_name(self.name, secure, site);
        text.push('=');
        text.push_str(&self.value);
        text.push_str("; Path=/; HttpOnly");
        text.push_str(match self.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
        });
        if let Some(seconds) = self.max_age {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        // CWE-614: by the request, and not by what the view thinks of it.
        if secure {
            text.push_str("; Secure");
        }
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

/// A name is a token (RFC 6265 §4.1.1, CWE-113); other bytes of it are percent-encoded, for the writer and the reader alike.
fn token(name: &str) -> Cow<'_, str> {
    if name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(out)
}

/// RFC 6265 `cookie-octet` stays, the rest and `%` are percent-encoded.
fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if matches!(byte, 0x21 | 0x23..=0x24 | 0x26..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_strict() {
        let cookie = Cookie::new("session", "abc").max_age(60).to_header("site", true);
        assert_eq!(
            cookie,
            "__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        // Over plain HTTP a browser drops `__Host-` and `Secure`.
        let cookie = Cookie::new("session", "abc").to_header("site", false);
        assert_eq!(cookie, "site-session=abc; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_name_cannot_add_an_attribute_either() {
        // CWE-113; a package may be called in any script.
        let cookie = Cookie::new("a; Domain=evil", "x").to_header("\u{fc}ber", false);
        assert_eq!(
            cookie,
            "%C3%BCber-a%3B%20Domain%3Devil=x; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_value_cannot_add_an_attribute() {
        // CWE-113
        let cookie = Cookie::new("a", "x; Domain=evil\r\nX: y").to_header("site", true);
        assert!(
            cookie
                .to_str()
                .unwrap()
                .starts_with("__Host-a=x%3B%20Domain=evil%0D%0AX:%20y; Path")
        );
    }
}
