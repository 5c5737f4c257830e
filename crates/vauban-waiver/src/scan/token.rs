//! The few tokens of Rust that a scan for waivers needs: it must never mistake a comment or a string for code.

/// A token with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: u32,
    /// `r#fn`: a name, never a keyword.
    pub(super) raw: bool,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword; raw ones without `r#`.
    Ident(String),
    /// A string literal, its escapes resolved.
    Str(String),
    /// A literal of bytes or of C (`b"…"`, `c"…"`).
    Bytes(String),
    /// Any other literal, or a lifetime.
    Other,
    /// One character of punctuation, brackets included.
    Punct(char),
}

/// Splits Rust source into tokens; comments and white space are dropped. Source that does not lex gives what was
/// understood so far: rustc is the judge of that.
///
/// By the rules of the editions from 2021 on: older ones have no `c"…"` and no reserved prefixes (the scan refuses them).
pub(super) fn tokens(source: &str) -> Vec<Token> {
    // As rustc reads a file: without the mark at its start, its lines ended by `\n`.
    let source = source
        .strip_prefix('\u{feff}')
        .unwrap_or(source)
        .replace("\r\n", "\n");
    let mut lexer = Lexer {
        rest: &source,
        line: 1,
        tokens: Vec::new(),
    };
    // CWE-436: `#! /* … */ [allow(…)]` is an attribute, and no shebang.
    if source.strip_prefix("#!").is_some_and(|rest| !is_attribute(rest)) {
        lexer.skip_to_line_end();
    }
    while lexer.step() {}
    lexer.tokens
}

/// Whether what follows a `#!` at a file's start is a `[`, behind space and comments that document nothing.
fn is_attribute(rest: &str) -> bool {
    let mut lexer = Lexer {
        rest,
        line: 1,
        tokens: Vec::new(),
    };
    while let Some(first) = lexer.rest.chars().next() {
        let rest = lexer.rest;
        let starts = |with: &[&str]| with.iter().any(|with| rest.starts_with(with));
        let documents = starts(&["///", "//!", "/**", "/*!"]) && !starts(&["////", "/***", "/**/"]);
        if !documents && (is_space(first) || starts(&["//", "/*"])) {
            lexer.step();
        } else {
            return first == '[';
        }
    }
    false
}

/// What rustc takes for space: `Pattern_White_Space`, which has the marks of direction.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r' | ' ' | '\u{85}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
    )
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    /// Takes `bytes` bytes.
    fn take(&mut self, bytes: usize) -> &'a str {
        let mut end = bytes.min(self.rest.len());
        while !self.rest.is_char_boundary(end) {
            end += 1;
        }
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.line += u32::try_from(taken.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u32::MAX);
        taken
    }

    fn push(&mut self, kind: Kind, line: u32) {
        self.tokens.push(Token {
            kind,
            line,
            raw: false,
        });
    }

    fn skip_to_line_end(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.take(end);
    }

    /// Takes one token or one piece of space; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        let line = self.line;
        if is_space(first) {
            self.take(first.len_utf8());
        } else if self.rest.starts_with("//") {
            self.skip_to_line_end();
        } else if self.rest.starts_with("/*") {
            self.block_comment();
        } else if let Some(prefix) = self.string_prefix() {
            self.string(prefix);
        } else if first == '\'' {
            self.quote();
        } else if first.is_alphabetic() || first == '_' {
            let raw = if self.rest.starts_with("r#") { 2 } else { 0 };
            self.take(raw);
            let end = self
                .rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(self.rest.len());
            let word = self.take(end).to_owned();
            self.tokens.push(Token {
                kind: Kind::Ident(word),
                line,
                raw: raw > 0,
            });
        } else if first.is_ascii_digit() {
            // `1.0`, `0xff`, `1_000u32`; `1..2` leaves its dots, which does not matter here.
            let end = self
                .rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(self.rest.len());
            self.take(end);
            self.push(Kind::Other, line);
        } else {
            self.take(first.len_utf8());
            self.push(Kind::Punct(first), line);
        }
        true
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
                if depth == 0 {
                    return;
                }
            } else {
                let next = self.rest.chars().next().map_or(1, char::len_utf8);
                self.take(next);
            }
        }
    }

    /// If a string literal starts here: the length of its prefix (`b`, `br##`, …) up to the quote.
    fn string_prefix(&self) -> Option<usize> {
        let letters = self
            .rest
            .bytes()
            .take_while(|b| matches!(b, b'b' | b'c' | b'r'))
            .count();
        let prefix = &self.rest[..letters];
        if !matches!(prefix, "" | "b" | "c" | "r" | "br" | "cr") {
            return None;
        }
        let hashes = if prefix.ends_with('r') {
            self.rest[letters..].bytes().take_while(|b| *b == b'#').count()
        } else {
            0
        };
        (self.rest.as_bytes().get(letters + hashes) == Some(&b'"')).then_some(letters + hashes)
    }

    fn string(&mut self, prefix: usize) {
        let line = self.line;
        let prefix = self.take(prefix);
        let plain = !prefix.contains(['b', 'c']);
        self.take(1);
        let text = if prefix.contains('r') {
            let close = format!("\"{}", "#".repeat(prefix.matches('#').count()));
            let end = self.rest.find(&close).unwrap_or(self.rest.len());
            let text = self.take(end).to_owned();
            self.take(close.len());
            text
        } else {
            self.cooked()
        };
        self.suffix();
        self.push(if plain { Kind::Str(text) } else { Kind::Bytes(text) }, line);
    }

    /// The name that may end a literal: `"a"r"b"` is `"a"r` and `"b"` (CWE-436).
    fn suffix(&mut self) {
        if self.rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            self.take(end.unwrap_or(self.rest.len()));
        }
    }

    /// The rest of an ordinary string, escapes resolved, closing quote taken.
    fn cooked(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.rest.chars().next() {
            self.take(c.len_utf8());
            match c {
                '"' => break,
                '\\' => self.escape(&mut text),
                c => text.push(c),
            }
        }
        text
    }

    fn escape(&mut self, text: &mut String) {
        let Some(c) = self.rest.chars().next() else { return };
        self.take(c.len_utf8());
        match c {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            '0' => text.push('\0'),
            'x' => {
                let hex = self.take(2);
                text.extend(u32::from_str_radix(hex, 16).ok().and_then(char::from_u32));
            }
            'u' => {
                let end = self.rest.find('}').map_or(0, |end| end + 1);
                let hex: String = self.take(end).chars().filter(char::is_ascii_hexdigit).collect();
                text.extend(u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32));
            }
            '\n' => {
                // A backslash at the line's end swallows the white space that follows.
                let left = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
                let skip = self.rest.len() - left.len();
                self.take(skip);
            }
            other => text.push(other),
        }
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        let line = self.line;
        let after = &self.rest[1..];
        let mut chars = after.chars();
        let (first, second) = (chars.next(), chars.next());
        if first == Some('\\') {
            // `'\''`, `'\u{1F600}'`: to the quote that follows the escaped character.
            let skip = 1 + after.chars().nth(1).map_or(0, char::len_utf8);
            let end = after
                .get(skip..)
                .and_then(|rest| rest.find('\''))
                .map_or(after.len(), |at| skip + at + 1);
            self.take(1 + end);
            self.suffix();
        } else if second == Some('\'') {
            self.take(2 + first.map_or(0, char::len_utf8));
            self.suffix();
        } else {
            let end = after
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(after.len());
            self.take(1 + end);
        }
        self.push(Kind::Other, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idents(source: &str) -> Vec<String> {
        tokens(source)
            .into_iter()
            .filter_map(|t| match t.kind {
                Kind::Ident(word) => Some(word),
                _ => None,
            })
            .collect()
    }

    fn strings(source: &str) -> Vec<String> {
        tokens(source)
            .into_iter()
            .filter_map(|t| match t.kind {
                Kind::Str(text) => Some(text),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn code_in_comments_and_strings_is_not_code() {
        let source = r###"
            // waiver one
            /* waiver /* nested */ still */
            /// waiver in docs
            let a = "waiver \" \\"; let b = r#"waiver " "#; let c = br"waiver"; let d = 'w'; let e = '\''; let f = '"';
            fn g<'waiver>(x: &'waiver str) {}
            real
        "###;
        assert!(
            !idents(source).contains(&"waiver".to_owned()),
            "{:?}",
            idents(source)
        );
        assert!(idents(source).contains(&"real".to_owned()));
    }

    #[test]
    fn strings_are_what_rustc_makes_of_them() {
        assert_eq!(strings(r#""a\tb\x41\u{1F600}\\\"""#), ["a\tbA\u{1F600}\\\""]);
        assert_eq!(strings("\"one \\\n      two\""), ["one two"]);
        assert_eq!(strings(r###"r##"raw \n "# "##"###), [r##"raw \n "# "##]);
        assert_eq!(strings(r#"b"bytes" c"c""#), Vec::<String>::new());
    }

    /// CWE-436: the attack is a first line that rustc reads and the scan takes for a shebang, or the other way round.
    #[test]
    fn a_shebang_is_what_rustc_takes_for_one() {
        for source in [
            "#![real]",
            "#! [real]",
            "\u{feff}#!\u{200e}[real]",
            "#!\t/* a /* b */ */ // c\n[real]",
            "#!//// c\n[real]",
            "#!/**/ /***/ [real]",
        ] {
            assert_eq!(idents(source), ["real"], "{source}");
        }
        for source in [
            "#!/usr/bin/env \"run\nreal",
            "#! /// \" \nreal",
            "#! /*! \" */ [a]\nreal",
            "#!\nreal",
        ] {
            assert_eq!(idents(source), ["real"], "{source}");
        }
    }

    /// CWE-436: the attack is a string that ends elsewhere for the scan than for rustc.
    #[test]
    fn literals_end_where_rustc_ends_them() {
        for source in [
            "n!(\"a\"r\"\\\" \"); real!(\"\");",
            "n!('a'r\"\\\" \"); real!(\"\");",
            "n!(b\"a\"br\"\\\" \"); real!(\"\");",
            "n!(r#\"a\"#r\"\\\" \"); real!(\"\");",
        ] {
            assert!(idents(source).contains(&"real".to_owned()), "{source}");
        }
    }

    #[test]
    fn space_is_what_rustc_takes_for_it() {
        let source = "a\u{200e}b\u{200f}c\u{2028}d\u{2029}e\u{85}f\u{b}g\u{c}h\ri";
        assert_eq!(idents(source).len(), 9);
        assert!(
            tokens(source)
                .iter()
                .all(|token| matches!(token.kind, Kind::Ident(_)))
        );
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let all = tokens("a\n\"x\ny\"\n/* \n */ b");
        assert_eq!(all.iter().map(|t| t.line).collect::<Vec<_>>(), [1, 2, 5]);
    }

    #[test]
    fn unfinished_source_ends() {
        for source in [
            "\"", "'", "'\\", "r#\"x", "/* /*", "b'", "\"\\u{", "\"\\x€", "r#", "'a", "\"\\x", "\"\\",
        ] {
            tokens(source);
        }
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn no_source_panics(source in "[\"'\\\\/*#rbc{}\\n!a-zé€🦀 ]{0,60}") {
                tokens(&source);
            }
        }
    }
}
