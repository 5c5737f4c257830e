//! Letters in either case as one, the same in every database: each becomes the small letter that Unicode gives it by itself,
//! whatever stands beside it and whatever the language.

/// A text in small letters. The sigma at a word's end is a sigma.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let small = text.chars().flat_map(char::to_lowercase);
    small
        .map(|letter| if letter == 'ς' { 'σ' } else { letter })
        .collect()
}

/// The same on PostgreSQL, in one walk through the text (CWE-400, CWE-407), by the Unicode of its ICU, which every server's
/// package has and a connection asks for. ICU alone looks at a letter's neighbours, for the sigma.
pub(crate) fn folded_on_postgres(of: &str) -> String {
    format!(
        "(CASE WHEN octet_length({of}) = length({of}) THEN lower({of} COLLATE \"C\") \
         ELSE replace(lower({of} COLLATE \"{ICU}\"), 'ς', 'σ') COLLATE \"C\" END)"
    )
}

/// ICU's rules for no language.
pub(crate) const ICU: &str = "und-x-icu";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_folded_each_by_itself() {
        for (text, small) in [
            ("ÄÖÜ ẞ Ñ Ż", "äöü ß ñ ż"),
            ("ΑΒΓ ΟΔΟΣ ὁδός", "αβγ οδοσ ὁδόσ"),
            ("ЖЯЁ", "жяё"),
            ("Ế", "ế"),
            ("Aİı", "ai\u{307}ı"),
            ("ԲԱՐԵՎ", "բարեվ"),
            ("日本", "日本"),
            ("Plain 1", "plain 1"),
        ] {
            assert_eq!(folded(text), small);
            assert_eq!(folded(small), small, "once is enough");
        }
    }
}
