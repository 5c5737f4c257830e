//! Whether a secret key is strong enough to sign with.

/// Fewest characters of a key. Django warns below 50 (security.W009); Vauban does not serve.
pub(crate) const LEAST_LENGTH: usize = 50;
/// Least estimated entropy in bits.
const LEAST_BITS: f64 = 128.0;

/// What stands in examples, templates and tutorials: whoever has read them has the key (CWE-798, CWE-1392).
const KNOWN: &[&str] = &[
    "django-insecure-",
    "vauban-development-",
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "changethis",
    "replace-me",
    "replaceme",
    "insecure",
    "example",
    "password",
    "secret-key",
    "secret_key",
    "secretkey",
    "your-secret",
    "your_secret",
    "not-a-secret",
    "notasecret",
    "dummy",
    "default",
    "placeholder",
    "0123456789",
    "abcdefghij",
    "qwertyuiop",
];

/// Why `key` is too weak, in words that do not repeat it; `None` if it is strong enough.
///
/// The estimate is from above: text that repeats itself or runs along an alphabet counts once, the rest counts
/// its own letter frequencies. A generated key passes by far; a sentence or a pattern does not get by on length.
pub(super) fn weakness(key: &str) -> Option<String> {
    let length = key.chars().count();
    if length == 0 {
        return Some("is not set".into());
    }
    let lower = key.to_lowercase();
    if let Some(known) = KNOWN.iter().find(|known| lower.contains(*known)) {
        return Some(format!(
            "contains `{known}`, which stands in examples that anyone can read"
        ));
    }
    if length < LEAST_LENGTH {
        return Some(format!(
            "has {length} characters; at least {LEAST_LENGTH} are needed"
        ));
    }
    let bits = entropy(&key.chars().collect::<Vec<_>>());
    if bits < LEAST_BITS {
        return Some(format!(
            "has about {bits:.0} bits of entropy; at least {LEAST_BITS:.0} are needed"
        ));
    }
    None
}

/// Bits of entropy, estimated from above.
fn entropy(key: &[char]) -> f64 {
    let unit = &key[..period(key)];
    // A character that continues a run (`aaaa`, `abcd`, `9876`) says nothing new.
    let step = |i: usize| i64::from(u32::from(unit[i])) - i64::from(u32::from(unit[i - 1]));
    let fresh = (0..unit.len())
        .filter(|&i| i < 2 || step(i) != step(i - 1))
        .count();
    #[allow(clippy::cast_precision_loss)] // a key's length
    let (fresh, total) = (fresh as f64, unit.len() as f64);
    let mut sorted = unit.to_vec();
    sorted.sort_unstable();
    #[allow(clippy::cast_precision_loss)]
    let per_character: f64 = sorted
        .chunk_by(|a, b| a == b)
        .map(|same| {
            let share = same.len() as f64 / total;
            -share * share.log2()
        })
        .sum();
    fresh * per_character
}

/// The length of the shortest piece that repeats to give the whole (the last repeat may be cut off).
fn period(key: &[char]) -> usize {
    (1..key.len())
        .find(|&p| key.iter().zip(&key[p..]).all(|(a, b)| a == b))
        .unwrap_or(key.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, Engine};

    #[test]
    fn generated_keys_pass() {
        for _ in 0..200 {
            let mut bytes = [0u8; 48];
            getrandom::fill(&mut bytes).unwrap();
            let base64 = BASE64_STANDARD.encode(bytes);
            assert_eq!(weakness(&base64), None, "{base64}");
            let hex: String = bytes[..25].iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(weakness(&hex), None, "{hex}");
        }
    }

    #[test]
    fn guessable_keys_do_not_pass() {
        // CWE-521, CWE-798, CWE-1392, ASVS v5.0.0-11.2.3.
        for weak in [
            String::new(),
            "short but r4ndom: kP9x".into(),
            "x".repeat(64),
            "abcde".repeat(10), // passes Django's `check --deploy`
            "correct-horse".repeat(6),
            ('a'..='z').chain('A'..='Z').collect(),
            format!("django-insecure-{}", "k3!x9_Qz".repeat(7)),
            format!("CHANGEME{}", "k3!x9_Qzp0ad".repeat(6)),
        ] {
            assert!(weakness(&weak).is_some(), "{weak}");
        }
    }

    #[test]
    fn the_reason_does_not_tell_the_key() {
        let key = "kP9xQ!".repeat(3);
        assert!(!weakness(&key).unwrap().contains("kP9x"));
    }
}
