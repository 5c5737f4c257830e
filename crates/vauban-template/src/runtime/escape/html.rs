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
/// Runs without special bytes are copied whole, eight bytes being looked at at once.
#[inline]
pub fn text(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while let Some(found) = special(bytes, at) {
        out.push_str(&text[from..found]);
        out.push_str(REFERENCES[TABLE[bytes[found] as usize] as usize]);
        at = found + 1;
        from = at;
    }
    out.push_str(&text[from..]);
}

/// The next byte that needs a reference.
#[inline]
fn special(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        if any(chunk) {
            break;
        }
        at += 8;
    }
    bytes[at..]
        .iter()
        .position(|b| TABLE[*b as usize] != 0)
        .map(|i| at + i)
}

/// Whether one of eight bytes is special; without branches, so that the compiler uses vector instructions.
#[inline]
fn any(chunk: &[u8; 8]) -> bool {
    let mut found = 0;
    for b in chunk {
        // `&` and `'` differ in the lowest bit, `<` and `>` in the second.
        found |= u8::from(b & 0xFE == b'&')
            | u8::from(b & 0xFD == b'<')
            | u8::from(*b == b'"')
            | u8::from(*b == 0);
    }
    found != 0
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
