//! The script that updates named parts of a page in place, for the framework to serve as a static file.

/// The text of `fragments.js`. It works under `require-trusted-types-for 'script'; trusted-types 'none'`: it
/// never turns a string into markup.
pub const FRAGMENTS_JS: &str = include_str!("fragments.js");

/// Its name below the site's static files: `{% static "vauban/fragments.js" %}`.
pub const FRAGMENTS_PATH: &str = "vauban/fragments.js";

/// The request header that names the part, and the response header that confirms it.
pub const FRAGMENT_HEADER: &str = "X-Fragment";

#[cfg(test)]
mod tests {
    use super::*;

    /// Trusted Types sinks (W3C Trusted Types, 4.1) must not appear.
    #[test]
    fn uses_no_trusted_types_sink() {
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "parseFromString",
            "createContextualFragment",
            "eval(",
            "Function(",
            "srcdoc",
            "setHTMLUnsafe",
        ] {
            assert!(!FRAGMENTS_JS.contains(sink), "{sink}");
        }
        assert!(FRAGMENTS_JS.contains(FRAGMENT_HEADER));
    }
}
