//! `waivers.lock`: one line per signed exception, `wall | module path | reason | places`.
//!
//! No line numbers: moving code stays quiet. The number of places is the one thing that a check at
//! compile time cannot see; the command `waivers` compares it.

/// Whether a reason says something: at least four words, 16 bytes.
pub const fn substantial(reason: &str) -> bool {
    let bytes = reason.as_bytes();
    let (mut words, mut inside, mut i) = (0, false, 0);
    while i < bytes.len() {
        let letter = bytes[i].is_ascii_alphanumeric() || bytes[i] >= 0x80;
        // CWE-93: a line break or a bar would forge another entry of the lock.
        if bytes[i] < 0x20 || bytes[i] == b'|' {
            return false;
        }
        if letter && !inside {
            words += 1;
        }
        inside = letter || (inside && matches!(bytes[i], b'\'' | b'-' | b'_'));
        i += 1;
    }
    words >= 4 && bytes.len() >= 16
}

/// Whether `lock` has a line that starts with `entry`.
pub const fn signed(lock: &str, entry: &str) -> bool {
    let (lock, entry) = (lock.as_bytes(), entry.as_bytes());
    let mut start = 0;
    while start < lock.len() {
        let mut i = 0;
        while i < entry.len() && start + i < lock.len() && lock[start + i] == entry[i] {
            i += 1;
        }
        if i == entry.len() {
            return true;
        }
        while start < lock.len() && lock[start] != b'\n' {
            start += 1;
        }
        start += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_four_words() {
        assert!(substantial("the nightly digest counts all tenants' tasks"));
        for thin in [
            "",
            "ok",
            "we need this",
            "a b c",
            "x | y | z | w | v",
            "one two three\nfour five",
        ] {
            assert!(!substantial(thin), "{thin:?}");
        }
    }

    #[test]
    fn an_entry_starts_a_line() {
        let lock = "# comment\nUnscoped | demo::digest | it counts | 1\n";
        assert!(signed(lock, "Unscoped | demo::digest | it counts | "));
        assert!(!signed(lock, "scoped | demo::digest | it counts | "));
        assert!(!signed(lock, "Unscoped | demo::digest | it counts, too | "));
        assert!(!signed("", "Unscoped | a | b | "));
    }
}
