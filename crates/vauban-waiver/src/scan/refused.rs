//! What may not stand in the sources of a program, because it would hide a waiver or do without one. Rules, not texts:
//! each is about a token and what stands beside it.

use super::token::{Kind, Token};

pub(super) const RENAMED: &str =
    "the macro `waiver!` is given another name: use it under its own, so that it can be counted";
pub(super) const MACRO_MADE: &str = "a waiver stands inside `macro_rules!`: write it out where it is needed";
pub(super) const PASSED: &str = "the name `waiver` is handed to a macro, which may sign with it: write `waiver!(Wall, \"why\")` out; call your own things otherwise";
pub(super) const CALLS_WHAT_IT_IS_HANDED: &str =
    "a macro calls whatever macro it is handed, `include!` and `waiver!` too: call it by its name";
pub(super) const NOT_LITERAL: &str =
    "`waiver!` has no wall and literal reason here: write `waiver!(Wall, \"why\")`";
pub(super) const BY_HAND: &str = "names that begin with `__` are for what Vauban's macros write, and make what only a waiver or a check may make: use `waiver!(Wall, \"why\")`; give what is yours another name";
pub(super) const SEALED_BY_HAND: &str = "an implementation by hand writes what is not escaped: derive `Template`, and use `SafeHtml`, `SafeUrl` or `urls::…`";
pub(super) const PIECE: &str =
    "`piece` is for tests of the compiler: elements that it leaves open take in the rest of the page";
pub(super) const UNREACHED: &str = "a file with a waiver is reached by no `mod` that the scan can follow";
pub(super) const TEMPLATE_REASON: &str =
    "this waiver's reason cannot be read: write `{% waiver Wall \"why\" %}`, the reason without backslashes";
pub(super) const INLINE_TEMPLATE: &str =
    "a template that is written in the source signs in no list: put it into a file below `templates`";
pub(super) const TEMPLATE_NAME: &str = "a template names what begins with `__`, which is for what Vauban's macros write: give what is yours another name";
pub(super) const NO_FILE: &str = "the file of this `mod` was not found";
pub(super) const MOVED: &str = "`path = …` moves a module's file: let it lie where `mod` looks for it, so that a reader and the scan find it";
pub(super) const INCLUDED: &str = "`include!` brings code that no list of waivers follows: make the file a module; let generated code be written below `src`, and commit it";
pub(super) const LINT: &str = "this lets names through that only Vauban's macros may use (rustc reports them as `deprecated`): take it out, and mend what it was for";
pub(super) const LINT_HANDED: &str = "a macro writes an attribute that it is handed, which may switch a lint off: write the attribute out in the macro, or take the item whole (`$item:item`)";
pub(super) const PIECED: &str = "a name that a macro puts together from pieces (`[<…>]`) may be one that only Vauban's macros use, and no reader finds it: write the name out";
pub(super) const SIGNS_FOR_OTHERS: &str = "this would sign for whoever comes: a `Waiver` is the type of a function's own parameter, `fn f(signed: Waiver<'_, Wall>)`, and stands in no bound, trait, alias or function type";
pub(super) const OUR_NAME: &str = "names that begin with `vauban` are Vauban's own, and its macros rely on them: give this package, library, program or dependency another name";
pub(super) const FRONT: &str = "a file that begins with `---` has a part that is no Rust, where a quote would hide the code behind it: take it out";
pub(super) const MODULE_MADE: &str = "a macro writes a `mod` whose file no list of waivers finds: write `mod name;` out, or take the item whole (`$item:item`)";
pub(super) const RUSTS_NAME: &str = "`std`, `core`, `alloc`, `proc_macro` and `test` are Rust's own, and what macros write relies on them: give this crate another name";
pub(super) const CRATE_HANDED: &str = "a macro writes an `extern` that it is handed, which may give a crate the name `std` or `vauban`: write `extern crate …` out";
pub(super) const TEST_RENAMED: &str =
    "the name `test` is given to something else: then test code cannot be told from the program";

/// What traits ask for whose implementations are written as they are: of templates, their contexts, addresses and trusted
/// values.
const SEALED: &[&str] = &[
    "__DERIVED",
    "__OURS",
    "__write_url",
    "__put_trusted",
    "__of_the_framework",
];

/// The crates that come with rustc.
pub(super) const RUSTS: &[&str] = &["alloc", "core", "proc_macro", "std", "test"];

/// Lints that keep what is hidden from being used, and the compiler's own words from being set by hand.
pub(super) const LINTS: &[&str] = &["deprecated", "warnings", "explicit_builtin_cfgs_in_flags"];

/// Keywords behind which `!(` is a negation.
const WORDS_BEFORE_A_GROUP: &[&str] = &[
    "if", "while", "match", "return", "in", "else", "break", "yield", "let", "mut", "move", "ref", "as",
];

/// Where a token stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    /// Among the arguments of a macro or an attribute.
    pub(super) arguments: bool,
    /// In a macro's own text.
    pub(super) macro_text: bool,
    /// In a trait's body.
    pub(super) in_trait: bool,
}

/// Why the token at `at` may not stand there. Places of `waiver!(…)` are not its business.
pub(super) fn refused(tokens: &[Token], at: usize, around: Around) -> Option<&'static str> {
    let Kind::Ident(word) = &tokens.get(at)?.kind else {
        return None;
    };
    let punct = |at: Option<usize>| tokens.get(at?).and_then(Token::punct);
    let ident = |at: Option<usize>| tokens.get(at?).and_then(Token::ident);
    let (before, after) = (at.checked_sub(1), Some(at + 1));
    let called = punct(after) == Some('!');
    match word.as_str() {
        // CWE-79: called or not; its name may be kept and called elsewhere.
        word if SEALED.contains(&word) => Some(SEALED_BY_HAND),
        word if word.starts_with("__") => Some(BY_HAND),
        _ if around.macro_text
            && called
            && punct(before) == Some('$')
            && matches!(punct(Some(at + 2)), Some('(' | '[' | '{')) =>
        {
            Some(CALLS_WHAT_IT_IS_HANDED)
        }
        "waiver" if around.macro_text => Some(MACRO_MADE),
        "waiver" | "Waiver" | "walls" if ident(after) == Some("as") => Some(RENAMED),
        "waiver" if called => matches!(punct(Some(at + 2)), Some('(' | '[' | '{'))
            .then_some(NOT_LITERAL)
            .filter(|_| !counts(tokens, at)),
        "waiver" if around.arguments => Some(PASSED),
        "Waiver" if around.macro_text || around.in_trait => Some(SIGNS_FOR_OTHERS),
        "Waiver" => (!parameter(tokens, at) && !imported(tokens, at)).then_some(SIGNS_FOR_OTHERS),
        // `routes! { include accounts at "/…" = … }` is no call.
        "include" if around.arguments && !called && ident(after).is_some_and(|next| next != "as") => None,
        "include" if called || around.arguments || around.macro_text || ident(after) == Some("as") => {
            Some(INCLUDED)
        }
        // CWE-1059: `::std::env!` would be another's.
        word if RUSTS.contains(&word)
            && word != "test"
            && ident(before) == Some("as")
            && crate_named(tokens, at) =>
        {
            Some(RUSTS_NAME)
        }
        "extern" if around.macro_text || around.arguments => {
            let literal = tokens
                .get(at + 1)
                .is_some_and(|next| matches!(next.kind, Kind::Str(_)));
            let written = literal || ident(after) == Some("fn") || punct(after) == Some('{');
            (!written).then_some(CRATE_HANDED)
        }
        // `mod $name;` and `mod name;` of a macro's text; `mod $name { … }` has no file. Handed to a macro, the word
        // alone may become either.
        "mod" if around.macro_text && !inline(tokens, at) => Some(MODULE_MADE),
        "mod" if around.arguments && ident(after).is_none() && !inline(tokens, at) => Some(MODULE_MADE),
        "test" if punct(before).is_none() && ident(before) == Some("as") => Some(TEST_RENAMED),
        // `extern crate another as vauban;`, `extern crate self as vauban;`
        word if word.starts_with("vauban") && ident(before) == Some("as") => {
            let ours = ident(at.checked_sub(2)).is_some_and(|name| name.starts_with("vauban"));
            (!ours).then_some(OUR_NAME)
        }
        "allow" | "expect" | "warn" if punct(before) != Some('.') && punct(after) == Some('(') => {
            let lints = || {
                tokens[at + 1..]
                    .iter()
                    .take_while(|token| !matches!(token.punct(), Some(')' | ']' | '}' | ';')))
            };
            if lints().any(|token| token.ident().is_some_and(|lint| LINTS.contains(&lint))) {
                return Some(LINT);
            }
            // `$lint` of `macro_rules!`, `#lint` of `quote!`.
            let written = around.macro_text || around.arguments;
            (written && lints().any(|token| matches!(token.punct(), Some('$' | '#')))).then_some(LINT_HANDED)
        }
        _ => None,
    }
}

/// Whether a macro that is handed `[<a b>]` at `at` makes a name of it, as `paste!` does. `[<T as Trait>::Item; 2]` is a type.
///
/// CWE-1059: `[<_ _checked>]` is a hidden name that no list of words has, `[<in clude>]!` brings sources.
pub(super) fn pieced(tokens: &[Token], at: usize) -> bool {
    let punct = |at: usize| tokens.get(at).and_then(Token::punct);
    if punct(at) != Some('[') || punct(at + 1) != Some('<') {
        return false;
    }
    let (mut depth, mut brackets) = (0_usize, 0_usize);
    for at in at + 1..tokens.len() {
        match punct(at) {
            Some('<') => depth += 1,
            // The arrow of a function's type closes nothing.
            Some('>') if punct(at - 1) != Some('-') => depth -= 1,
            Some('[') => brackets += 1,
            Some(']') if brackets == 0 => return true,
            Some(']') => brackets -= 1,
            _ => {}
        }
        if depth == 0 {
            return punct(at + 1) == Some(']');
        }
    }
    false
}

/// Whether the name behind an `as` at `at` is a crate's: `extern crate kit as core;`, `use kit as core;`, in braces too.
/// Of another crate than that one.
fn crate_named(tokens: &[Token], at: usize) -> bool {
    let Some(start) = at.checked_sub(2).map(|last| path_start(tokens, last)) else {
        return false;
    };
    !tokens[start..at]
        .iter()
        .any(|token| token.ident() == tokens[at].ident())
}

/// Whether the `mod` at `at` has its braces: `mod name {`, `mod $name {`, `mod #name {`.
fn inline(tokens: &[Token], at: usize) -> bool {
    let punct = |at: usize| tokens.get(at).and_then(Token::punct);
    let name = if matches!(punct(at + 1), Some('$' | '#')) {
        at + 2
    } else {
        at + 1
    };
    tokens.get(name).and_then(Token::ident).is_some() && punct(name + 1) == Some('{')
}

/// Whether the attribute of a macro's text that begins with the `#` at `at` is made of what the macro is handed:
/// `#[$meta]`, `#$attribute`, `#[cfg_attr(all(), $meta)]`. What stands behind a name, as in `#[doc = $text]`, is not.
pub(super) fn handed(tokens: &[Token], at: usize) -> bool {
    let punct = |at: usize| tokens.get(at).and_then(Token::punct);
    if punct(at) != Some('#') {
        return false;
    }
    let open = if punct(at + 1) == Some('!') {
        at + 2
    } else {
        at + 1
    };
    // `$crate::…` is a path.
    let variable =
        |at: usize| punct(at) == Some('$') && tokens.get(at + 1).and_then(Token::ident) != Some("crate");
    match punct(open) {
        Some('$') => variable(open),
        Some('[') => {
            // `#[unsafe($meta)]`, `#[cfg_attr(…, $meta)]` hold attributes.
            let holds = tokens
                .get(open + 1)
                .and_then(Token::ident)
                .is_some_and(|name| matches!(name, "cfg_attr" | "unsafe"));
            variable(open + 1)
                || holds
                    && tokens[open + 1..]
                        .iter()
                        .take_while(|token| token.punct() != Some(']'))
                        .any(|token| token.punct() == Some('$'))
        }
        _ => false,
    }
}

/// Whether an attribute moves a module's file: `path = "…"`, at once or on a condition.
pub(super) fn moves(attribute: &[Token]) -> bool {
    let named = |at: usize| {
        attribute[at].ident() == Some("path") && attribute.get(at + 1).and_then(Token::punct) == Some('=')
    };
    match attribute.first().and_then(Token::ident) {
        Some("path") => named(0),
        Some("cfg_attr") => (0..attribute.len()).any(named),
        _ => false,
    }
}

/// Whether the group that opens at `at` holds a macro's arguments: `name!(`, not `if !(`.
pub(super) fn opens_arguments(tokens: &[Token], at: usize) -> bool {
    let Some(name) = at.checked_sub(2) else {
        return false;
    };
    tokens[at - 1].punct() == Some('!')
        && tokens[name]
            .ident()
            .is_some_and(|word| !WORDS_BEFORE_A_GROUP.contains(&word))
}

/// Whether `waiver!(Wall, "why")` stands at `at`.
fn counts(tokens: &[Token], at: usize) -> bool {
    matches!(
        (
            tokens.get(at + 3).map(|t| &t.kind),
            tokens.get(at + 4).and_then(Token::punct),
            tokens.get(at + 5).map(|t| &t.kind),
        ),
        (Some(Kind::Ident(_)), Some(','), Some(Kind::Str(_)))
    )
}

/// The first token of a path that ends at `at`.
fn path_start(tokens: &[Token], at: usize) -> usize {
    let mut start = at;
    loop {
        let colons =
            start >= 2 && tokens[start - 1].punct() == Some(':') && tokens[start - 2].punct() == Some(':');
        if !colons {
            return start;
        }
        start -= 2;
        if start > 0 && tokens[start - 1].ident().is_some() {
            start -= 1;
        }
    }
}

/// Whether a type is that of a name: `signed: Waiver<…>`.
fn parameter(tokens: &[Token], at: usize) -> bool {
    let start = path_start(tokens, at);
    start >= 2 && tokens[start - 1].punct() == Some(':') && tokens[start - 2].ident().is_some()
}

/// Whether it stands in a `use`.
fn imported(tokens: &[Token], at: usize) -> bool {
    tokens[..at]
        .iter()
        .rev()
        .take_while(|token| match &token.kind {
            Kind::Ident(_) => true,
            Kind::Punct(c) => matches!(c, ':' | ',' | '{' | '}' | '*'),
            _ => false,
        })
        .any(|token| token.ident() == Some("use"))
}
