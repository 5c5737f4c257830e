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
    any_word(text, |word, next| match word {
        "waiver" | "Waiver" => true,
        "allow" | "expect" | "warn" => next.strip_prefix('(').is_some_and(|lints| {
            let lints = &lints[..lints.find(')').unwrap_or(lints.len())];
            // `{}` and `#name` are lints that come later.
            lints.contains(['{', '#', '$']) || lints.split(|c| !letter(c)).any(|lint| LINTS.contains(&lint))
        }),
        _ => is_hidden(word, next),
    })
}

/// Whether a string that stands where a path or an expression may be read names what is hidden.
pub(super) fn names_hidden(text: &str) -> bool {
    any_word(text, |word, next| {
        is_hidden(word, next) || word == "waiver" && next.starts_with('!')
    })
}

/// Whether a string is a path and nothing else, with a hidden name: a macro may write it into an attribute.
pub(super) fn is_hidden_path(text: &str) -> bool {
    let of_path =
        |c: char| letter(c) || c.is_whitespace() || matches!(c, ':' | '<' | '>' | ',' | '#' | '&' | '\'');
    text.contains(':') && text.chars().all(of_path) && any_word(text, is_hidden)
}

fn letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A rule or a gap, `____`, names nothing.
fn is_hidden(word: &str, next: &str) -> bool {
    word.starts_with("__") && !word.trim_matches('_').is_empty() || word == "include" && next.starts_with('!')
}

/// Whether some word of a text, with what follows it, is of a kind.
fn any_word(text: &str, of_kind: impl Fn(&str, &str) -> bool) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find(letter) {
        let from = &rest[start..];
        let end = from.find(|c| !letter(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        if of_kind(word, after.trim_start()) {
            return true;
        }
        rest = after;
    }
    false
}

pub(super) const BUILD_SETS: &str = "a build script sets what only Cargo says of a package (its folder, its name, whether it is a test), or a name that is not written out: write `cargo::rustc-env=NAME=…` or `cargo::rustc-cfg=name` with a name of your own, in one literal, and no `rustc-flags`";

/// What rustc and Cargo set themselves.
const CFGS: &[&str] = &["test", "debug_assertions", "doc", "doctest", "must_sign"];
const VARIABLES: &[&str] = &[
    "CARGO",
    "RUST",
    "UNSTABLE_",
    "OUT_DIR",
    "PROFILE",
    "TARGET",
    "HOST",
];

/// Whether a literal is an instruction to Cargo that sets what is not a build script's to set, or whose name is put
/// together from pieces (CWE-1059: locks are found, and tests told, by these).
pub(super) fn sets_cargos(text: &str, in_build_script: bool) -> bool {
    let after = |key: &'static str| {
        text.match_indices(key)
            .map(move |(at, _)| &text[at + key.len()..])
    };
    let variable = |rest: &str| {
        let Some((name, _)) = rest.strip_prefix('=').and_then(|rest| rest.split_once('=')) else {
            return true;
        };
        let name = name.trim();
        name.is_empty() || !name.chars().all(letter) || VARIABLES.iter().any(|start| name.starts_with(start))
    };
    let cfg = |rest: &str| {
        let Some(rest) = rest.strip_prefix('=').map(str::trim_start) else {
            return true;
        };
        let (name, next) = rest.split_at(rest.find(|c| !letter(c)).unwrap_or(rest.len()));
        name.is_empty() || CFGS.contains(&name) || next.starts_with(['{', '#'])
    };
    // `cargo::{key}={value}`, `"cargo:"` and the rest elsewhere.
    let key = |rest: &str| {
        let rest = rest.trim_start_matches(':');
        rest.is_empty() || rest.starts_with('{')
    };
    text.contains("rustc-flags")
        || after("rustc-env").any(variable)
        || after("rustc-cfg").any(cfg)
        || in_build_script && after("cargo:").any(key)
}

/// Whether a condition is one that only rustc sets.
pub(super) fn is_rustcs(cfg: &str) -> bool {
    CFGS.contains(&cfg.trim())
}
