//! Filters that write or read markup.

/// Removes whitespace between tags: `>\s+<` becomes `><`.
pub fn strip_spaces_between_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('>') {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let after = rest.trim_start();
        if after.starts_with('<') {
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
