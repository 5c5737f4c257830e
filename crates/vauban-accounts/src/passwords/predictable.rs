//! Passwords that only look long: `aaaaaaaaaaaa`, `abcabcabcabc`, `qwertyuiop12`, `1q2w3e4r5t6y`.
//!
//! Guessers try repetitions, rows and runs on the keyboard before anything else (CWE-521; NIST SP 800-63B §5.1.1.2
//! names "repetitive or sequential characters"). The rule: a character counts only if those before it do not tell what
//! it is, and at least seven have to count. It is told if, looking back in steps of one, two, three or four characters,
//! it
//!
//! * repeats (`aaaa`, `abcabcabc`),
//! * goes on in a row of its script, up or down (`1234`, `zyxw`, `a1b2c3`),
//! * goes on in a direction of the keyboard (`qwerty`, `lkjhgf`, `qazwsxedc`).
//!
//! No estimator is asked: zxcvbn 3 brings 30,000 words, regular expressions and a model of dates, for what these lines
//! say; common words are on the list of common passwords.

/// The fewest characters that must count.
const LEAST: usize = 7;
/// The longest step that is looked back.
const STEPS: usize = 4;

/// Rows of a keyboard, each a half key further right; with shift or not is the same key.
const KEYS: [(&str, &str); 4] = [
    ("`1234567890-=", "~!@#$%^&*()_+"),
    ("qwertyuiop[]\\", "qwertyuiop{}|"),
    ("asdfghjkl;'", "asdfghjkl:\""),
    ("zxcvbnm,./", "zxcvbnm<>?"),
];

/// Whether fewer than seven characters count. Work is linear in the text.
pub(super) fn is_predictable(password: &str) -> bool {
    let text: Vec<char> = repeated(password).chars().flat_map(char::to_lowercase).collect();
    // What is too short is told so by its length.
    if password.chars().count() < LEAST {
        return false;
    }
    let told = |at: usize| (1..=STEPS).any(|step| at >= step && is_told(&text, at, step));
    (0..text.len()).filter(|at| !told(*at)).take(LEAST).count() < LEAST
}

/// The text that the whole consists of over and over: `abc` for `abcabcabc`; the text itself for any other.
pub(super) fn repeated(text: &str) -> &str {
    let bytes = text.as_bytes();
    // The longest border of each prefix (Knuth, Morris, Pratt), so that the work is linear (CWE-400).
    let mut border = vec![0_usize; bytes.len()];
    for at in 1..bytes.len() {
        let mut length = border[at - 1];
        while length > 0 && bytes[length] != bytes[at] {
            length = border[length - 1];
        }
        border[at] = length + usize::from(bytes[length] == bytes[at]);
    }
    let period = bytes.len() - border.last().copied().unwrap_or(0);
    if period > 0 && bytes.len().is_multiple_of(period) {
        text.get(..period).unwrap_or(text)
    } else {
        text
    }
}

fn is_told(text: &[char], at: usize, step: usize) -> bool {
    let (this, last) = (text[at], text[at - step]);
    if this == last && (step == 1 || at >= 2 * step - 1 && text[at - 1] == text[at - 1 - step]) {
        return true;
    }
    let Some(before) = at.checked_sub(2 * step).map(|at| text[at]) else {
        return false;
    };
    let row = (
        i64::from(u32::from(this)) - i64::from(u32::from(last)),
        i64::from(u32::from(last)) - i64::from(u32::from(before)),
    );
    if row.0 == row.1 && row.0.abs() == 1 {
        return true;
    }
    let (Some(a), Some(b), Some(c)) = (key(before), key(last), key(this)) else {
        return false;
    };
    let run = (c.0 - b.0, c.1 - b.1);
    run == (b.0 - a.0, b.1 - a.1) && run != (0, 0) && run.0.abs() <= 1 && run.1.abs() <= 1
}

/// Where a key is: its row, and its place in it.
fn key(c: char) -> Option<(i32, i32)> {
    KEYS.iter().zip(0..).find_map(|((plain, shifted), row)| {
        let place = |keys: &str| {
            keys.chars()
                .zip(0..)
                .find(|(key, _)| *key == c)
                .map(|(_, place)| place)
        };
        let column: i32 = place(plain).or_else(|| place(shifted))?;
        // The first row begins one key to the left.
        Some((row, if row == 0 { column - 1 } else { column }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CWE-521
    #[test]
    fn what_only_looks_long_is_told() {
        for weak in [
            "aaaaaaaaaaaa",
            "            ",
            "abababababab",
            "abcabcabcabc",
            "abcdefghijkl",
            "zyxwvutsrqpo",
            "123456789012",
            "987654321098",
            "qwertyuiop12",
            "poiuytrewqlk",
            "asdfghjkl;'#",
            "1q2w3e4r5t6y",
            "qazwsxedcrfv",
            "!@#$%^&*()_+",
            "a1b2c3d4e5f6",
            "aaaabbbbcccc",
            "112233445566",
            "AAAAAAAAAAAA",
            "aAaAaAaAaAaA",
            "ääääääääääää",
            "абвгдежзийкл",
            "あああああああああああ",
            "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
            "abcd1234abcd1234",
            "qwerty123456",
            "aaaaaa123456",
            "1111222233334444",
            "qwertyqwerty",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        ] {
            assert!(is_predictable(weak), "{weak}");
        }
    }

    #[test]
    fn what_is_long_is_not() {
        for good in [
            "twelve chars",
            "correct horse battery staple",
            "Tr0ub4dor&3xyz",
            "mississippi river",
            "🦀🐙🦑🦐🦞🐚🐌🐛🦋🐝🐞🕷",
            "the quick brown fox",
            "Пароль подлиннее",
            "hunter2hunter3",
            "x9$Lm2@vQ7!p",
            "passe-partout",
            "0a3f9c5e7b1d",
            "良いパスワードを選びました",
        ] {
            assert!(!is_predictable(good), "{good}");
        }
    }

    #[test]
    fn a_repetition_is_what_it_repeats() {
        for (text, unit) in [
            ("passwordpassword", "password"),
            ("aaaa", "a"),
            ("abcab", "abcab"),
            ("", ""),
            ("ää", "ä"),
        ] {
            assert_eq!(repeated(text), unit);
        }
        // CWE-400: linear in the longest password.
        assert_eq!(repeated(&"ab".repeat(512)), "ab");
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 20_000, "values"))]

            #[test]
            fn any_text_has_an_answer(text in "\\PC{0,40}") {
                let _ = is_predictable(&text);
                let unit = repeated(&text);
                proptest::prop_assert!(unit.is_empty() || unit.repeat(text.len() / unit.len()) == text);
            }
        }
    }
}
