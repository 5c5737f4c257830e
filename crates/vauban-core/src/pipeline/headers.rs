//! The headers that every answer carries, made once (ASVS 3.4, CWE-693, CWE-1021).

use ::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::settings::{Hsts, Settings};

/// The headers that do not depend on the answer, made once.
#[derive(Debug)]
pub(crate) struct Headers {
    pub(super) document: HeaderMap,
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
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut document = HeaderMap::with_capacity(24);
        for (name, value) in COMMON {
            document.insert(HeaderName::from_static(name), fixed(value));
        }
        let mut other = document.clone();
        other.insert(header::CONTENT_SECURITY_POLICY, fixed(CSP_OTHER));
        document.insert(
            HeaderName::from_static("cross-origin-embedder-policy"),
            fixed("require-corp"),
        );
        // Not in a sandbox, which has an origin of its own: Chromium warns there.
        document.insert(HeaderName::from_static("origin-agent-cluster"), fixed("?1"));
        Self {
            document,
            other,
            hsts: hsts(&settings.hsts),
        }
    }
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
