//! Whose a literal address is.

/// Whether a literal address leaves this origin.
pub(super) fn foreign_origin(url: &str) -> bool {
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let url = url.trim_matches(|c: char| c <= ' ').replace('\\', "/");
    if url.starts_with("//") {
        return true;
    }
    let end = url.find(['/', '?', '#']).unwrap_or(url.len());
    url[..end].contains(':')
}

/// The origin of a literal address that leaves this one, as far as it is written: `https://pay.example`.
pub(super) fn origin(url: &str) -> String {
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let url = url.trim_matches(|c: char| c <= ' ').replace('\\', "/");
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
