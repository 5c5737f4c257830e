//! `srcset`: a list of addresses with widths or densities, separated by commas.

use super::url::{self, BLOCKED};

/// Each candidate's scheme and descriptor are checked; a refused candidate leads nowhere.
pub fn srcset(value: &str, out: &mut String) {
    for (i, candidate) in value.split(',').enumerate() {
        if i > 0 {
            out.push(',');
        }
        one(candidate, out);
    }
}

fn one(candidate: &str, out: &mut String) {
    let trimmed = candidate.trim_matches(|c: char| c.is_ascii_whitespace());
    let lead = candidate.len()
        - candidate
            .trim_start_matches(|c: char| c.is_ascii_whitespace())
            .len();
    let (address, descriptor) = trimmed
        .split_once(|c: char| c.is_ascii_whitespace())
        .unwrap_or((trimmed, ""));
    let fine = descriptor
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '.' || c.is_ascii_whitespace());
    if url::harmless_scheme(address) && fine {
        out.push_str(&candidate[..lead]);
        url::path(address, out);
        let rest = &candidate[lead + address.len()..];
        out.push_str(rest);
    } else {
        out.push_str(BLOCKED);
    }
}

/// One address of several, whole or its start: the scheme is checked, no comma ends the candidate, and what has a space in it
/// is more than an address.
pub fn candidate(value: &str, out: &mut String) {
    let value = value.trim_matches(|c: char| c.is_ascii_whitespace());
    if url::harmless_scheme(value) && !value.contains(|c: char| c.is_ascii_whitespace()) {
        candidate_path(value, out);
    } else {
        out.push_str(BLOCKED);
    }
}

/// In the path of one of several addresses.
pub fn candidate_path(value: &str, out: &mut String) {
    for (i, part) in value.split(',').enumerate() {
        if i > 0 {
            out.push_str("%2c");
        }
        url::path(part, out);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn candidates() {
        let run = |value: &str| {
            let mut out = String::new();
            super::srcset(value, &mut out);
            out
        };
        assert_eq!(run("/a.png 1x, /b.png 2x"), "/a.png 1x, /b.png 2x");
        assert_eq!(
            run("/bogus#, javascript:alert(1)"),
            "/bogus#,about:invalid#blocked"
        );
        assert_eq!(run("/a 2x\""), "about:invalid#blocked");
    }
}
