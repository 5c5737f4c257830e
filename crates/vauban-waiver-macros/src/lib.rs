//! What only a procedural macro sees of a waiver: where its reason is written. `vauban_waiver::waiver!` calls it.
//!
//! A lock and a list of waivers are worth what they find. So each waiver is written out, `waiver!(Wall, "why")`, in a
//! file of its own package, once: not under another name, not with a reason that a macro passes, not in a file that
//! is compiled twice. Test code is free; it needs no waiver.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

mod written;

use written::Written;

/// Looks at `$crate, Wall, "reason"` and becomes `true` if the file is one that `Cargo.toml` names, `false` if it is a module
/// of its own name or nobody can tell; what is not written out becomes an error.
#[proc_macro]
pub fn __written(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let Some(home) = tokens.next() else {
        return TokenStream::new();
    };
    let (_comma, wall) = (tokens.next(), tokens.next().map(bare));
    let (_comma, reason) = (tokens.next(), tokens.next().map(bare));
    let (Some(TokenTree::Ident(wall)), Some(TokenTree::Literal(reason))) = (wall, reason) else {
        return refuse(home, Span::call_site(), NOT_WRITTEN);
    };
    match look(&wall, &reason) {
        Ok(named) => word(if named { "true" } else { "false" }, reason.span()).into(),
        Err(what) => refuse(home, reason.span(), what),
    }
}

/// For the place where a lock is looked up, with `$crate, "reason"`: `true` if the file of the reason belongs to the manifest beside which the
/// lock lies, or nobody can tell; an error otherwise.
#[proc_macro]
pub fn __beside(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let Some(home) = tokens.next() else {
        return TokenStream::new();
    };
    let span = tokens
        .nth(1)
        .map_or_else(Span::call_site, |token| bare(token).span());
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let elsewhere = span.local_file().zip(package).is_some_and(|(file, package)| {
        let file = absolute(&file, &package).canonicalize();
        file.is_ok_and(|file| !written::belongs(&file, &package))
    });
    // CWE-1059: a build script that sets `CARGO_MANIFEST_DIR` brings another package's lock.
    if elsewhere {
        return refuse(home, span, NOT_BESIDE);
    }
    word("true", span).into()
}

const NOT_BESIDE: &str = "the manifest's folder is not the one of this file: a waiver is looked up in the `waivers.lock` \
     of its own package. Let the file lie below its own Cargo.toml, and no build script or configuration set \
     `CARGO_MANIFEST_DIR`";
const NOT_WRITTEN: &str = "a waiver is written out where it is needed, under its own name: \
     `waiver!(Wall, \"why this is safe\")`, no macro's argument and no other name";
const TWICE: &str = "one waiver, compiled in more than one place (a macro's text, or a file included twice): \
     write it out at each place that needs it";
const ELSEWHERE: &str = "a waiver stands in the sources of its own package, where `waivers.lock` lies: \
     not in a file that a build script writes, nor in another folder";

/// Whether the file is named by the manifest.
fn look(wall: &Ident, reason: &Literal) -> Result<bool, &'static str> {
    let span = reason.span();
    // Documentation's examples are compiled apart, from text cut out of a file; they are in no program.
    if std::env::var_os("UNSTABLE_RUSTDOC_TEST_PATH").is_some() {
        return Ok(false);
    }
    // Some editors have no file.
    let Some(file) = span.local_file() else {
        return Ok(false);
    };
    let Ok(text) = std::fs::read_to_string(&file) else {
        return Ok(false);
    };
    let editor = std::env::var_os("RUST_ANALYZER_INTERNALS_DO_NOT_USE").is_some();
    match written::look(
        &text,
        span.line(),
        span.column(),
        &wall.to_string(),
        &reason.to_string(),
    ) {
        Written::Out => {}
        // An editor's text is newer than the file.
        Written::Elsewhere if editor => return Ok(false),
        Written::Elsewhere | Written::Otherwise => return Err(NOT_WRITTEN),
    }
    if !editor && !first_time(&file, span.line(), span.column()) {
        return Err(TWICE);
    }
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let Some(package) = variable("CARGO_MANIFEST_DIR") else {
        return Ok(false);
    };
    let file = absolute(&file, &package);
    // The target files of a package may lie anywhere; the manifest names them.
    let named = written::named_files(&package);
    if file.canonicalize().is_ok_and(|file| named.contains(&file)) {
        return Ok(true);
    }
    let generated = variable("OUT_DIR").is_some_and(|out| written::below(&file, &out));
    let folders = named.iter().filter_map(|named| named.parent());
    let ours = folders
        .chain([package.as_path()])
        .any(|folder| written::below(&file, folder));
    if generated || !ours {
        return Err(ELSEWHERE);
    }
    Ok(false)
}

/// rustc names files relative to the folder in which it runs, which is the package's or the workspace's.
fn absolute(file: &Path, package: &Path) -> PathBuf {
    if file.is_absolute() {
        return file.to_owned();
    }
    std::env::current_dir().map_or_else(|_| package.join(file), |dir| dir.join(file))
}

/// Whether nothing of this compilation was expanded from this place yet.
fn first_time(file: &Path, line: usize, column: usize) -> bool {
    static PLACES: Mutex<BTreeSet<(PathBuf, usize, usize)>> = Mutex::new(BTreeSet::new());
    PLACES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert((file.to_owned(), line, column))
}

/// A token without the invisible brackets that it got as a macro's argument.
fn bare(token: TokenTree) -> TokenTree {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            match (inside.next(), inside.next()) {
                (Some(token), None) => bare(token),
                _ => TokenTree::Group(group),
            }
        }
        token => token,
    }
}

/// `{ #[cfg(not(test))] $crate::__private::compile_error!("…"); true }`: test code needs no waiver. `home` is the
/// `$crate` (CWE-1059: `::core` is whatever the crate calls so that signs).
fn refuse(mut home: TokenTree, span: Span, what: &str) -> TokenStream {
    let punct = |c, spacing| TokenTree::from(Punct::new(c, spacing));
    let group = |delimiter, inside: Vec<TokenTree>| {
        TokenTree::from(Group::new(delimiter, TokenStream::from_iter(inside)))
    };
    let test = group(Delimiter::Parenthesis, vec![word("test", span)]);
    let not = group(Delimiter::Parenthesis, vec![word("not", span), test]);
    let mut message = Literal::string(what);
    message.set_span(span);
    let inside = vec![
        punct('#', Spacing::Alone),
        group(Delimiter::Bracket, vec![word("cfg", span), not]),
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        word("__private", span),
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        word("compile_error", span),
        punct('!', Spacing::Alone),
        group(Delimiter::Parenthesis, vec![message.into()]),
        punct(';', Spacing::Alone),
        word("true", span),
    ];
    let mut all: Vec<TokenTree> = inside;
    for token in &mut all {
        token.set_span(span);
    }
    // Its own span tells whose it is.
    home.set_span(span.resolved_at(home.span()));
    all.insert(2, home);
    group(Delimiter::Brace, all).into()
}

fn word(text: &str, span: Span) -> TokenTree {
    Ident::new(text, span).into()
}
