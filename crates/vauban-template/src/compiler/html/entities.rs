//! Character references, as far as a URL or a keyword in an attribute needs them.

use crate::compiler::error::{Pos, Result, fail};
use crate::runtime::filters::entities::{decode_with, numeric};

/// Decodes numeric references and the named ones of ASCII's signs, which addresses, scripts, JSON and keywords are made of. Other
/// names stay.
pub fn decode(raw: &str) -> String {
    decode_with(raw, reference)
}

/// The character that a reference at the start of `text` means, and its length.
fn reference(text: &str) -> Option<(char, usize)> {
    if text.starts_with("&#") {
        return numeric(text);
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
        ("&excl;", '!'),
        ("&QUOT;", '"'),
        ("&dollar;", '$'),
        ("&percnt;", '%'),
        ("&AMP;", '&'),
        ("&ast;", '*'),
        ("&midast;", '*'),
        ("&plus;", '+'),
        ("&LT;", '<'),
        ("&GT;", '>'),
        ("&commat;", '@'),
        ("&lbrack;", '['),
        ("&lsqb;", '['),
        ("&rbrack;", ']'),
        ("&rsqb;", ']'),
        ("&Hat;", '^'),
        ("&lowbar;", '_'),
        ("&UnderBar;", '_'),
        ("&grave;", '`'),
        ("&DiacriticalGrave;", '`'),
        ("&lbrace;", '{'),
        ("&lcub;", '{'),
        ("&verbar;", '|'),
        ("&vert;", '|'),
        ("&VerticalLine;", '|'),
        ("&rbrace;", '}'),
        ("&rcub;", '}'),
        ("&amp", '&'),
        ("&lt", '<'),
        ("&gt", '>'),
        ("&quot", '"'),
        ("&AMP", '&'),
        ("&LT", '<'),
        ("&GT", '>'),
        ("&QUOT", '"'),
    ];
    NAMES
        .iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(name, c)| (*c, name.len()))
}

/// Refuses literal text that ends inside a character reference (CWE-79: a value would complete it).
pub fn whole(raw: &str, pos: Pos) -> Result<()> {
    if !cut_reference(raw) {
        return Ok(());
    }
    fail(
        pos,
        "cut-reference",
        "a character reference is cut by a tag",
        "finish it: write &amp; for &",
    )
}

/// Whether literal text ends inside a character reference that a value could complete.
pub fn cut_reference(raw: &str) -> bool {
    let Some(at) = raw.rfind('&') else { return false };
    let tail = &raw[at + 1..];
    // A name has at most 32 characters, a number any.
    !tail.is_empty()
        && (tail.len() <= 32 || tail.starts_with('#'))
        && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
}

/// CWE-22: `%2` and a value that begins with `e` would be a dot.
pub(super) fn whole_percent(text: &str, pos: Pos) -> Result<()> {
    let cut = text.strip_suffix(|c: char| c.is_ascii_hexdigit()).unwrap_or(text);
    if !cut.ends_with('%') && !text.ends_with('%') {
        return Ok(());
    }
    fail(
        pos,
        "partial-escape",
        "a tag of the template right after `%` in an address: together they may be another character",
        "write %25 for a percent sign",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(decode("a&amp;b&#x2f;&#47&apos;"), "a&b//'");
        assert_eq!(decode("java&Tab;script&colon;"), "java\tscript:");
        // HTML Standard, 13.5.
        assert_eq!(
            decode("&lcub;&quot;a&QUOT;&colon; &percnt;&lbrack;&verbar;&AMP"),
            "{\"a\": %[|&"
        );
        assert_eq!(decode("&unknown; & &#; &#0;"), "&unknown; & &#; \u{FFFD}");
    }

    #[test]
    fn finds_cut_references() {
        assert!(
            cut_reference("x&am") && cut_reference("&#x2") && cut_reference(&format!("&#{}", "0".repeat(99)))
        );
        assert!(!cut_reference("x&") && !cut_reference("&amp;") && !cut_reference("a=b"));
    }
}
