//! Whether a word looks like an e-mail address (Django's `EmailValidator`, ASCII part).

/// Whether `text` looks like an address.
pub fn looks_like_email(text: &str) -> bool {
    if text.len() > 320 || !text.contains('@') {
        return false;
    }
    let Some((user, domain)) = text.rsplit_once('@') else {
        return false;
    };
    user_part(user) && domain_part(domain)
}

fn user_part(user: &str) -> bool {
    if user.len() >= 2 && user.starts_with('"') && user.ends_with('"') {
        let mut escaped = false;
        return user[1..user.len() - 1].bytes().all(|b| {
            if escaped {
                escaped = false;
                return (1..=0x7f).contains(&b) && b != b'\n' && b != b'\r';
            }
            match b {
                b'\\' => {
                    escaped = true;
                    true
                }
                b'"' | b'\n' | b'\r' | 0 => false,
                _ => b < 0x80,
            }
        });
    }
    !user.is_empty()
        && user.split('.').all(|atom| {
            !atom.is_empty()
                && atom
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-!#$%&'*+/=?^_`{}|~".contains(&b))
        })
}

/// Labels with a last one of letters, two at least.
pub fn domain_part(domain: &str) -> bool {
    if let Some(address) = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        return address.parse::<std::net::IpAddr>().is_ok();
    }
    let labels: Vec<&str> = domain.trim_end_matches('.').split('.').collect();
    let Some((last, others)) = labels.split_last() else {
        return false;
    };
    let letter = |c: char| c.is_ascii_alphanumeric() || c >= '\u{a1}';
    let label = |l: &&str| {
        !l.is_empty()
            && l.chars().count() <= 63
            && l.chars().all(|c| letter(c) || c == '-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    !others.is_empty()
        && others.iter().all(label)
        && label(last)
        && last.chars().count() >= 2
        && last
            .chars()
            .all(|c| !c.is_ascii_digit() || last.starts_with("xn--"))
        && domain.len() <= 255
        && !domain.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert!(looks_like_email("me@example.com") && looks_like_email("a.b+c@x-y.co"));
        assert!(
            !looks_like_email("me@")
                && !looks_like_email("@x.com")
                && !looks_like_email("a..b@x.com")
                && !looks_like_email("a@b")
        );
    }
}
