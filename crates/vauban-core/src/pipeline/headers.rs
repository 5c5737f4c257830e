//! The headers that every answer carries, made once (ASVS 3.4, CWE-693, CWE-1021).

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap};

use ::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::http::{Csp, Directive, OWN, Source};
use crate::settings::{Hsts, Settings};

/// The headers that do not depend on the answer, made once.
#[derive(Debug)]
pub(crate) struct Headers {
    document: Document,
    /// Of views whose pages let in more than the site's.
    of_views: HashMap<TypeId, Document>,
    pub(super) other: HeaderMap,
    pub(super) hsts: Option<HeaderValue>,
}

pub(super) const fn fixed(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

/// Only names that every engine knows: Chromium warns of others on the console of each page.
const COMMON: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    // Never `no-referrer`: our own pages' posts would then say `Origin: null`.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-permitted-cross-domain-policies", "none"),
    ("x-frame-options", "DENY"),
    (
        "permissions-policy",
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(self), \
         geolocation=(), gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), \
         payment=(), picture-in-picture=(), publickey-credentials-get=(self), screen-wake-lock=(), serial=(), \
         usb=(), xr-spatial-tracking=()",
    ),
];

/// What is not a document may load nothing and be framed by nobody.
pub(super) const CSP_OTHER: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

impl Headers {
    /// `site` is what every page of the site lets in; `views`, what their pages let in besides.
    pub(crate) fn new<'a>(
        settings: &Settings,
        site: &Csp,
        views: impl Iterator<Item = (TypeId, [&'a Csp; 2])>,
    ) -> Self {
        let mut other = common();
        other.insert(header::CONTENT_SECURITY_POLICY, fixed(CSP_OTHER));
        let site: BTreeSet<Source> = site.sources().iter().copied().collect();
        let mut of_views = HashMap::new();
        for (view, own) in views {
            let own = own.into_iter().flat_map(Csp::sources);
            let all: BTreeSet<Source> = site.iter().chain(own).copied().collect();
            if all != site {
                of_views.insert(view, Document::new(all));
            }
        }
        Self {
            document: Document::new(site),
            of_views,
            other,
            hsts: hsts(&settings.hsts),
        }
    }

    /// Those of a page at the address of a view, or at none: a page that answers in the view's place, with an error or by a
    /// layer, is shown where its page would be.
    pub(super) fn document(&self, view: Option<TypeId>) -> &Document {
        view.filter(|_| !self.of_views.is_empty())
            .and_then(|view| self.of_views.get(&view))
            .unwrap_or(&self.document)
    }
}

fn common() -> HeaderMap {
    let mut common = HeaderMap::with_capacity(24);
    for (name, value) in COMMON {
        common.insert(HeaderName::from_static(name), fixed(value));
    }
    common
}

/// The headers of a page, made once: but for the nonce, nothing of a request is in them.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) headers: HeaderMap,
    lets_in: BTreeSet<Source>,
    /// The policy's text before, between and behind its two nonces.
    policy: [String; 3],
    /// The policy of a page in which nothing has a nonce.
    without_nonce: HeaderValue,
}

impl Document {
    fn new(lets_in: BTreeSet<Source>) -> Self {
        let mut headers = common();
        let foreign = |directive| of(&lets_in, directive).any(Source::is_foreign);
        let loads = [Directive::Styles, Directive::Images, Directive::Media];
        // Frames of others say nothing of embedding, as a rule; only without this header are they shown. For what else is
        // loaded from elsewhere `credentialless` does, by which no cookie goes along; Safari, which does not know it, loads as
        // if it were not there.
        let embeds = match foreign(Directive::Frames) {
            true => None,
            false if loads.into_iter().any(foreign) => Some("credentialless"),
            false => Some("require-corp"),
        };
        if let Some(embeds) = embeds {
            headers.insert(
                HeaderName::from_static("cross-origin-embedder-policy"),
                fixed(embeds),
            );
        }
        // Not in a sandbox, which has an origin of its own: Chromium warns there.
        headers.insert(HeaderName::from_static("origin-agent-cluster"), fixed("?1"));
        // CWE-1021: it names no origins, and where it stands it is not for the policy to say more.
        if foreign(Directive::FramedBy) {
            headers.remove(header::X_FRAME_OPTIONS);
        } else if of(&lets_in, Directive::FramedBy).next().is_some() {
            headers.insert(header::X_FRAME_OPTIONS, fixed("SAMEORIGIN"));
        }
        if let Some(permissions) = permissions(&lets_in) {
            headers.insert(HeaderName::from_static("permissions-policy"), permissions);
        }
        let policy = policy(&lets_in);
        let without_nonce = format!(
            "{NO_NONCE}{}{}",
            styles(&lets_in),
            policy[2].trim_start_matches('\'')
        );
        Self {
            headers,
            lets_in,
            policy,
            without_nonce: HeaderValue::try_from(without_nonce).unwrap_or(fixed(CSP_OTHER)),
        }
    }

    /// Whether its policy sends forms to `origin`.
    pub(super) fn sends_forms_to(&self, origin: &str) -> bool {
        of(&self.lets_in, Directive::Forms).any(|source| source.from == origin)
    }

    /// Whether another origin may frame it.
    pub(super) fn is_framed_elsewhere(&self) -> bool {
        of(&self.lets_in, Directive::FramedBy).any(Source::is_foreign)
    }

    /// CWE-79: the second line behind the escaper. Script needs this answer's nonce, whatever its source.
    pub(super) fn policy(&self, nonce: &str) -> HeaderValue {
        let [before, between, behind] = &self.policy;
        let length = before.len() + between.len() + behind.len() + 2 * nonce.len();
        let mut text = String::with_capacity(length);
        for part in [before, nonce, between, nonce, behind] {
            text.push_str(part);
        }
        HeaderValue::try_from(text).unwrap_or(fixed(CSP_OTHER))
    }
}

impl Document {
    /// CWE-323, CWE-79: what caches keep for everybody has no nonce that everybody knows; no script runs in it.
    pub(super) fn policy_without_nonce(&self) -> HeaderValue {
        self.without_nonce.clone()
    }
}

/// How a policy begins that lets no script run.
const NO_NONCE: &str = "default-src 'none'; script-src 'none'; ";

fn of(lets_in: &BTreeSet<Source>, directive: Directive) -> impl Iterator<Item = &Source> {
    lets_in.iter().filter(move |source| source.directive == directive)
}

/// The policy's text round its two nonces.
fn policy(lets_in: &BTreeSet<Source>) -> [String; 3] {
    let with = |directive, strict| with(lets_in, directive, strict);
    let framed_by = match of(lets_in, Directive::FramedBy).next() {
        None => with(Directive::FramedBy, "'none'"),
        Some(_) => with(Directive::FramedBy, ""),
    };
    let mut behind = String::from("'; ");
    for part in [
        with(Directive::Images, OWN),
        with(Directive::Fonts, OWN),
        with(Directive::Media, ""),
        with(Directive::Frames, ""),
        with(Directive::Connect, OWN),
        "manifest-src 'self'; ".to_owned(),
        with(Directive::Forms, OWN),
        "base-uri 'none'; ".to_owned(),
        framed_by,
        "object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'".to_owned(),
    ] {
        behind.push_str(&part);
    }
    [
        "default-src 'none'; script-src 'nonce-".to_owned(),
        format!("' 'strict-dynamic'; {} 'nonce-", styles(lets_in)),
        behind,
    ]
}

fn styles(lets_in: &BTreeSet<Source>) -> String {
    with(lets_in, Directive::Styles, OWN)
        .trim_end_matches("; ")
        .to_owned()
}

/// A directive with its sources, if it has any.
fn with(lets_in: &BTreeSet<Source>, directive: Directive, strict: &str) -> String {
    let mut sources: Vec<&str> = of(lets_in, directive).map(|source| source.from).collect();
    if !strict.is_empty() {
        sources.insert(0, strict);
    }
    match sources.is_empty() {
        true => String::new(),
        false => format!("{} {}; ", directive.name(), sources.join(" ")),
    }
}

/// `Permissions-Policy` where frames of others play: what a player needs, for their origins alone. A page passes on only what it
/// may do itself, so that it may, too.
fn permissions(lets_in: &BTreeSet<Source>) -> Option<HeaderValue> {
    let frames: Vec<String> = of(lets_in, Directive::Frames)
        .filter(|source| source.is_foreign())
        .map(|source| format!("\"{}\"", source.from))
        .collect();
    if frames.is_empty() {
        return None;
    }
    let (_, strict) = COMMON.iter().find(|(name, _)| *name == "permissions-policy")?;
    let features = strict.split(", ").map(|feature| match feature.split_once('=') {
        Some((name @ ("autoplay" | "encrypted-media" | "fullscreen" | "picture-in-picture"), _)) => {
            format!("{name}=(self {})", frames.join(" "))
        }
        _ => feature.to_owned(),
    });
    HeaderValue::try_from(features.collect::<Vec<_>>().join(", ")).ok()
}

/// `Strict-Transport-Security` (RFC 6797), or nothing while the ramp is at 0.
pub(crate) fn hsts(hsts: &Hsts) -> Option<HeaderValue> {
    let seconds = hsts.max_age.as_secs();
    if seconds == 0 {
        return None;
    }
    let mut text = format!("max-age={seconds}");
    if hsts.include_subdomains {
        text.push_str("; includeSubDomains");
    }
    if hsts.preload {
        text.push_str("; preload");
    }
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: &str = "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; style-src 'self' 'nonce-N'; \
        img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
        frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    fn document(csp: Csp) -> Document {
        Document::new(csp.sources().iter().copied().collect())
    }

    fn header(document: &Document, name: &str) -> String {
        let value = document.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or("absent").to_owned()
    }

    /// ASVS 3.4.3. A widening adds its words to its directive, and changes nothing else of the strict policy.
    #[test]
    fn a_policy_is_the_strict_one_with_what_is_named() {
        const A: &str = "https://a.example";
        let text = |csp| document(csp).policy("N").to_str().unwrap().to_owned();
        assert_eq!(text(Csp::strict()), STRICT);
        let strict = Csp::strict;
        for (csp, was, is) in [
            (
                strict().own_media(),
                "connect-src",
                "media-src 'self'; connect-src",
            ),
            (
                strict().own_frames(),
                "connect-src",
                "frame-src 'self'; connect-src",
            ),
            (
                strict().media_from(A),
                "connect-src",
                "media-src https://a.example; connect-src",
            ),
            (
                strict().frames_from(A),
                "connect-src",
                "frame-src https://a.example; connect-src",
            ),
            (strict().data_images(), "img-src 'self'", "img-src 'self' data:"),
            (
                strict().images_from(A),
                "img-src 'self'",
                "img-src 'self' https://a.example",
            ),
            (strict().data_fonts(), "font-src 'self'", "font-src 'self' data:"),
            (
                strict().fonts_from(A),
                "font-src 'self'",
                "font-src 'self' https://a.example",
            ),
            (
                strict().styles_from(A),
                "style-src 'self'",
                "style-src 'self' https://a.example",
            ),
            (
                strict().connect_to(A),
                "connect-src 'self'",
                "connect-src 'self' https://a.example",
            ),
            (
                strict().forms_to(A),
                "form-action 'self'",
                "form-action 'self' https://a.example",
            ),
            (
                strict().framed_by(A),
                "frame-ancestors 'none'",
                "frame-ancestors https://a.example",
            ),
            (
                strict().framed_by_own(),
                "frame-ancestors 'none'",
                "frame-ancestors 'self'",
            ),
        ] {
            assert_eq!(text(csp), STRICT.replace(was, is), "{csp:?}");
        }
        let many = strict()
            .images_from("https://b.example")
            .own_media()
            .images_from(A)
            .images_from(A)
            .media_from(A);
        let wanted = STRICT
            .replace(
                "img-src 'self'",
                "img-src 'self' https://a.example https://b.example",
            )
            .replace("connect-src", "media-src 'self' https://a.example; connect-src");
        assert_eq!(text(many), wanted);
    }

    /// ASVS 3.4.3, CWE-79: whatever is widened, script needs the nonce, and neither plugins nor `<base>` nor sinks are open.
    #[test]
    fn no_widening_opens_scripts() {
        const A: &str = "https://a.example";
        let all = Csp::strict()
            .own_media()
            .own_frames()
            .data_images()
            .data_fonts()
            .images_from(A)
            .fonts_from(A);
        let all = all
            .media_from(A)
            .frames_from(A)
            .styles_from(A)
            .connect_to(A)
            .forms_to(A)
            .framed_by(A)
            .framed_by_own();
        let text = document(all).policy("N").to_str().unwrap().to_owned();
        for kept in [
            "default-src 'none'; script-src 'nonce-N' 'strict-dynamic'; style-src",
            "; base-uri 'none'; ",
            "; object-src 'none'; ",
            "; require-trusted-types-for 'script'; trusted-types 'none'",
        ] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        for never in ["unsafe", "*", "http:", "script-src-elem", "worker-src"] {
            assert!(!text.contains(never), "{never}: {text}");
        }
        // Without a nonce it is the same, and no script runs.
        let without = document(all).policy_without_nonce();
        let wanted = text
            .replace("'nonce-N' 'strict-dynamic'", "'none'")
            .replace(" 'nonce-N'", "");
        assert_eq!(without, wanted.as_str());
    }

    /// ASVS 3.4.6, 3.4.8: the headers that would stand against what the policy lets in give way, as far as it takes.
    #[test]
    fn other_headers_give_way_as_far_as_it_takes() {
        const A: &str = "https://a.example";
        const PERMISSIONS: &str = "permissions-policy";
        let strict = document(Csp::strict());
        for (csp, embeds, framed) in [
            (Csp::strict(), "require-corp", "DENY"),
            (
                Csp::strict().own_frames().own_media().data_images(),
                "require-corp",
                "DENY",
            ),
            // Asked for with CORS, or not embedded at all.
            (
                Csp::strict().fonts_from(A).connect_to(A).forms_to(A),
                "require-corp",
                "DENY",
            ),
            (Csp::strict().images_from(A), "credentialless", "DENY"),
            (Csp::strict().media_from(A), "credentialless", "DENY"),
            (Csp::strict().styles_from(A), "credentialless", "DENY"),
            (Csp::strict().images_from(A).frames_from(A), "absent", "DENY"),
            (Csp::strict().framed_by_own(), "require-corp", "SAMEORIGIN"),
            (Csp::strict().framed_by(A), "require-corp", "absent"),
            (
                Csp::strict().framed_by(A).framed_by_own(),
                "require-corp",
                "absent",
            ),
        ] {
            let is = document(csp);
            assert_eq!(header(&is, "cross-origin-embedder-policy"), embeds, "{csp:?}");
            assert_eq!(header(&is, "x-frame-options"), framed, "{csp:?}");
            assert_eq!(is.is_framed_elsewhere(), framed == "absent", "{csp:?}");
            for same in [
                "cross-origin-opener-policy",
                "cross-origin-resource-policy",
                "referrer-policy",
                "x-content-type-options",
                "origin-agent-cluster",
            ] {
                assert_eq!(header(&is, same), header(&strict, same), "{csp:?}: {same}");
            }
            if is.headers.contains_key("cross-origin-embedder-policy") {
                assert_eq!(header(&is, PERMISSIONS), header(&strict, PERMISSIONS), "{csp:?}");
            }
        }
        let player = document(
            Csp::strict()
                .own_frames()
                .frames_from("https://b.example:8443")
                .frames_from(A),
        );
        let both = "\"https://a.example\" \"https://b.example:8443\"";
        let wanted = header(&strict, PERMISSIONS)
            .replace("autoplay=()", &format!("autoplay=(self {both})"))
            .replace("encrypted-media=()", &format!("encrypted-media=(self {both})"))
            .replace(
                "picture-in-picture=()",
                &format!("picture-in-picture=(self {both})"),
            )
            .replace("fullscreen=(self)", &format!("fullscreen=(self {both})"));
        assert_eq!(header(&player, PERMISSIONS), wanted);
    }

    #[test]
    fn the_ramp() {
        let mut settings = crate::settings::Settings::defaults(crate::settings::Mode::Release).hsts;
        settings.max_age = std::time::Duration::from_secs(300);
        assert_eq!(hsts(&settings).unwrap(), "max-age=300");
        settings.include_subdomains = true;
        settings.preload = true;
        assert_eq!(
            hsts(&settings).unwrap(),
            "max-age=300; includeSubDomains; preload"
        );
        settings.max_age = std::time::Duration::ZERO;
        assert_eq!(hsts(&settings), None);
    }
}
