//! Whose a literal address is.

/// Whether a literal address leaves this origin.
pub(super) fn foreign_origin(url: &str) -> bool {
    let url = normal(url);
    if url.starts_with("//") {
        return true;
    }
    let end = url.find(['/', '?', '#']).unwrap_or(url.len());
    url[..end].contains(':')
}

/// The origin of a literal address that leaves this one, as far as it is written: `https://pay.example`.
pub(super) fn origin(url: &str) -> String {
    let url = normal(url);
    let (scheme, rest) = match url.strip_prefix("//") {
        Some(rest) => ("https:", rest),
        None => match url.split_once(':') {
            Some((scheme, rest)) => (&url[..=scheme.len()], rest.trim_start_matches('/')),
            None => ("", url.as_str()),
        },
    };
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "https:" | "http:") {
        return scheme;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    format!("{scheme}//{}", rest[..end].to_ascii_lowercase())
}

/// Whether a literal text that a script may take for an address names an origin. `cart:add` does not, nor does a sentence.
pub(super) fn names_origin(text: &str) -> bool {
    let url = normal(text);
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    match url.split_once(':') {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.chars().all(in_scheme) => {
            rest.starts_with('/') || matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        }
        _ => url.starts_with("//"),
    }
}

/// An address as browsers read it.
fn normal(url: &str) -> String {
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    url.trim_matches(|c: char| c <= ' ').replace('\\', "/")
}
