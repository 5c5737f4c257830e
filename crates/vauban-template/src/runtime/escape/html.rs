//! HTML text and quoted attributes.

/// A reference, filled up to eight bytes, and its length. Length 0: the character stays as it is.
struct Reference(&'static str, usize);

/// What is written for the ASCII characters up to `?`.
static REFERENCES: [Reference; 64] = {
    let mut table = [const { Reference("        ", 0) }; 64];
    // Django's spelling. NUL is no character of HTML: browsers would drop or replace it.
    table[0] = Reference("\u{FFFD}     ", 3);
    table[b'"' as usize] = Reference("&quot;  ", 6);
    table[b'&' as usize] = Reference("&amp;   ", 5);
    table[b'\'' as usize] = Reference("&#x27;  ", 6);
    table[b'<' as usize] = Reference("&lt;    ", 4);
    table[b'>' as usize] = Reference("&gt;    ", 4);
    table
};

/// Appends text with `&`, `<`, `>`, `"` and `'` as character references (CWE-79).
///
/// Eight bytes are looked at at once, and what stands between special characters is copied in one piece.
#[inline]
pub fn text(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    while let Some(piece) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let mut found = suspects(u64::from_le_bytes(*piece));
        while found != 0 {
            copied = replace(text, copied, at + (found.trailing_zeros() / 8) as usize, out);
            found &= found - 1;
        }
        at += 8;
    }
    while at < bytes.len() {
        if bytes[at] < 64 {
            copied = replace(text, copied, at, out);
        }
        at += 1;
    }
    out.push_str(&text[copied..]);
}

/// The high bit of every byte of eight that may need a reference: of all that do, and of `#`, `$`, `%` and `=`.
#[inline]
fn suspects(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let low = bytes & (ONES * 0x7F);
    // No byte of a sum or difference is below 0 or above 255: nothing runs over into the next byte.
    let between = |first: u8, last: u8| {
        (ONES * (0x80 + u64::from(last)) - low) & (low + ONES * (0x80 - u64::from(first)))
    };
    let zero = !(low + ONES * 0x7F);
    (between(b'"', b'\'') | between(b'<', b'>') | zero) & !bytes & (ONES * 0x80)
}

/// Appends what stands since `copied` and the reference for the byte at `at`, if it has one.
/// Returns how far the text is copied then.
#[inline(always)] // A call for each special character costs more than the replacement.
fn replace(text: &str, copied: usize, at: usize, out: &mut String) -> usize {
    match REFERENCES.get(text.as_bytes()[at] as usize) {
        Some(Reference(reference, length @ 1..)) => {
            push_first::<16>(&text[copied..], at - copied, out);
            push_first::<8>(reference, *length, out);
            at + 1
        }
        _ => copied,
    }
}

/// Appends the first `length` bytes of a text.
///
/// A block of fixed size is two instructions, where a copy of any size is a call: a short piece is copied
/// as a block, and what is too much is taken back.
#[inline(always)]
fn push_first<const BLOCK: usize>(text: &str, length: usize, out: &mut String) {
    match text.get(..BLOCK) {
        Some(block) if length <= BLOCK => {
            let end = out.len() + length;
            out.push_str(block);
            out.truncate(end);
        }
        _ => out.push_str(&text[..length]),
    }
}

/// Appends text for a quoted attribute: the same references serve both quotes.
#[inline]
pub fn attribute(value: &str, out: &mut String) {
    text(value, out);
}

/// Appends text for `title` and `textarea`: `<` cannot start the end tag.
#[inline]
pub fn rcdata(value: &str, out: &mut String) {
    text(value, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(value: &str) -> String {
        let mut out = String::new();
        text(value, &mut out);
        out
    }

    /// What Django writes, one character after the other.
    fn slowly(value: &str) -> String {
        value
            .chars()
            .map(|c| match c {
                '&' => "&amp;".to_owned(),
                '<' => "&lt;".to_owned(),
                '>' => "&gt;".to_owned(),
                '"' => "&quot;".to_owned(),
                '\'' => "&#x27;".to_owned(),
                '\0' => '\u{FFFD}'.to_string(),
                c => c.to_string(),
            })
            .collect()
    }

    #[test]
    fn escapes_everywhere_in_the_string() {
        for c in '\0'..='\u{7f}' {
            for length in 1..20 {
                for at in 0..length {
                    // Neighbours that differ by one, carry the high bit, or need a reference themselves.
                    for around in ["x", "\u{1}", "!", "?", "\u{7f}", "é", "<", "\0"] {
                        let mut value = around.repeat(at);
                        value.push(c);
                        value.push_str(&around.repeat(length - at - 1));
                        assert_eq!(run(&value), slowly(&value), "{value:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_pair_in_one_piece_of_eight() {
        for first in '\0'..='ÿ' {
            for second in '\0'..='\u{7f}' {
                let value = format!("a{first}{second}bcdef{second}");
                assert_eq!(run(&value), slowly(&value), "{value:?}");
            }
        }
    }

    #[test]
    fn no_block_is_cut_inside_a_character() {
        for length in 0..24 {
            for wide in ["é", "€", "😀"] {
                let value = format!(
                    "{}<{}{wide}>{wide}{wide}\"{}",
                    "x".repeat(length),
                    "y".repeat(15),
                    wide.repeat(length)
                );
                assert_eq!(run(&value), slowly(&value), "{value:?}");
            }
        }
    }
}
