//! Finding waivers in a package's sources: from each target's root file along its `mod` declarations.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::attributes::{is_read, item_end};
use super::generic::{GENERIC, generic_item, opens_one_model};
use super::literal;
use super::refused::{
    Around, FRONT, INLINE_TEMPLATE, LINT_HANDED, MOVED, NO_FILE, NOT_LITERAL, PIECE, PIECED, TEMPLATE_NAME,
    TEMPLATE_REASON, UNREACHED, handed, moves, opens_arguments, pieced, refused,
};
use super::targets::{build_scripts, roots};
use super::token::{Kind, Token, tokens};
use crate::lock::Entry;

/// One `waiver!(…)` in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it signs, as the lock lists it.
    pub entry: Entry,
    /// The file, relative to the package.
    pub file: PathBuf,
    /// Its line in the file, from 1.
    pub line: u32,
}

/// Something that the scan cannot count, and that therefore must not stand in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The file, relative to the package.
    pub file: PathBuf,
    /// Its line in the file, from 1.
    pub line: u32,
    /// What is wrong and what to write.
    pub what: &'static str,
}

/// What was found in a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Every waiver, by file and line.
    pub places: Vec<Place>,
    /// What could not be counted.
    pub trouble: Vec<Trouble>,
}

/// Scans the package in `dir` (the folder of its `Cargo.toml`). Test code is left out: it needs no waiver.
///
/// # Errors
/// The manifest or a source file cannot be read.
pub fn scan(dir: &Path) -> std::io::Result<Scan> {
    scan_as(dir, false)
}

/// The same; `writes_code`: its strings may become source.
pub(super) fn scan_as(dir: &Path, writes_code: bool) -> std::io::Result<Scan> {
    let mut walk = Walk {
        dir,
        writes_code,
        in_build_script: false,
        scan: Scan::default(),
        seen: BTreeSet::new(),
        tests: BTreeSet::new(),
    };
    for (file, line, what) in super::manifest::told(dir)? {
        walk.scan.trouble.push(Trouble { file, line, what });
    }
    let all_roots = roots(dir)?;
    for (name, root) in &all_roots {
        walk.file(root, std::slice::from_ref(name), true)?;
    }
    // What they sign is in no program; what they tell Cargo is.
    let signed = walk.scan.places.len();
    walk.in_build_script = true;
    for script in build_scripts(dir)? {
        walk.file(&script, &["build_script_build".to_owned()], true)?;
    }
    walk.in_build_script = false;
    walk.scan.places.truncate(signed);
    // A `mod` that a macro writes finds its file below any root's folder, which another target's may hold.
    let mut folders = vec![dir.join("src")];
    folders.extend(
        all_roots
            .iter()
            .filter_map(|(_, root)| Some(root.parent()?.to_owned())),
    );
    folders.sort();
    folders.dedup();
    for folder in folders {
        walk.unreached(&folder)?;
    }
    walk.templates()?;
    let mut scan = walk.scan;
    scan.places
        .sort_by(|a, b| (&a.file, a.line, &a.entry).cmp(&(&b.file, b.line, &b.entry)));
    // The library and the program of one package may both name a module; a place is one place.
    scan.places.dedup();
    scan.trouble
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    scan.trouble.dedup();
    Ok(scan)
}

struct Walk<'a> {
    dir: &'a Path,
    writes_code: bool,
    in_build_script: bool,
    scan: Scan,
    seen: BTreeSet<PathBuf>,
    tests: BTreeSet<PathBuf>,
}

impl Walk<'_> {
    /// Scans one file, which is the module `module`. `owns_folder`: its children lie beside it (`lib.rs`, `mod.rs`).
    fn file(&mut self, path: &Path, module: &[String], owns_folder: bool) -> std::io::Result<()> {
        self.seen.insert(path.to_owned());
        let all = tokens(&fs::read_to_string(path)?);
        if (0..3).all(|at| all.get(at).and_then(Token::punct) == Some('-')) {
            self.trouble(path, 1, FRONT);
        }
        self.literals(path, &all);
        let folder = path.parent().unwrap_or(self.dir).to_owned();
        let stem = path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default();
        let children = if owns_folder {
            folder.clone()
        } else {
            folder.join(stem)
        };
        let mut source = Source {
            walk: self,
            path,
            tokens: &all,
            at: 0,
            around: Around::default(),
            rewritten: 0,
            generic: 0,
        };
        source.items(&mut module.to_vec(), &children)
    }

    fn trouble(&mut self, path: &Path, line: u32, what: &'static str) {
        let file = path.strip_prefix(self.dir).unwrap_or(path).to_owned();
        self.scan.trouble.push(Trouble { file, line, what });
    }

    /// Looks at the attributes and the strings of a file, test code included: they may come from anywhere in it.
    fn literals(&mut self, path: &Path, tokens: &[Token]) {
        for (line, what) in super::attributes::told(tokens) {
            self.trouble(path, line, what);
        }
        for token in tokens {
            let Some(text) = literal::text(token) else {
                continue;
            };
            if self.writes_code && literal::is_source(text) {
                self.trouble(path, token.line, literal::STRING_SOURCE);
            }
            // `#[template(source = "…")]`, wherever the string comes from.
            if !super::templates::waivers(text).is_empty() {
                self.trouble(path, token.line, INLINE_TEMPLATE);
            }
            if literal::sets_cargos(text, self.in_build_script) {
                self.trouble(path, token.line, literal::BUILD_SETS);
            }
        }
    }

    fn templates(&mut self) -> std::io::Result<()> {
        for path in super::templates::files(&self.dir.join("templates"))? {
            // What is no text is no template.
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let file = path.strip_prefix(self.dir).unwrap_or(&path).to_owned();
            let module: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
            let module = module.join("/");
            for line in super::templates::hidden_names(&text) {
                self.trouble(&path, line, TEMPLATE_NAME);
            }
            for (line, wall, reason) in super::templates::waivers(&text) {
                let Some(reason) = reason else {
                    self.trouble(&path, line, TEMPLATE_REASON);
                    continue;
                };
                let (module, file) = (module.clone(), file.clone());
                let entry = Entry { wall, module, reason };
                self.scan.places.push(Place { entry, file, line });
            }
        }
        Ok(())
    }

    /// Files that no `mod` led to, but that hold a waiver: a macro or an `include!` may compile them.
    fn unreached(&mut self, folder: &Path) -> std::io::Result<()> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        // A root beside the manifest has the whole package below its folder.
        let package = folder.join("Cargo.toml").is_file();
        for entry in entries {
            let path = entry?.path();
            if self.tests.contains(&path) {
                continue;
            }
            if path.is_dir() {
                if !(package && is_beside(&path)) {
                    self.unreached(&path)?;
                }
            } else if path.extension().is_some_and(|e| e == "rs") && !self.seen.contains(&path) {
                let all = tokens(&fs::read_to_string(&path)?);
                self.literals(&path, &all);
                let told = |at: &usize| {
                    all[*at].is("waiver")
                        || all[*at].is("Waiver")
                        || refused(&all, *at, Around::default()).is_some()
                };
                if let Some(at) = (0..all.len()).find(told) {
                    self.trouble(&path, all[at].line, UNREACHED);
                }
            }
        }
        Ok(())
    }
}

/// Whether a folder beside a manifest holds other targets, other packages, or what Cargo and Git keep.
fn is_beside(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    matches!(&*name, "benches" | "examples" | "tests")
        || name.starts_with('.')
        || folder.join("Cargo.toml").is_file()
        || folder.join("CACHEDIR.TAG").is_file()
}

impl Token {
    pub(super) fn is(&self, word: &str) -> bool {
        self.ident() == Some(word)
    }

    pub(super) fn ident(&self) -> Option<&str> {
        match &self.kind {
            Kind::Ident(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn punct(&self) -> Option<char> {
        match self.kind {
            Kind::Punct(c) => Some(c),
            _ => None,
        }
    }
}

/// Walks the tokens of one file.
struct Source<'w, 'a> {
    walk: &'w mut Walk<'a>,
    path: &'w Path,
    tokens: &'w [Token],
    at: usize,
    around: Around,
    /// Where the item ends that an attribute's macro may rewrite.
    rewritten: usize,
    /// Where the function or `impl` ends that is the same for several types.
    generic: usize,
}

impl Source<'_, '_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn punct_at(&self, ahead: usize) -> Option<char> {
        self.peek(ahead).and_then(Token::punct)
    }

    fn ident_at(&self, ahead: usize) -> Option<&str> {
        match &self.peek(ahead)?.kind {
            Kind::Ident(word) => Some(word),
            _ => None,
        }
    }

    /// Everything up to the bracket that closes this level. `children`: where files of `mod x;` lie.
    fn items(&mut self, module: &mut Vec<String>, children: &Path) -> std::io::Result<()> {
        let mut test = false;
        // Whether an attribute here stands before an item or a statement.
        let mut begins = self
            .at
            .checked_sub(1)
            .is_none_or(|before| self.tokens[before].punct() == Some('{'));
        while let Some(token) = self.peek(0) {
            let line = token.line;
            let begun = begins;
            // A macro does with its arguments and its item what it likes; a `#[cfg(test)]` may be gone afterwards.
            let conditions = !self.around.arguments && self.at >= self.rewritten;
            begins = matches!(token.punct(), Some(';' | '{' | '}'));
            match &token.kind {
                Kind::Punct('#') if self.punct_at(1) == Some('!') && self.punct_at(2) == Some('[') => {
                    begins = begun;
                    self.at += 2;
                    let start = self.at;
                    if is_test(self.group()) && conditions && begun {
                        // `#![cfg(test)]`: the rest of this level is test code.
                        self.skip_level();
                        return Ok(());
                    }
                    self.attribute(start, line, module);
                }
                Kind::Punct('#') if self.punct_at(1) == Some('[') => {
                    begins = begun;
                    self.at += 1;
                    let start = self.at;
                    if is_test(self.group()) && conditions && begun {
                        test = true;
                    } else {
                        if is_read(&self.tokens[start + 1..self.at]) {
                            self.rewritten = self.rewritten.max(item_end(self.tokens, self.at));
                        }
                        self.attribute(start, line, module);
                    }
                    continue;
                }
                Kind::Ident(word) if word == "pub" && !token.raw => {
                    begins = begun;
                    self.at += 1;
                    if self.punct_at(0) == Some('(')
                        && matches!(self.ident_at(1), Some("crate" | "self" | "super" | "in"))
                    {
                        let start = self.at;
                        self.group();
                        let end = std::mem::replace(&mut self.at, start);
                        while self.at < end {
                            if !self.waiver(module) {
                                self.pass();
                            }
                        }
                    }
                    continue; // attributes before `pub` belong to what follows
                }
                Kind::Ident(word) if word == "mod" && self.ident_at(1).is_some() => {
                    begins = true;
                    let name = self.ident_at(1).unwrap_or_default().to_owned();
                    self.at += 2;
                    if self.punct_at(0) == Some('{') {
                        if test {
                            self.group();
                        } else {
                            self.at += 1;
                            module.push(name.clone());
                            let inner = children.join(&name);
                            self.items(module, &inner)?;
                            module.pop();
                        }
                    } else {
                        self.module_file(&name, line, module, children, test)?;
                    }
                }
                _ if test && self.begins_item() => {
                    begins = true;
                    self.skip_item();
                }
                Kind::Ident(word)
                    if word == "macro_rules"
                        && self.punct_at(1) == Some('!')
                        && self.ident_at(2).is_some() =>
                {
                    self.at += 3;
                    let start = self.at;
                    self.group();
                    self.macro_text(start);
                    begins = true;
                }
                Kind::Ident(word) if word == "trait" && self.ident_at(1).is_some() => {
                    // To its body; what stands before it is looked at as well.
                    let was = std::mem::replace(&mut self.around.in_trait, true);
                    while self.peek(0).is_some() && !matches!(self.punct_at(0), Some('{' | ';' | '}')) {
                        self.pass();
                    }
                    if self.punct_at(0) == Some('{') {
                        self.at += 1;
                        self.items(module, children)?;
                    }
                    self.around.in_trait = was;
                    begins = true;
                }
                Kind::Punct('{' | '(' | '[') => {
                    let was = self.around;
                    self.around.arguments |= opens_arguments(self.tokens, self.at);
                    self.pieces(line);
                    self.at += 1;
                    self.items(module, children)?;
                    self.around = was;
                }
                Kind::Punct('}' | ')' | ']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => {
                    if !self.waiver(module) {
                        self.pass();
                    }
                }
            }
            test = false;
        }
        Ok(())
    }

    /// Looks at the token here and goes on to the next.
    fn pass(&mut self) {
        if let Some(end) = generic_item(self.tokens, self.at) {
            self.generic = self.generic.max(end);
        }
        if let Some(token) = self.peek(0) {
            let line = token.line;
            let path = self.around.arguments && literal::text(token).is_some_and(literal::is_hidden_path);
            self.pieces(line);
            if let Some(what) = refused(self.tokens, self.at, self.around) {
                self.walk.trouble(self.path, line, what);
            } else if path {
                self.walk
                    .trouble(self.path, line, super::attributes::STRING_IN_ATTRIBUTE);
            }
        }
        self.at += 1;
    }

    /// Tells of a name that a macro puts together here.
    fn pieces(&mut self, line: u32) {
        let written = self.around.arguments || self.around.macro_text;
        if written && pieced(self.tokens, self.at) {
            self.walk.trouble(self.path, line, PIECED);
        }
    }

    /// An attribute, whose brackets are behind us; a waiver may stand in it.
    fn attribute(&mut self, start: usize, line: u32, module: &[String]) {
        let end = std::mem::replace(&mut self.at, start + 1);
        let attribute = &self.tokens[start + 1..end.saturating_sub(1).max(start + 1)];
        if moves(attribute) {
            self.walk.trouble(self.path, line, MOVED);
        }
        if attribute.first().is_some_and(|t| t.is("template")) && attribute.iter().any(|t| t.is("piece")) {
            self.walk.trouble(self.path, line, PIECE);
        }
        let was = std::mem::replace(&mut self.around.arguments, true);
        while self.at + 1 < end {
            if !self.waiver(module) {
                self.pass();
            }
        }
        self.around.arguments = was;
        self.at = end;
    }

    /// A macro's text, behind us: it may be written anywhere, so none of our words stands in it.
    fn macro_text(&mut self, start: usize) {
        let end = std::mem::replace(&mut self.at, start);
        let was = std::mem::replace(&mut self.around.macro_text, true);
        while self.at < end {
            if handed(self.tokens, self.at) {
                self.walk
                    .trouble(self.path, self.tokens[self.at].line, LINT_HANDED);
            }
            if self.punct_at(0) == Some('#') && self.punct_at(1) == Some('[') {
                let (line, at) = (self.tokens[self.at].line, self.at + 1);
                self.at = at;
                if moves(self.group()) {
                    self.walk.trouble(self.path, line, MOVED);
                }
                self.at = at;
            } else {
                self.pass();
            }
        }
        self.around.macro_text = was;
        self.at = end;
    }

    /// If a waiver stands here, takes it.
    fn waiver(&mut self, module: &[String]) -> bool {
        let Some(token) = self.peek(0) else { return false };
        let line = token.line;
        if !token.is("waiver")
            || self.punct_at(1) != Some('!')
            || !matches!(self.punct_at(2), Some('(' | '[' | '{'))
        {
            return false;
        }
        let for_several = self.around.in_trait || self.at < self.generic;
        self.at += 2;
        let arguments = self.group();
        // A comma may end it.
        let arguments = match arguments {
            [most @ .., last] if last.punct() == Some(',') => most,
            all => all,
        };
        match arguments {
            [wall, comma, reason] => match (&wall.kind, comma.punct(), &reason.kind) {
                (Kind::Ident(wall), Some(','), Kind::Str(reason)) => {
                    let entry = Entry {
                        wall: wall.clone(),
                        module: module.join("::"),
                        reason: reason.clone(),
                    };
                    let file = self
                        .path
                        .strip_prefix(self.walk.dir)
                        .unwrap_or(self.path)
                        .to_owned();
                    let opens_many = for_several && opens_one_model(&entry.wall);
                    self.walk.scan.places.push(Place { entry, file, line });
                    if opens_many {
                        self.walk.trouble(self.path, line, GENERIC);
                    }
                }
                _ => self.walk.trouble(self.path, line, NOT_LITERAL),
            },
            _ => self.walk.trouble(self.path, line, NOT_LITERAL),
        }
        true
    }

    /// At an opening bracket: takes everything to its match, returns what is inside.
    fn group(&mut self) -> &'_ [Token] {
        let start = self.at + 1;
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token.punct() {
                Some('(' | '[' | '{') => depth += 1,
                Some(')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return &self.tokens[start..self.at - 1];
                    }
                }
                _ => {}
            }
        }
        &self.tokens[start.min(self.tokens.len())..]
    }

    /// Whether an item or a statement begins here that a condition takes away whole: nothing else does a test
    /// attribute skip, since a parameter, a field or an arm ends where only a parser knows (CWE-436).
    fn begins_item(&self) -> bool {
        match self.peek(0) {
            Some(token) if token.raw => false,
            Some(Token {
                kind: Kind::Ident(word),
                ..
            }) => {
                ITEMS.contains(&word.as_str())
                    || word == "macro_rules" && self.punct_at(1) == Some('!')
                    || self.macro_group().is_some()
            }
            token => token.and_then(Token::punct) == Some('{'),
        }
    }

    /// How far from here the arguments of a macro's call open: `a::b! {`.
    fn macro_group(&self) -> Option<usize> {
        let path =
            (0..).take_while(|ahead| self.ident_at(*ahead).is_some() || self.punct_at(*ahead) == Some(':'));
        let end = path.count();
        (self.punct_at(end) == Some('!') && matches!(self.punct_at(end + 1), Some('(' | '[' | '{')))
            .then_some(end + 1)
    }

    /// Skips one item or statement: to its `;` or its braces, whichever comes first; of a macro's call its arguments.
    fn skip_item(&mut self) {
        if let Some(open) = self.macro_group() {
            self.at += open;
            self.group();
            return;
        }
        while let Some(token) = self.peek(0) {
            match token.punct() {
                Some(';') => {
                    self.at += 1;
                    return;
                }
                Some('{') => {
                    self.group();
                    return;
                }
                Some('(' | '[') => {
                    self.group();
                }
                Some('}' | ')' | ']') => return,
                _ => self.at += 1,
            }
        }
    }

    /// Skips to the end of this level, closing bracket included.
    fn skip_level(&mut self) {
        while let Some(token) = self.peek(0) {
            match token.punct() {
                Some('(' | '[' | '{') => {
                    self.group();
                }
                Some(')' | ']' | '}') => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    /// `mod name;`: scans its file.
    fn module_file(
        &mut self,
        name: &str,
        line: u32,
        module: &[String],
        children: &Path,
        test: bool,
    ) -> std::io::Result<()> {
        let candidates = [
            (children.join(format!("{name}.rs")), false),
            (children.join(name).join("mod.rs"), true),
        ];
        let Some((path, owns_folder)) = candidates.into_iter().find(|(path, _)| path.is_file()) else {
            if !test {
                self.walk.trouble(self.path, line, NO_FILE);
            }
            return Ok(());
        };
        if test {
            self.walk.tests.insert(children.join(name));
            self.walk.tests.insert(path);
            return Ok(());
        }
        let mut inner = module.to_vec();
        inner.push(name.to_owned());
        self.walk.file(&path, &inner, owns_folder)
    }
}

/// Words that begin an item or a statement, and no parameter, field, variant or arm.
const ITEMS: &[&str] = &[
    "async", "const", "enum", "extern", "fn", "impl", "let", "mod", "static", "struct", "trait", "type",
    "unsafe", "use",
];

/// Whether an attribute's content makes its item test code: `cfg(test)`, `cfg(all(test, …))`. `#[test]` alone does not:
/// an attribute of that name may be anybody's.
fn is_test(attribute: &[Token]) -> bool {
    let [cfg, rest @ ..] = attribute else { return false };
    let named = |word: &str| rest.iter().any(|t| t.is(word));
    // `test = "…"` is another condition, which a build script may set.
    let alone = rest
        .windows(2)
        .any(|pair| pair[0].is("test") && matches!(pair[1].punct(), Some(',' | ')')));
    // `not(test)` and `any(test, …)` are compiled outside tests too.
    cfg.is("cfg") && alone && !named("not") && !named("any")
}
