//! Text into tokens: `{{ … }}`, `{% … %}`, `{# … #}` and what stands between.
//!
//! Django's rule holds: a tag does not span lines. Where Django prints an unfinished tag as text, this
//! lexer refuses it, because nobody means to print `{{`.

use super::error::{Pos, Result, fail};

/// One token. Text and contents are slices of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'s> {
    /// Text outside of tags, as it stands in the file.
    Text(&'s str, Pos),
    /// The trimmed inside of `{{ … }}`.
    Variable(&'s str, Pos),
    /// The trimmed inside of `{% … %}`.
    Tag(&'s str, Pos),
}

/// Splits a template.
///
/// # Errors
/// An unfinished tag, or `{% verbatim %}`/`{% comment %}` without its end.
pub fn tokens(source: &str, file: u16) -> Result<Vec<Token<'_>>> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut text_from = 0;
    while let Some(found) = memchr::memchr(b'{', &source.as_bytes()[at..]) {
        let open = at + found;
        let kind = source.as_bytes().get(open + 1).copied();
        let (close, what) = match kind {
            Some(b'{') => ("}}", "{{"),
            Some(b'%') => ("%}", "{%"),
            Some(b'#') => ("#}", "{#"),
            _ => {
                at = open + 1;
                continue;
            }
        };
        let pos = Pos {
            file,
            offset: open as u32,
        };
        let rest = &source[open + 2..];
        let length = rest
            .find(close)
            .filter(|end| memchr::memchr(b'\n', &rest.as_bytes()[..*end]).is_none());
        let Some(length) = length else {
            return fail(
                pos,
                "unclosed-tag",
                format!("`{what}` without `{close}` on the same line"),
                format!(
                    "close it with `{close}`; to print the characters themselves, use {{% verbatim %}} or {{% templatetag %}}"
                ),
            );
        };
        if open > text_from {
            out.push(Token::Text(
                &source[text_from..open],
                Pos {
                    file,
                    offset: text_from as u32,
                },
            ));
        }
        let inside = &rest[..length];
        let trimmed = inside.trim();
        let lead = inside.len() - inside.trim_start().len();
        let inner = Pos {
            file,
            offset: (open + 2 + lead) as u32,
        };
        at = open + 2 + length + 2;
        match kind {
            Some(b'{') => out.push(Token::Variable(trimmed, inner)),
            Some(b'%') => {
                if let Some(end) = raw_block(trimmed) {
                    let (body, after) = raw_body(source, at, &end, pos)?;
                    if !trimmed.starts_with("comment") && !body.is_empty() {
                        out.push(Token::Text(
                            body,
                            Pos {
                                file,
                                offset: at as u32,
                            },
                        ));
                    }
                    at = after;
                } else {
                    out.push(Token::Tag(trimmed, inner));
                }
            }
            _ => {}
        }
        text_from = at;
    }
    if text_from < source.len() {
        out.push(Token::Text(
            &source[text_from..],
            Pos {
                file,
                offset: text_from as u32,
            },
        ));
    }
    Ok(out)
}

/// The end tag of a block whose inside is not template language.
fn raw_block(tag: &str) -> Option<String> {
    let mut words = tag.split_whitespace();
    match words.next() {
        Some("verbatim") => Some(match words.next() {
            Some(name) => format!("endverbatim {name}"),
            None => "endverbatim".to_owned(),
        }),
        Some("comment") => Some("endcomment".to_owned()),
        _ => None,
    }
}

/// Everything up to `{% end %}`, and where the text goes on.
fn raw_body<'s>(source: &'s str, from: usize, end: &str, pos: Pos) -> Result<(&'s str, usize)> {
    let mut at = from;
    let mut close = 0;
    while let Some(found) = source[at..].find("{%") {
        let open = at + found;
        // The next `%}` is searched once per `%}`, so the whole search is linear.
        if close < open + 2 {
            match source[open + 2..].find("%}") {
                Some(length) => close = open + 2 + length,
                None => break,
            }
        }
        if source[open + 2..close].trim() == end {
            return Ok((&source[from..open], close + 2));
        }
        at = open + 2;
    }
    fail(
        pos,
        "unclosed-block",
        format!("no {{% {end} %}} follows"),
        format!("add {{% {end} %}}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<String> {
        tokens(source, 0)
            .unwrap()
            .into_iter()
            .map(|t| match t {
                Token::Text(s, _) => format!("T{s}"),
                Token::Variable(s, _) => format!("V{s}"),
                Token::Tag(s, _) => format!("%{s}"),
            })
            .collect()
    }

    #[test]
    fn splits() {
        assert_eq!(
            kinds("a{{ b }}c{%if d%}{# e #}f"),
            ["Ta", "Vb", "Tc", "%if d", "Tf"]
        );
        assert_eq!(kinds("{ { a } }"), ["T{ { a } }"]);
        assert_eq!(kinds("{% verbatim %}{{ x }}{% endverbatim %}"), ["T{{ x }}"]);
        assert_eq!(kinds("a{% comment %}{% if %}{% endcomment %}b"), ["Ta", "Tb"]);
    }

    #[test]
    fn refuses_what_django_would_print() {
        assert!(tokens("a {{ b", 0).is_err());
        assert!(tokens("{# multi\nline #}x", 0).is_err());
        assert!(tokens("{% comment %}x", 0).is_err());
    }
}
