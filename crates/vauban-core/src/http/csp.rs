//! What a page's content security policy lets in beyond the strict one: named one by one, checked while compiling, shown
//! in the access matrix (ASVS 3.4.3, CWE-693).

use std::fmt;

/// What the content security policy of a page lets in beyond the strict one.
///
/// A constant, so that a bad origin does not compile and nothing that a request sends is in it. It widens one page,
/// `#[view(get, "/map/", csp = MAP)]`, those of a module, [`Module::csp`](crate::Module::csp), or all of a site, `App::csp`; the
/// access matrix shows each of its lines.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
///
/// const MAP: Csp = Csp::strict()
///     .images_from("https://tile.example.org")
///     .frames_from("https://player.example.org");
///
/// #[view(get, "/map/", csp = MAP)]
/// async fn map(_: Public) -> Result<Text> {
///     Ok(Text::new("a page, mostly"))
/// }
/// ```
///
/// An origin is `https://host` or `https://host:port`, exact and in lower case: no wildcard, no path, no `http:`.
/// Neither `unsafe-inline` nor `unsafe-eval` nor plugins nor `<base>` can be let in, and no origin of scripts: a
/// `<script src="https://…">` that is written in a template has the answer's nonce.
#[derive(Clone, Copy)]
pub struct Csp {
    sources: [Source; MOST],
    len: usize,
}

/// How many sources one value names at most.
const MOST: usize = 24;

/// One thing that a policy lets in: `img-src https://tile.example.org`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub(crate) directive: Directive,
    pub(crate) from: &'static str,
}

/// What can be widened, in the order of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Directive {
    Styles,
    Images,
    Fonts,
    Media,
    Frames,
    Connect,
    Forms,
    FramedBy,
}

/// The site's own origin, as a policy writes it.
pub(crate) const OWN: &str = "'self'";

impl Directive {
    /// Its name in the header.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Styles => "style-src",
            Self::Images => "img-src",
            Self::Fonts => "font-src",
            Self::Media => "media-src",
            Self::Frames => "frame-src",
            Self::Connect => "connect-src",
            Self::Forms => "form-action",
            Self::FramedBy => "frame-ancestors",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.directive.name(), self.from)
    }
}

impl Source {
    /// Whether it is another origin, and not the site's own or `data:`.
    pub(crate) fn is_foreign(&self) -> bool {
        self.from.starts_with("https://")
    }
}

impl Csp {
    /// The strict policy: scripts and styles by nonce, everything else from this site, no frames, no media, framed by nobody.
    pub const fn strict() -> Self {
        let nothing = Source {
            directive: Directive::Styles,
            from: "",
        };
        Self {
            sources: [nothing; MOST],
            len: 0,
        }
    }

    /// Sound and video of this site: `<video>`, `<audio>`, `<track>`.
    #[must_use]
    pub const fn own_media(self) -> Self {
        self.with(Directive::Media, OWN)
    }

    /// Pages of this site in `<iframe>`. The page that is shown there says [`framed_by_own`](Self::framed_by_own).
    #[must_use]
    pub const fn own_frames(self) -> Self {
        self.with(Directive::Frames, OWN)
    }

    /// Images that are written in the page, `data:image/png;base64,…`.
    #[must_use]
    pub const fn data_images(self) -> Self {
        self.with(Directive::Images, "data:")
    }

    /// Fonts that are written in a style sheet, `data:font/woff2;base64,…`.
    #[must_use]
    pub const fn data_fonts(self) -> Self {
        self.with(Directive::Fonts, "data:")
    }

    /// Images of another origin. Its operator learns who looks at the page.
    #[must_use]
    #[track_caller]
    pub const fn images_from(self, origin: &'static str) -> Self {
        self.foreign(Directive::Images, origin)
    }

    /// Fonts of another origin.
    #[must_use]
    #[track_caller]
    pub const fn fonts_from(self, origin: &'static str) -> Self {
        self.foreign(Directive::Fonts, origin)
    }

    /// Sound and video of another origin.
    #[must_use]
    #[track_caller]
    pub const fn media_from(self, origin: &'static str) -> Self {
        self.foreign(Directive::Media, origin)
    }

    /// Frames of another origin, such as a video player. The page's permissions for playing and for the full screen pass on to
    /// this origin alone, where the `allow=` of its `<iframe>` says so.
    #[must_use]
    #[track_caller]
    pub const fn frames_from(self, origin: &'static str) -> Self {
        self.foreign(Directive::Frames, origin)
    }

    /// Style sheets of another origin. Whoever serves them decides how the page looks, and reads what selectors can tell of it.
    #[must_use]
    #[track_caller]
    pub const fn styles_from(self, origin: &'static str) -> Self {
        self.foreign(Directive::Styles, origin)
    }

    /// Requests that the page's own scripts send to another origin.
    #[must_use]
    #[track_caller]
    pub const fn connect_to(self, origin: &'static str) -> Self {
        self.foreign(Directive::Connect, origin)
    }

    /// Forms that are sent to another origin, such as a payment page. Browsers ask for every origin that the answer to a form
    /// redirects to as well: name each.
    #[must_use]
    #[track_caller]
    pub const fn forms_to(self, origin: &'static str) -> Self {
        self.foreign(Directive::Forms, origin)
    }

    /// Pages of this site may show this one in an `<iframe>`.
    #[must_use]
    pub const fn framed_by_own(self) -> Self {
        self.with(Directive::FramedBy, OWN)
    }

    /// Pages of another origin may show this one in an `<iframe>` (CWE-1021). Nobody is signed in there: the session's cookie
    /// does not go along to another site. It does to a host beside this one.
    #[must_use]
    #[track_caller]
    pub const fn framed_by(self, origin: &'static str) -> Self {
        self.foreign(Directive::FramedBy, origin)
    }

    /// What both let in.
    #[must_use]
    #[track_caller]
    pub const fn and(mut self, more: Self) -> Self {
        let mut at = 0;
        while at < more.len {
            self = self.with(more.sources[at].directive, more.sources[at].from);
            at += 1;
        }
        self
    }

    /// Says that there is no such thing.
    #[doc(hidden)]
    #[track_caller]
    pub const fn scripts_from(self, _: &str) -> Self {
        panic!(
            "no origin of scripts is let in: write `<script src=\"https://…\" integrity=\"…\" crossorigin>` in the template, \
             which has the answer's nonce, or put the file into static/"
        )
    }

    /// What is let in beyond the strict policy.
    pub fn sources(&self) -> &[Source] {
        self.sources.get(..self.len).unwrap_or_default()
    }

    #[track_caller]
    const fn foreign(self, directive: Directive, origin: &'static str) -> Self {
        check(origin);
        self.with(directive, origin)
    }

    #[track_caller]
    const fn with(mut self, directive: Directive, from: &'static str) -> Self {
        assert!(
            self.len < MOST,
            "a policy names at most 24 sources: what is let in from more places is not looked at by anybody"
        );
        self.sources[self.len] = Source { directive, from };
        self.len += 1;
        self
    }
}

impl Default for Csp {
    fn default() -> Self {
        Self::strict()
    }
}

impl fmt::Debug for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.sources().iter().map(Source::to_string))
            .finish()
    }
}

/// CWE-693, CWE-113: an exact origin, so that nothing else is let in and no directive is begun.
#[track_caller]
const fn check(origin: &str) {
    let text = origin.as_bytes();
    let start = after(text, b"https://");
    if start == 0 {
        assert!(
            after(text, b"http://") == 0,
            "an origin is `https:`: over `http:` anybody on the way puts what they like in its place"
        );
        panic!("an origin is written with its scheme: `https://tiles.example.org`");
    }
    let mut at = start;
    while at < text.len() {
        match text[at] {
            b'*' => panic!("an origin has no wildcard: name each host, one call each"),
            b'/' | b'?' | b'#' => panic!(
                "an origin ends with its host or port: leave out the `/` and what follows (a policy's path says little: \
                 browsers forget it after a redirect)"
            ),
            b'@' => panic!("an origin names nobody: leave out what stands before `@`"),
            b'A'..=b'Z' => panic!("an origin is written in lower case"),
            128.. => panic!("a host beyond ASCII is written as it goes over the wire: `https://xn--…`"),
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':' => {}
            _ => panic!(
                "an origin is `https://host` or `https://host:port`, with nothing else before, between or behind"
            ),
        }
        at += 1;
    }
    let end = host(text, start);
    port(text, end);
}

/// Where the host ends that starts at `start`.
#[track_caller]
const fn host(text: &[u8], start: usize) -> usize {
    let (mut at, mut label) = (start, start);
    loop {
        if at == text.len() || text[at] == b'.' || text[at] == b':' {
            assert!(
                at > label && at - label <= 63 && text[label] != b'-' && text[at - 1] != b'-',
                "this is no host's name: between its dots stand letters, digits and, not at an end, `-`"
            );
            if at == text.len() || text[at] == b':' {
                assert!(
                    text[label].is_ascii_lowercase(),
                    "an IP address is no origin here: browsers compare names only"
                );
                assert!(at - start <= 253, "a host's name has at most 253 letters");
                return at;
            }
            label = at + 1;
        }
        at += 1;
    }
}

/// `:8443` at `at`, or nothing.
#[track_caller]
const fn port(text: &[u8], at: usize) {
    if at == text.len() {
        return;
    }
    let (mut number, mut digit) = (0, at + 1);
    while digit < text.len() && number <= 65535 {
        assert!(
            text[digit].is_ascii_digit(),
            "behind `:` stands a port: `https://tiles.example.org:8443`"
        );
        number = number * 10 + (text[digit] - b'0') as u32;
        digit += 1;
    }
    assert!(
        at + 1 < text.len() && text[at + 1] != b'0' && number <= 65535,
        "a port is a number from 1 to 65535: `https://tiles.example.org:8443`"
    );
    assert!(number != 443, "443 is the port of `https:`: leave it out");
}

/// Where `text` goes on behind `start`; 0 if it does not start so.
const fn after(text: &[u8], start: &[u8]) -> usize {
    let mut at = 0;
    while at < start.len() {
        if at == text.len() || text[at] != start[at] {
            return 0;
        }
        at += 1;
    }
    at
}

/// What to do about a form that the page's policy does not send.
pub(crate) fn form_held_back(origin: &str) -> String {
    format!(
        "its page has a form to {origin}, which the content security policy does not send: write \
         `csp = Csp::strict().forms_to(\"{origin}\")` in the `#[view(…)]` of every view that shows the page, or \
         `.csp(…)` on the `App` if every page has it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(origin: &'static str) -> Option<String> {
        let made = std::panic::catch_unwind(|| Csp::strict().images_from(origin));
        made.err().map(|told| match told.downcast::<String>() {
            Ok(told) => *told,
            Err(told) => (*told.downcast::<&str>().unwrap()).to_owned(),
        })
    }

    #[test]
    fn an_exact_origin_is_taken() {
        for origin in [
            "https://tile.example.org",
            "https://a",
            "https://a-b.c1.example:8443",
            "https://xn--bcher-kva.example",
            "https://1.example:1",
            "https://example.org:65535",
        ] {
            assert_eq!(refusal(origin), None, "{origin}");
        }
    }

    #[test]
    fn two_policies_let_in_what_both_name() {
        const BOTH: Csp = Csp::strict()
            .own_media()
            .and(Csp::strict().images_from("https://a.example").data_images());
        assert_eq!(
            format!("{BOTH:?}"),
            r#"{"media-src 'self'", "img-src https://a.example", "img-src data:"}"#
        );
    }

    /// ASVS 3.4.3, CWE-693, CWE-113. Attack: a source that lets in more than one origin, or that begins another directive.
    #[test]
    fn what_is_more_than_one_origin_is_refused() {
        for (origin, told) in [
            ("", "with its scheme"),
            ("https:", "with its scheme"),
            ("'self'", "with its scheme"),
            ("'unsafe-inline'", "with its scheme"),
            ("data:", "with its scheme"),
            ("*", "with its scheme"),
            ("tile.example.org", "with its scheme"),
            ("HTTPS://tile.example.org", "with its scheme"),
            (" https://tile.example.org", "with its scheme"),
            ("wss://tile.example.org", "with its scheme"),
            ("http://tile.example.org", "is `https:`"),
            ("https://*", "no wildcard"),
            ("https://*.example.org", "no wildcard"),
            ("https://example.org:*", "no wildcard"),
            ("https://example.org/", "leave out the `/`"),
            ("https://example.org/tiles/", "leave out the `/`"),
            ("https://example.org?a", "leave out the `/`"),
            ("https://example.org#a", "leave out the `/`"),
            ("https://", "no host's name"),
            ("https://:8443", "no host's name"),
            ("https://example..org", "no host's name"),
            ("https://.example.org", "no host's name"),
            ("https://example.org.", "no host's name"),
            ("https://-a.example", "no host's name"),
            ("https://a-.example", "no host's name"),
            ("https://me@example.org", "names nobody"),
            ("https://Example.org", "in lower case"),
            ("https://b\u{fc}cher.example", "xn--"),
            ("https://192.0.2.1", "IP address"),
            ("https://[2001:db8::1]", "nothing else"),
            ("https://0x7f.1", "IP address"),
            ("https://example.org:", "1 to 65535"),
            ("https://example.org:0", "1 to 65535"),
            ("https://example.org:065", "1 to 65535"),
            ("https://example.org:65536", "1 to 65535"),
            ("https://example.org:99999999999999", "1 to 65535"),
            ("https://example.org:1:2", "stands a port"),
            ("https://example.org:x", "stands a port"),
            ("https://example.org:443", "leave it out"),
            ("https://a.example; script-src *", "nothing else"),
            ("https://a.example;script-src", "nothing else"),
            ("https://a.example,https:", "nothing else"),
            ("https://a.example 'unsafe-inline'", "nothing else"),
            ("https://a.example'", "nothing else"),
            ("https://a.example\"", "nothing else"),
            ("https://a_b.example", "nothing else"),
            ("https://a.example\r\nx", "nothing else"),
            ("https://a.example\0", "nothing else"),
            ("https://a.example\\b", "nothing else"),
            ("https://a%2eexample", "nothing else"),
        ] {
            let refused = refusal(origin);
            assert!(
                refused.as_ref().is_some_and(|refused| refused.contains(told)),
                "{origin:?}: {refused:?}"
            );
        }
    }
}
