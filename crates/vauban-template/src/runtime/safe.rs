//! Types that say that a string is more than text. None is made from a string without a check or a waiver.

use std::borrow::Cow;
use vauban_waiver::{Waiver, walls};

/// Markup that is a whole, balanced piece of HTML.
///
/// It comes from a template, from `safe_html!`, from the sanitizer, or with a waiver. It has neither
/// `From<String>` nor `Display`, so text never becomes markup by accident (CWE-79).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SafeHtml(Cow<'static, str>);

impl SafeHtml {
    /// Calls a string HTML. The waiver says why it is.
    ///
    /// ```
    /// # use vauban_template::SafeHtml; use vauban_waiver::{waiver, walls};
    /// let html = SafeHtml::trust("<b>hi</b>", waiver!(TrustHtml, "a constant of this example only"));
    /// assert_eq!(html.as_str(), "<b>hi</b>");
    /// ```
    pub fn trust(html: impl Into<String>, _signed: Waiver<'_, walls::TrustHtml>) -> Self {
        Self(Cow::Owned(html.into()))
    }

    /// Text as markup: escaped.
    pub fn text(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 16);
        super::escape::text(text, &mut out);
        Self(Cow::Owned(out))
    }

    /// For filters, which have checked or escaped what they wrote.
    pub(crate) fn checked(html: String) -> Self {
        Self(Cow::Owned(html))
    }

    /// For generated code, likewise. Deprecated from its birth, so that rustc reports whoever else names it, by
    /// whatever way (CWE-79).
    #[doc(hidden)]
    #[deprecated(
        note = "only Vauban's macros call markup checked: write a template, `safe_html!` or `SafeHtml::trust` with a waiver"
    )]
    pub fn __checked(html: String) -> Self {
        Self::checked(html)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Markup that shows nothing.
    pub const fn empty() -> Self {
        Self(Cow::Borrowed(""))
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends more markup: two balanced pieces make a balanced piece.
    pub fn push(&mut self, more: &Self) {
        self.0.to_mut().push_str(&more.0);
    }
}

impl FromIterator<SafeHtml> for SafeHtml {
    fn from_iter<I: IntoIterator<Item = SafeHtml>>(parts: I) -> Self {
        let mut out = Self::empty();
        for part in parts {
            out.push(&part);
        }
        out
    }
}

/// An address to which someone may be sent: relative, or `http`, `https`, `mailto`, `tel`, `sms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeUrl(Cow<'static, str>);

impl SafeUrl {
    /// Takes an address if its scheme is harmless.
    ///
    /// ```
    /// # use vauban_template::SafeUrl;
    /// assert!(SafeUrl::parse("https://example.com/").is_some());
    /// assert!(SafeUrl::parse("javascript:alert(1)").is_none());
    /// ```
    pub fn parse(url: &str) -> Option<Self> {
        super::escape::url::harmless_scheme(url).then(|| Self(Cow::Owned(url.to_owned())))
    }

    /// Calls a string an address that may be navigated to. The waiver says why it is.
    pub fn trust(url: impl Into<String>, _signed: Waiver<'_, walls::TrustUrl>) -> Self {
        Self(Cow::Owned(url.into()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address from which code, styles or documents may be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceUrl(Cow<'static, str>);

impl ResourceUrl {
    /// Calls a string such an address. The waiver says why it is.
    pub fn trust(url: impl Into<String>, _signed: Waiver<'_, walls::TrustResourceUrl>) -> Self {
        Self(Cow::Owned(url.into()))
    }

    /// For `resource_url!`.
    #[doc(hidden)]
    #[deprecated(note = "only Vauban's macros make these addresses: write `resource_url!(\"/…\")`")]
    pub const fn __literal(url: &'static str) -> Self {
        Self(Cow::Borrowed(url))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The nonce of one response. Made by the framework only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// Takes text of the base64 alphabet (CSP Level 3, 2.3.1).
    pub fn parse(text: &str) -> Option<Self> {
        let fine = text.len() >= 16
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'='));
        fine.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join() {
        let all: SafeHtml = [SafeHtml::text("<"), SafeHtml::checked("<br>".to_owned())]
            .into_iter()
            .collect();
        assert_eq!(all.as_str(), "&lt;<br>");
    }

    #[test]
    fn nonces_are_base64() {
        assert!(Nonce::parse("abcdefghijklmnop").is_some());
        assert!(Nonce::parse("short").is_none());
        assert!(Nonce::parse("abcdefghijklmnop\" onload=x").is_none());
    }
}
