//! What attributes say to macros that write code from them: `serde(default = "path")` becomes a call, and a `#[deprecated]`
//! of a variant has a derive switch the lint off that keeps hidden names hidden (CWE-1059).

use super::literal;
use super::refused::opens_arguments;
use super::token::Token;

pub(super) const STRING_IN_ATTRIBUTE: &str = "a string of an attribute becomes source, where no scan sees it: write no name that begins with `__`, no `waiver!` and no `include!` in it";
pub(super) const DEPRECATED: &str = "a macro that reads a `#[deprecated]` switches that lint off in what it writes, and with it what keeps hidden names hidden: take the attribute off what has a `derive` or an attribute of a macro, and say it in the documentation";

/// Attributes of rustc's own, which write nothing.
const INERT: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "clippy",
    "cold",
    "default",
    "deny",
    "deprecated",
    "diagnostic",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "macro_export",
    "must_use",
    "non_exhaustive",
    "repr",
    "rustfmt",
    "should_panic",
    "test",
    "track_caller",
    "warn",
];

/// Line and message of what the attributes of a file say amiss, wherever they stand.
pub(super) fn told(tokens: &[Token]) -> Vec<(u32, &'static str)> {
    let mut found = Vec::new();
    // How far reach what a macro reads: an item with a derive, the arguments of a call, a macro's text.
    let mut read = 0;
    let mut at = 0;
    while at < tokens.len() {
        let opens = matches!(tokens[at].punct(), Some('(' | '[' | '{'));
        if opens && (opens_arguments(tokens, at) || opens_macro(tokens, at)) {
            read = read.max(close(tokens, at));
        }
        let mut attributes = Vec::new();
        let mut end = at;
        while let Some((inside, after)) = attribute(tokens, end) {
            attributes.push(inside);
            end = after;
        }
        if attributes.is_empty() {
            at += 1;
            continue;
        }
        if attributes.iter().any(|inside| is_read(inside)) {
            read = read.max(item_end(tokens, end));
        }
        for inside in attributes {
            let first = inside.first();
            if first.is_some_and(|token| !token.is("doc")) {
                let hidden = inside
                    .iter()
                    .filter(|token| literal::text(token).is_some_and(literal::names_hidden));
                found.extend(hidden.map(|token| (token.line, STRING_IN_ATTRIBUTE)));
            }
            if at < read && deprecates(inside) {
                found.push((first.map_or(0, |token| token.line), DEPRECATED));
            }
        }
        at = end;
    }
    found
}

/// The inside of the attribute at `at`, and what follows it.
fn attribute(tokens: &[Token], at: usize) -> Option<(&[Token], usize)> {
    let punct = |at: usize| tokens.get(at).and_then(Token::punct);
    if punct(at) != Some('#') {
        return None;
    }
    let open = if punct(at + 1) == Some('!') {
        at + 2
    } else {
        at + 1
    };
    (punct(open) == Some('[')).then(|| {
        let end = close(tokens, open);
        (&tokens[open + 1..(end.max(open + 2) - 1).min(tokens.len())], end)
    })
}

/// What follows the group that opens at `at`.
pub(super) fn close(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token.punct() {
            Some('(' | '[' | '{') => depth += 1,
            Some(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Where the item at `at` ends.
pub(super) fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        match token.punct() {
            Some(';' | ')' | ']' | '}') => return at,
            Some('{') => {
                at = close(tokens, at);
                // `struct A<const N: u8 = { 1 }> {`
                if !matches!(tokens.get(at).and_then(Token::punct), Some('>' | ',')) {
                    return at;
                }
            }
            Some('(' | '[') => at = close(tokens, at),
            _ => at += 1,
        }
    }
    at
}

/// Whether the bracket at `at` opens the text of a `macro_rules!`.
fn opens_macro(tokens: &[Token], at: usize) -> bool {
    at.checked_sub(3)
        .is_some_and(|start| tokens[start].is("macro_rules") && tokens[start + 1].punct() == Some('!'))
}

/// Whether an attribute has a macro read its item.
pub(super) fn is_read(inside: &[Token]) -> bool {
    let name = inside.first().and_then(Token::ident);
    name.is_some_and(|name| !INERT.contains(&name))
}

/// `#[deprecated]`, at once or on a condition.
fn deprecates(inside: &[Token]) -> bool {
    // Brackets that are open, and whether each holds attributes: those of `cfg_attr` do.
    let mut open: Vec<bool> = Vec::new();
    for (at, token) in inside.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &inside[before]);
        match token.punct() {
            Some('(' | '[' | '{') => open.push(before.is_some_and(|name| name.is("cfg_attr"))),
            Some(')' | ']' | '}') => drop(open.pop()),
            // `serde::deprecated` and `x = deprecated` are other things.
            _ if token.is("deprecated")
                && open.iter().all(|holds| *holds)
                && before.is_none_or(|before| matches!(before.punct(), Some(',' | '('))) =>
            {
                return true;
            }
            _ => {}
        }
    }
    false
}
