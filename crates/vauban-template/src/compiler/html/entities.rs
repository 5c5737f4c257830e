//! Character references, as far as a URL or a keyword in an attribute needs them.

/// Decodes numeric references and the named ones that matter for URLs and keywords. Unknown names stay.
pub fn decode(raw: &str) -> String {
    if !raw.contains('&') {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character that a reference at the start of `text` means, and its length.
fn reference(text: &str) -> Option<(char, usize)> {
    if let Some(number) = text.strip_prefix("&#") {
        let hex = number.starts_with(['x', 'X']);
        let digits = if hex { &number[1..] } else { number };
        let length = digits
            .find(|c: char| {
                if hex {
                    !c.is_ascii_hexdigit()
                } else {
                    !c.is_ascii_digit()
                }
            })
            .unwrap_or(digits.len());
        if length == 0 {
            return None;
        }
        let code = u32::from_str_radix(&digits[..length.min(8)], if hex { 16 } else { 10 }).unwrap_or(0xFFFD);
        let semicolon = usize::from(digits[length..].starts_with(';'));
        let total = 2 + usize::from(hex) + length + semicolon;
        return Some((
            char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{FFFD}'),
            total,
        ));
    }
    const NAMES: &[(&str, char)] = &[
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&colon;", ':'),
        ("&sol;", '/'),
        ("&bsol;", '\\'),
        ("&quest;", '?'),
        ("&num;", '#'),
        ("&Tab;", '\t'),
        ("&NewLine;", '\n'),
        ("&lpar;", '('),
        ("&rpar;", ')'),
        ("&period;", '.'),
        ("&comma;", ','),
        ("&semi;", ';'),
        ("&equals;", '='),
        ("&nbsp;", '\u{a0}'),
        ("&amp", '&'),
        ("&lt", '<'),
        ("&gt", '>'),
        ("&quot", '"'),
    ];
    NAMES
        .iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(name, c)| (*c, name.len()))
}

/// Whether literal text ends inside a character reference that a value could complete.
pub fn cut_reference(raw: &str) -> bool {
    let Some(at) = raw.rfind('&') else { return false };
    let tail = &raw[at + 1..];
    !tail.is_empty() && tail.len() < 32 && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(decode("a&amp;b&#x2f;&#47&apos;"), "a&b//'");
        assert_eq!(decode("java&Tab;script&colon;"), "java\tscript:");
        assert_eq!(decode("&unknown; & &#; &#0;"), "&unknown; & &#; \u{FFFD}");
    }

    #[test]
    fn finds_cut_references() {
        assert!(cut_reference("x&am") && cut_reference("&#x2"));
        assert!(!cut_reference("x&") && !cut_reference("&amp;") && !cut_reference("a=b"));
    }
}
