//! What may not stand in a string literal, where strings become something else than text.

use super::refused::LINTS;
use super::token::{Kind, Token};

pub(super) const STRING_SOURCE: &str = "a procedural macro's strings become source, where no scan sees it: write code with tokens (`quote!`), and without names that begin with `__`, `waiver`, `include!`, or lints that are switched off";

/// What a literal holds.
pub(super) fn text(token: &Token) -> Option<&str> {
    match &token.kind {
        Kind::Str(text) | Kind::Bytes(text) => Some(text),
        _ => None,
    }
}

/// Whether a literal would be refused if it were source: its words, whatever stands around them. `quote` marks need not
/// match in a piece of source, so this is not about tokens.
pub(super) fn is_source(text: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(start) = rest.find(letter) {
        let from = &rest[start..];
        let end = from.find(|c| !letter(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let next = after.trim_start();
        let source = match word {
            // A rule or a gap, `____`, names nothing.
            word if word.starts_with("__") => word.trim_matches('_') != "",
            "waiver" | "Waiver" => true,
            "include" => next.starts_with('!'),
            "allow" | "expect" | "warn" => next.strip_prefix('(').is_some_and(|lints| {
                let lints = &lints[..lints.find(')').unwrap_or(lints.len())];
                // `{}` and `#name` are lints that come later.
                lints.contains(['{', '#', '$'])
                    || lints.split(|c| !letter(c)).any(|lint| LINTS.contains(&lint))
            }),
            _ => false,
        };
        if source {
            return true;
        }
        rest = after;
    }
    false
}
