//! The framework's scripts, for it to serve as static files: one updates named parts of a page in place, one keeps what
//! was typed in the tab until the site has taken it.

/// The text of `fragments.js`. It works under `require-trusted-types-for 'script'; trusted-types 'none'`: it
/// never turns a string into markup.
pub const FRAGMENTS_JS: &str = include_str!("fragments.js");

/// Its name below the site's static files: `{% static "vauban/fragments.js" %}`.
pub const FRAGMENTS_PATH: &str = "vauban/fragments.js";

/// The text of `typed.js`, which keeps what was typed in the tab until the site has taken it.
pub const TYPED_JS: &str = include_str!("typed.js");

/// Its name below the site's static files: `{% static "vauban/typed.js" %}`.
pub const TYPED_PATH: &str = "vauban/typed.js";

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
            assert!(!FRAGMENTS_JS.contains(sink) && !TYPED_JS.contains(sink), "{sink}");
        }
        assert!(FRAGMENTS_JS.contains(FRAGMENT_HEADER));
    }

    /// CWE-471, DOM clobbering: a property of a form or of a document is whatever has its name in the page.
    #[test]
    fn asks_no_form_and_no_document_by_name() {
        for object in ["form.", "document.", "answer.", "target.", "active."] {
            let mut found = FRAGMENTS_JS
                .lines()
                .chain(TYPED_JS.lines())
                .filter(|line| !line.trim_start().starts_with("//"))
                .filter(|line| {
                    line.match_indices(object)
                        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
                });
            assert_eq!(found.next(), None);
        }
    }
}
