//! How generated code writes a value of any type: the nearest of some ways is chosen while compiling.
//!
//! Generated code calls a method on a [`Probe`] behind several references. The method with the most
//! references that fits the type wins: first types that are trusted in this context ([`SafeHtml`] in
//! text), then strings and numbers (written without allocation), then anything with `Display`. What fits
//! nothing ends in a method whose bound explains what to do. No run-time choice is left.
//!
//! CWE-79: which method that is depends on the traits that a page's module has in scope, its own among them. So the method
//! only names a [`Way`], and [`write()`], which generated code calls by its path, writes by it: none writes anything but what
//! the context takes. Nothing that is appended to a page is called as a method.

use super::context::{RenderContext, UrlTo};
use super::escape::{self, Escape};
use super::filters::tokens::{Piece, Pieces, between_tags, decoded, read_tag};
use super::ours::Ours;
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

/// How a value is written in a context: one of those below, and of no other crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no way to write a value: a trait that this module has in scope has a method `put` of its own",
    label = "the method `put` was that trait's",
    note = "bring the trait into the functions that need it (`use …` inside of them), or write the page's struct in another module"
)]
pub trait Way<C>: sealed::Sealed {
    /// Appends the value.
    fn write(self, cx: &dyn RenderContext, out: &mut String);
}

/// Writes a value by the way that was found, in the context that generated code names.
#[inline]
pub fn write<C, W: Way<C>>(way: W, cx: &dyn RenderContext, out: &mut String) {
    way.write(cx, out);
}

mod sealed {
    pub trait Sealed {}
    impl<T: ?Sized> Sealed for super::Addressed<'_, T> {}
    impl<T: ?Sized> Sealed for super::AsItIs<'_, T> {}
    impl<T: ?Sized> Sealed for super::Escaped<'_, T> {}
    impl<T: ?Sized> Sealed for super::Displayed<'_, T> {}
    impl Sealed for super::Nowise {}
}

/// A type that is written as it is in one context. The framework has them all: the scan for waivers tells of others.
pub trait Trusted<C> {
    /// Says so. Asked before the value is written.
    #[doc(hidden)]
    const __OURS: Ours<Self>;
    /// Appends the value.
    fn __put_trusted(&self, cx: &dyn RenderContext, out: &mut String);
}

impl<T: Trusted<C> + ?Sized, C> Trusted<C> for &T {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = {
        T::__OURS.is_so();
        Ours::__made()
    };
    #[inline]
    fn __put_trusted(&self, cx: &dyn RenderContext, out: &mut String) {
        (**self).__put_trusted(cx, out);
    }
}

impl Trusted<escape::Text> for SafeHtml {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    #[inline]
    fn __put_trusted(&self, cx: &dyn RenderContext, out: &mut String) {
        markup(self, cx, out);
    }
}

/// Markup as it is. In a form, a form in it loses its tag in the browser and its token is sent where the outer form goes: to
/// another origin, or in an address (CWE-352, CWE-598). It is not written.
pub(in crate::runtime) fn markup(html: &SafeHtml, cx: &dyn RenderContext, out: &mut String) {
    let html = html.as_str();
    if cx.__in_form() && memchr::memmem::find(html.as_bytes(), TOKEN.as_bytes()).is_some() {
        without_tokens(html, out);
    } else {
        out.push_str(html);
    }
}

fn without_tokens(html: &str, out: &mut String) {
    let mut pieces = Pieces::new(html);
    while let Some((piece, source)) = pieces.next_with_source() {
        let is_token = match piece {
            Piece::Start(_, name, _) => name == "input" && is_token(&source[1..]),
            // A tag that is not finished here may be finished behind.
            Piece::Data(_) => source.starts_with('<') && is_token(&format!("{}>", &source[1..])),
            Piece::End(_) | Piece::Other => false,
        };
        if !is_token {
            out.push_str(source);
        }
    }
}

/// The field of the token.
const TOKEN: &str = "csrfmiddlewaretoken";

/// Whether a tag, from its name on, is a field of the token's name: its first name is the one that counts.
fn is_token(tag: &str) -> bool {
    let mut found = None;
    let input = tag
        .get(..5)
        .is_some_and(|name| name.eq_ignore_ascii_case("input"));
    read_tag(tag, |name, value| {
        if found.is_none() && name.eq_ignore_ascii_case("name") {
            found = Some(decoded(value));
        }
    });
    input && found.is_some_and(|name| name == TOKEN)
}

impl Trusted<escape::UrlStart> for SafeUrl {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::url::path(self.as_str(), out);
    }
}

impl Trusted<escape::UrlStart> for ResourceUrl {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::url::path(self.as_str(), out);
    }
}

impl Trusted<escape::Resource> for ResourceUrl {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::url::path(self.as_str(), out);
    }
}

impl Trusted<escape::Attribute> for Nonce {
    #[allow(deprecated)]
    const __OURS: Ours<Self> = Ours::__made();
    fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {
        escape::attribute(self.as_str(), out);
    }
}

/// Addresses of routes may stand wherever an address may.
macro_rules! url_places {
    ($($name:ident => $context:ident),+) => {$(
        /// A route's address in this context.
        pub trait $name {
            /// How it is written.
            type Way;
            /// How it is written.
            fn put(&self) -> Self::Way;
        }
        impl<'a, T: UrlTo + ?Sized, const L: u32, const K: u32, F> $name for &&&Probe<'a, T, escape::$context, L, K, F> {
            type Way = Addressed<'a, T>;
            fn put(&self) -> Addressed<'a, T> {
                Addressed(self.0)
            }
        }
        impl<T: UrlTo + ?Sized> Way<escape::$context> for Addressed<'_, T> {
            fn write(self, cx: &dyn RenderContext, out: &mut String) {
                const { T::__OURS.is_so() };
                let start = out.len();
                self.0.__write_url(cx, out);
                escape_tail::<escape::Attribute>(start, out);
            }
        }
    )+};
}
/// A route's address.
#[derive(Debug)]
pub struct Addressed<'a, T: ?Sized>(&'a T);
url_places! { PutUrlStart => UrlStart, PutUrlResource => Resource, PutUrlAction => Action }

/// Way 1: trusted in this context.
pub trait PutTrusted {
    /// How it is written.
    type Way;
    /// How it is written.
    fn put(&self) -> Self::Way;
}
impl<'a, T: Trusted<C> + ?Sized, C, const L: u32, const K: u32, F> PutTrusted
    for &&&&Probe<'a, T, C, L, K, F>
{
    type Way = AsItIs<'a, T>;
    #[inline]
    fn put(&self) -> AsItIs<'a, T> {
        AsItIs(self.0)
    }
}
/// A value that is trusted in its context.
#[derive(Debug)]
pub struct AsItIs<'a, T: ?Sized>(&'a T);
impl<T: Trusted<C> + ?Sized, C> Way<C> for AsItIs<'_, T> {
    #[inline]
    fn write(self, cx: &dyn RenderContext, out: &mut String) {
        const { T::__OURS.is_so() };
        self.0.__put_trusted(cx, out);
    }
}

/// Way 2: strings and numbers.
pub trait PutPlain {
    /// How it is written.
    type Way;
    /// How it is written.
    fn put(&self) -> Self::Way;
}
impl<'a, T: Plain + ?Sized, C: Escape, const L: u32, const K: u32, F> PutPlain
    for &&Probe<'a, T, C, L, K, F>
{
    type Way = Escaped<'a, T>;
    #[inline]
    fn put(&self) -> Escaped<'a, T> {
        Escaped(self.0)
    }
}
/// A string or number.
#[derive(Debug)]
pub struct Escaped<'a, T: ?Sized>(&'a T);
impl<T: Plain + ?Sized, C: Escape> Way<C> for Escaped<'_, T> {
    #[inline]
    fn write(self, _: &dyn RenderContext, out: &mut String) {
        const { T::__OURS.is_so() };
        self.0.put_plain::<C>(out);
    }
}

/// Way 3: anything that can be displayed.
pub trait PutDisplay {
    /// How it is written.
    type Way;
    /// How it is written.
    fn put(&self) -> Self::Way;
}
impl<'a, T: Display + ?Sized, C: Escape, const L: u32, const K: u32, F> PutDisplay
    for &Probe<'a, T, C, L, K, F>
{
    type Way = Displayed<'a, T>;
    fn put(&self) -> Displayed<'a, T> {
        Displayed(self.0)
    }
}
/// A value by its `Display`.
#[derive(Debug)]
pub struct Displayed<'a, T: ?Sized>(&'a T);
impl<T: Display + ?Sized, C: Escape> Way<C> for Displayed<'_, T> {
    fn write(self, _: &dyn RenderContext, out: &mut String) {
        let start = out.len();
        // A Display that fails has written a part; what is there is escaped below all the same.
        let _ = write!(out, "{}", self.0);
        escape_tail::<C>(start, out);
    }
}

/// Way 4: explains what to do.
impl<T: ?Sized, C, const L: u32, const K: u32, F> Probe<'_, T, C, L, K, F> {
    /// No way.
    #[inline]
    pub fn put(&self) -> Nowise
    where
        T: Put<C, L, K, F>,
    {
        Nowise
    }
}
/// What cannot be written is not.
#[derive(Debug)]
pub struct Nowise;
impl<C> Way<C> for Nowise {
    fn write(self, _: &dyn RenderContext, _: &mut String) {}
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

/// Appends what stands in the template.
#[inline]
pub fn literal(text: &str, out: &mut String) {
    out.push_str(text);
}

/// How much a page has so far.
#[inline]
pub fn length(out: &str) -> usize {
    out.len()
}

/// Room for a whole loop at once. CWE-789: bounded in bytes, for a length is data, and loops in loops multiply their guesses.
#[inline]
pub fn reserve(rows: &impl Iterator, bytes: usize, out: &mut String) {
    out.reserve(rows.size_hint().0.saturating_mul(bytes).min(64 * 1024));
}

/// Takes off what was appended since `start`.
pub fn take_off(start: usize, out: &mut String) -> String {
    out.split_off(start)
}

/// Writes the hidden field with the token of a form that sends to `action`.
pub fn form_token(action: Option<&str>, cx: &dyn RenderContext, out: &mut String) {
    out.push_str("<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"");
    cx.write_csrf_token(action, out);
    out.push_str("\">");
}

/// Escapes what was appended since `start`.
pub fn escape_tail<C: Escape>(start: usize, out: &mut String) {
    // Most values have nothing to escape in text and attributes; the others are rare and short.
    let tail = out[start..].to_owned();
    out.truncate(start);
    C::escape(&tail, out);
}

/// Writes a route's address in a text context.
pub fn url_as<C: Escape, U: UrlTo + ?Sized>(url: &U, cx: &dyn RenderContext, out: &mut String) {
    const { U::__OURS.is_so() };
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
pub fn js_value<T: serde::Serialize + ?Sized>(value: &T, cx: &dyn RenderContext, out: &mut String) {
    super::json::or_null(super::json::javascript, value, " null ", cx, out);
}

/// Writes a JSON value. A value that serde refuses becomes `null`.
pub fn json_value<T: serde::Serialize + ?Sized>(value: &T, cx: &dyn RenderContext, out: &mut String) {
    super::json::or_null(super::json::json, value, "null", cx, out);
}

/// Writes a JSON value in a quoted attribute (CWE-74, CWE-79).
pub fn json_attribute<T: serde::Serialize + ?Sized>(value: &T, cx: &dyn RenderContext, out: &mut String) {
    let start = out.len();
    json_value(value, cx, out);
    escape_tail::<escape::Attribute>(start, out);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn left(html: &str) -> String {
        let mut out = String::new();
        without_tokens(html, &mut out);
        out
    }

    /// CWE-352: a field of the token's name is left out, however its tag is written.
    #[test]
    fn cwe_352_no_token_of_another_form_is_in_a_form() {
        for field in [
            "<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"v1.x\">",
            "<INPUT value='>' NAME = csrfmiddlewaretoken>",
            "<input/name='csrfmiddlewaretoken'/>",
            "<input name=csrfmiddlewaretoken name=other>",
            "<input name=\"csrfmiddleware&#116;oken\" title=csrfmiddlewaretoken>",
        ] {
            let html = format!("<p>a</p>{field}<b>c</b>");
            let without = left(&html);
            assert!(
                !without.contains("name") && without.ends_with("<b>c</b>"),
                "{field}: {without}"
            );
        }
    }

    /// Attack: a row whose title, or what somebody typed, is the token's name, takes its control out of the page.
    #[test]
    fn a_field_that_speaks_of_the_token_stays() {
        for html in [
            "<input name=\"title\" value=\"csrfmiddlewaretoken\">",
            "<input value=\"name=csrfmiddlewaretoken\" name=title>",
            "<input type=checkbox name=rows title='a \"csrfmiddlewaretoken\" b' value=7>",
            "<input name=\"csrfmiddlewaretoken2\">",
            "<input data-name=\"csrfmiddlewaretoken\">",
            "<input name=other name=csrfmiddlewaretoken>",
            "<p title=csrfmiddlewaretoken>csrfmiddlewaretoken &lt;input name=csrfmiddlewaretoken&gt;</p>",
            "<button name=csrfmiddlewaretoken>x</button>",
        ] {
            assert_eq!(left(html), html);
        }
    }
}
