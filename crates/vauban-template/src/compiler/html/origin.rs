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
    match url.split_once(':') {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.chars().all(in_scheme) => {
            rest.starts_with('/') || is_web(scheme)
        }
        _ => url.starts_with("//"),
    }
}

/// Whether a literal text names no origin, whatever follows it, and is no word by itself either.
pub(super) fn names_none(text: &str) -> bool {
    let url = normal(text);
    let rest = url.trim_start_matches(in_scheme);
    let scheme = &url[..url.len() - rest.len()];
    let mut after = rest.chars();
    match (after.next(), after.next()) {
        // A reference may be any character.
        (None | Some('&'), _) | (Some(':' | '/'), None | Some('&')) => false,
        (Some(':'), Some('/')) => scheme.is_empty(),
        (Some(':'), _) => !is_web(scheme),
        (Some('/'), Some('/')) => !scheme.is_empty(),
        _ => true,
    }
}

fn in_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn is_web(scheme: &str) -> bool {
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
}

/// An address as browsers read it.
fn normal(url: &str) -> String {
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    url.trim_matches(|c: char| c <= ' ').replace('\\', "/")
}
