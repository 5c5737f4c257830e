//! Inside JavaScript and JSON strings.

/// Inside a JavaScript or JSON string in quotes, in a `<script>`: nothing that ends the string or the script.
/// Every escape used is one of JSON, too.
pub fn string(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '/' => out.push_str("\\/"),
            '\0'..='\u{1f}'
            | '"'
            | '\''
            | '`'
            | '<'
            | '>'
            | '&'
            | '+'
            | '$'
            | '{'
            | '}'
            | '\u{7f}'
            | '\u{2028}'
            | '\u{2029}' => {
                unicode(c, out);
            }
            _ => out.push(c),
        }
    }
}

/// `\u003c`, and two of them above U+FFFF.
fn unicode(c: char, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        out.push_str("\\u");
        for shift in [12, 8, 4, 0] {
            out.push(HEX[(*unit >> shift & 15) as usize] as char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_cannot_end() {
        let mut out = String::new();
        string("\"'</script>\\\u{2028}`${x}", &mut out);
        assert_eq!(
            out,
            "\\u0022\\u0027\\u003c\\/script\\u003e\\\\\\u2028\\u0060\\u0024\\u007bx\\u007d"
        );
    }
}
