//! HTML text and quoted attributes.

/// The reference for each byte that needs one; 0 for the others.
const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    table[b'&' as usize] = 1;
    table[b'<' as usize] = 2;
    table[b'>' as usize] = 3;
    table[b'"' as usize] = 4;
    table[b'\'' as usize] = 5;
    table[0] = 6;
    table
}

static TABLE: [u8; 256] = table();
// Django's spelling. NUL is no character of HTML: browsers would drop or replace it.
const REFERENCES: [&str; 7] = ["", "&amp;", "&lt;", "&gt;", "&quot;", "&#x27;", "\u{FFFD}"];

/// Appends text with `&`, `<`, `>`, `"` and `'` as character references (CWE-79).
///
/// Eight bytes are looked at at once, and runs without special bytes are copied whole.
#[inline]
pub fn text(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let Some(last) = bytes.len().checked_sub(8) else {
        return short(text, out);
    };
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        // The last piece overlaps the one before; what was seen already is masked out.
        let base = at.min(last);
        let Some(piece) = bytes.get(base..).and_then(|rest| rest.first_chunk::<8>()) else {
            break;
        };
        let mut found = special(u64::from_le_bytes(*piece)) & (u64::MAX << ((at - base) * 8));
        while found != 0 {
            let i = base + (found.trailing_zeros() / 8) as usize;
            out.push_str(&text[from..i]);
            out.push_str(REFERENCES[TABLE[bytes[i] as usize] as usize]);
            from = i + 1;
            found &= found - 1;
        }
        at = base + 8;
    }
    out.push_str(&text[from..]);
}

/// The same for less than eight bytes.
fn short(text: &str, out: &mut String) {
    let mut from = 0;
    for (i, b) in text.bytes().enumerate() {
        if TABLE[b as usize] != 0 {
            out.push_str(&text[from..i]);
            out.push_str(REFERENCES[TABLE[b as usize] as usize]);
            from = i + 1;
        }
    }
    out.push_str(&text[from..]);
}

/// The high bit of every byte of eight that needs a reference.
#[inline]
fn special(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const LOW: u64 = ONES * 0x7F;
    // The high bit of every byte that is zero, exactly (no borrow runs into the next byte).
    let zero = |x: u64| !(((x & LOW) + LOW) | x | LOW);
    // `&` and `'` differ in the lowest bit, `<` and `>` in the second.
    zero((bytes & (ONES * 0xFE)) ^ (ONES * b'&' as u64))
        | zero((bytes & (ONES * 0xFD)) ^ (ONES * b'<' as u64))
        | zero(bytes ^ (ONES * b'"' as u64))
        | zero(bytes)
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

    #[test]
    fn escapes_everywhere_in_the_string() {
        assert_eq!(
            run("<a b=\"c\" d='e'>&"),
            "&lt;a b=&quot;c&quot; d=&#x27;e&#x27;&gt;&amp;"
        );
        for length in 0..40 {
            for at in 0..length {
                let mut s = "x".repeat(length);
                s.replace_range(at..=at, "<");
                assert_eq!(run(&s), s.replace('<', "&lt;"));
            }
        }
        assert_eq!(run("é<ü"), "é&lt;ü");
        assert_eq!(run("a\0b"), "a\u{FFFD}b");
    }
}
