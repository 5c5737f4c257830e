//! Letters in either case as one, the same in every database, because what is folded stands here and not in a server's language.

use std::sync::LazyLock;

/// Blocks whose letters are folded, each by itself: Latin with its supplements, Greek, Cyrillic. ASCII is folded by every database.
const BLOCKS: [std::ops::RangeInclusive<u32>; 4] =
    [0xc0..=0x24f, 0x370..=0x52f, 0x1e00..=0x1eff, 0x1f00..=0x1fff];

/// The small letter of a letter, where it is one and not two.
fn small(letter: char) -> Option<char> {
    let mut small = letter.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) if one != letter => Some(one),
        _ => None,
    }
}

/// Capital letters beyond ASCII, and in the same places their small ones.
pub(crate) static LETTERS: LazyLock<(String, String)> = LazyLock::new(|| {
    let letters = BLOCKS.into_iter().flatten().filter_map(char::from_u32);
    letters
        .filter_map(|letter| Some((letter, small(letter)?)))
        .unzip()
});

/// A text in small letters, those of these blocks.
pub(crate) fn folded(text: &str) -> String {
    let fold = |letter: char| match u32::from(letter) {
        0..=0x7f => letter.to_ascii_lowercase(),
        number if BLOCKS.iter().any(|block| block.contains(&number)) => small(letter).unwrap_or(letter),
        _ => letter,
    };
    text.chars().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_folded_each_by_itself() {
        for (text, small) in [
            ("ÄÖÜ ẞ Ñ Ż", "äöü ß ñ ż"),
            ("ΑΒΓ Σ", "αβγ σ"),
            ("ЖЯЁ", "жяё"),
            ("Ế", "ế"),
            ("Aİı", "aİı"),
            ("日本", "日本"),
        ] {
            assert_eq!(folded(text), small);
        }
        assert_eq!(LETTERS.0.chars().count(), LETTERS.1.chars().count());
        assert!(!LETTERS.0.contains(['\'', '\\']), "it stands between quotes");
    }
}
