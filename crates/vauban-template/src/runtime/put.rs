//! How generated code writes a value of any type: the nearest of some ways is chosen while compiling.
//!
//! Generated code calls a method on a [`Probe`] behind several references. The method with the most
//! references that fits the type wins: first types that are trusted in this context ([`SafeHtml`] in
//! text), then strings and numbers (written without allocation), then anything with `Display`. What fits
//! nothing ends in a method whose bound explains what to do. No run-time choice is left.

use super::context::{RenderContext, UrlTo};
use super::escape::{self, Escape};
use super::filters::tokens::between_tags;
use super::safe::{Nonce, ResourceUrl, SafeHtml, SafeUrl};
use super::value::Plain;
use std::fmt::{Display, Write};
use std::marker::PhantomData;

/// A value at a place in a template (line `L` and column `K` of the file after which `F` is named), to be used as `C`.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized, C, const L: u32, const K: u32, F>(pub &'a T, PhantomData<(C, F)>);

/// Starts a probe: the place is known, the value's type decides what happens.
#[inline]
pub fn at<T: ?Sized, C, const L: u32, const K: u32, F>(value: &T) -> Probe<'_, T, C, L, K, F> {
    Probe(value, PhantomData)
}

/// A type that is written as it is in one context. The framework has them all: the scan for waivers tells of others.
pub trait Trusted<C> {
    /// Appends the value.
    fn __put_trusted(&self, cx: &dyn RenderContext, out: &mut String);
}

impl<T: Trusted<C> + ?Sized, C> Trusted<C> for &T {
    #[inline]
    fn __put_trusted(&self, cx: &dyn RenderContext, out: &mut String) {
        (**self).__put_trusted(cx, out);
    }
}

impl Trusted<escape::Text> for SafeHtml {
    #[inline]
    fn __put_trusted(&self, cx: &dyn RenderContext, out: &mut String) {
        markup(self, cx, out);
    }
}

/// Markup as it is. In a form, a form in it loses its tag in the browser and its token is sent where the outer form goes: to
/// another origin, or in an address (CWE-352, CWE-598). It is not written.
pub(in crate::runtime) fn markup(html: &SafeHtml, cx: &dyn RenderContext, out: &mut String) {
    const NAME: &str = "csrfmiddlewaretoken";
    let mut rest = html.as_str();
    if cx.__in_form() {
        while let Some(at) = rest.find(NAME) {
            let tag = rest[..at].rfind('<');
            let end = rest[at..].find('>').map(|end| at + end + 1);
            match (tag, end) {
                (Some(tag), Some(end)) if is_input(&rest[tag..at]) => {
                    out.push_str(&rest[..tag]);
                    rest = &rest[end..];
                }
                _ => {
                    out.push_str(&rest[..at + NAME.len()]);
                    rest = &rest[at + NAME.len()..];
                }
            }
        }
    }
    out.push_str(rest);
}

/// Whether a text that starts with `<` is in the tag of a field.
fn is_input(tag: &str) -> bool {
    tag.get(1..6)
        .is_some_and(|name| name.eq_ignore_ascii_case("input"))
        && !tag.contains('>')
}

impl Trusted<escape::UrlStart> for SafeUrl {
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::url::path(self.as_str(), out);
    }
}

impl Trusted<escape::UrlStart> for ResourceUrl {
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::url::path(self.as_str(), out);
    }
}

impl Trusted<escape::Resource> for ResourceUrl {
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::url::path(self.as_str(), out);
    }
}

impl Trusted<escape::Attribute> for Nonce {
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::attribute(self.as_str(), out);
    }
}

/// Addresses of routes may stand wherever an address may.
macro_rules! url_places {
    ($($name:ident => $context:ident),+) => {$(
        /// A route's address in this context.
        pub trait $name { /// Appends the value.
            fn put(&self, cx: &dyn RenderContext, out: &mut String); }
        impl<T: UrlTo + ?Sized, const L: u32, const K: u32, F> $name for &&&Probe<'_, T, escape::$context, L, K, F> {
            fn put(&self, cx: &dyn RenderContext, out: &mut String) {
                let start = out.len();
                self.0.__write_url(cx, out);
                escape_tail::<escape::Attribute>(start, out);
            }
        }
    )+};
}
url_places! { PutUrlStart => UrlStart, PutUrlResource => Resource, PutUrlAction => Action }

/// Way 1: trusted in this context.
pub trait PutTrusted {
    /// Appends the value.
    fn put(&self, cx: &dyn RenderContext, out: &mut String);
}
impl<T: Trusted<C> + ?Sized, C, const L: u32, const K: u32, F> PutTrusted for &&&&Probe<'_, T, C, L, K, F> {
    #[inline]
    fn put(&self, cx: &dyn RenderContext, out: &mut String) {
        self.0.__put_trusted(cx, out);
    }
}

/// Way 2: strings and numbers.
pub trait PutPlain {
    /// Appends the value.
    fn put(&self, cx: &dyn RenderContext, out: &mut String);
}
impl<T: Plain + ?Sized, C: Escape, const L: u32, const K: u32, F> PutPlain for &&Probe<'_, T, C, L, K, F> {
    #[inline]
    fn put(&self, _: &dyn RenderContext, out: &mut String) {
        self.0.put_plain::<C>(out);
    }
}

/// Way 3: anything that can be displayed.
pub trait PutDisplay {
    /// Appends the value.
    fn put(&self, cx: &dyn RenderContext, out: &mut String);
}
impl<T: Display + ?Sized, C: Escape, const L: u32, const K: u32, F> PutDisplay for &Probe<'_, T, C, L, K, F> {
    fn put(&self, _: &dyn RenderContext, out: &mut String) {
        let start = out.len();
        // A Display that fails has written a part; what is there is escaped below all the same.
        let _ = write!(out, "{}", self.0);
        escape_tail::<C>(start, out);
    }
}

/// Way 4: explains what to do.
impl<T: ?Sized, C, const L: u32, const K: u32, F> Probe<'_, T, C, L, K, F> {
    /// Appends the value.
    #[inline]
    pub fn put(&self, _: &dyn RenderContext, _: &mut String)
    where
        T: Put<C, L, K, F>,
    {
    }
}

/// A value that can be written in a context: of no type. It only explains, and writes nothing for whoever implements it
/// (CWE-79).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as {C} ({F}, line {L}, column {K})",
    label = "used in line {L}, column {K} of {F}",
    note = "an `Option` has to be handled: {{% if x %}}{{{{ x }}}}{{% endif %}} or {{{{ x|default:\"…\" }}}}",
    note = "text takes strings, numbers, SafeHtml and types with Display; an address from which code loads takes ResourceUrl; a form's action takes {{% url %}}"
)]
pub trait Put<C, const L: u32, const K: u32, F> {}

/// Escapes what was appended since `start`.
pub fn escape_tail<C: Escape>(start: usize, out: &mut String) {
    // Most values have nothing to escape in text and attributes; the others are rare and short.
    let tail = out[start..].to_owned();
    out.truncate(start);
    C::escape(&tail, out);
}

/// Writes a route's address in a text context.
pub fn url_as<C: Escape>(url: &dyn UrlTo, cx: &dyn RenderContext, out: &mut String) {
    let start = out.len();
    url.__write_url(cx, out);
    escape_address::<C>(start, out);
}

/// Writes the hashed address of a static file in a text context.
pub fn static_as<C: Escape>(path: &str, cx: &dyn RenderContext, out: &mut String) {
    let start = out.len();
    cx.write_static_url(path, out);
    escape_address::<C>(start, out);
}

/// Most addresses have no character that needs escaping.
fn escape_address<C: Escape>(start: usize, out: &mut String) {
    if out.as_bytes()[start..]
        .iter()
        .any(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~')))
    {
        escape_tail::<C>(start, out);
    }
}

/// Writes a word if it is one of those allowed; otherwise nothing.
pub fn enumerated(value: &str, words: &[&str], out: &mut String) {
    if let Some(word) = words.iter().find(|w| w.eq_ignore_ascii_case(value)) {
        out.push_str(word);
    }
}

/// Writes a JavaScript value. A value that serde refuses becomes `null`.
pub fn js_value<T: serde::Serialize + ?Sized>(value: &T, out: &mut String) {
    let start = out.len();
    if super::json::javascript(value, out).is_err() {
        out.truncate(start);
        out.push_str(" null ");
    }
}

/// Writes a JSON value. A value that serde refuses becomes `null`.
pub fn json_value<T: serde::Serialize + ?Sized>(value: &T, out: &mut String) {
    let start = out.len();
    if super::json::json(value, out).is_err() {
        out.truncate(start);
        out.push_str("null");
    }
}

/// Removes whitespace between tags from `start` on, as Django's `spaceless`.
pub fn spaceless(start: usize, out: &mut String) {
    let html = out[start..].trim().to_owned();
    out.truncate(start);
    // CWE-79: in a script a line break may end a comment; and where spaces show, they stay.
    let kept = ["script", "style", "textarea", "pre", "title"];
    between_tags(&html, &kept, out, |text, out| {
        let shown = text.trim_end();
        if shown.is_empty() && out[start..].ends_with('>') {
            return;
        }
        out.push_str(if shown.ends_with('>') { shown } else { text });
    });
}
