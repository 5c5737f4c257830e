//! What can stand in a path that a route is written with: asked by the macros while compiling, and by the program at its
//! start, for what no macro wrote.

/// Whether this can be a segment between parameters.
#[doc(hidden)]
pub fn is_literal_segment(text: &str) -> bool {
    !text.is_empty()
        && !matches!(text, "." | "..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~@".contains(&b))
}

/// Whether tables of routes can be mounted here: it starts and ends with `/`, without parameters.
#[doc(hidden)]
pub fn is_prefix(text: &str) -> bool {
    let within = text.strip_prefix('/').and_then(|text| text.strip_suffix('/'));
    text == "/" || within.is_some_and(|within| within.split('/').all(is_literal_segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_whole_segments() {
        for good in ["/", "/admin/", "/a/b-c/", "/@me/"] {
            assert!(is_prefix(good), "{good}");
        }
        for bad in [
            "",
            "admin",
            "admin/",
            "/admin",
            "//",
            "/a//b/",
            "/{org}/",
            "/a/{*rest}/",
            "/../",
            "/a/./",
            "/%61/",
            "/a b/",
            "/\u{e9}/",
            "/a?b/",
            "/a\\b/",
        ] {
            assert!(!is_prefix(bad), "{bad}");
        }
    }
}
