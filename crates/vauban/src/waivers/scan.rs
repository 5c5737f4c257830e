//! Finding waivers in a package's sources: from each target's root file along its `mod` declarations.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::lock::Entry;
use super::targets::roots;
use super::token::{Kind, Token, tokens};

/// One `waiver!(…)` in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it signs.
    pub entry: Entry,
    /// The file, relative to the package.
    pub file: PathBuf,
    /// The line.
    pub line: u32,
}

/// Something that the scan cannot count, and that therefore must not stand in the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The file, relative to the package.
    pub file: PathBuf,
    /// The line.
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

const RENAMED: &str =
    "the macro `waiver!` is given another name: use it under its own, so that it can be counted";
const MACRO_MADE: &str = "a waiver stands inside `macro_rules!`: write it out where it is needed";
const NOT_LITERAL: &str = "`waiver!` has no wall and literal reason here: write `waiver!(Wall, \"why\")`";
const BY_HAND: &str =
    "a hidden constructor makes what only a waiver or a check may make: use `waiver!(Wall, \"why\")`";
const SEALED_BY_HAND: &str = "an implementation by hand writes what is not escaped: derive `Template`, and use `SafeHtml`, `SafeUrl` or `urls::…`";
const PIECE: &str =
    "`piece` is for tests of the compiler: elements that it leaves open take in the rest of the page";
const UNREACHED: &str = "a file with a waiver is reached by no `mod` that the scan can follow";
const NO_FILE: &str = "the file of this `mod` was not found";

/// Constructors that macros write: of waivers, of markup and of addresses.
const HIDDEN: &[&str] = &["__new", "__checked", "__literal"];

/// What traits ask for whose implementations are written as they are: of templates, addresses and trusted values.
const SEALED: &[&str] = &["__DERIVED", "__write_url", "__put_trusted"];

/// Scans the package in `dir` (the folder of its `Cargo.toml`). Test code is left out: it needs no waiver.
///
/// # Errors
/// The manifest or a source file cannot be read.
pub fn scan(dir: &Path) -> std::io::Result<Scan> {
    let mut walk = Walk {
        dir,
        scan: Scan::default(),
        seen: BTreeSet::new(),
        tests: BTreeSet::new(),
    };
    for (name, root) in roots(dir)? {
        walk.file(&root, &[name], true)?;
    }
    walk.unreached(&dir.join("src"))?;
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
    scan: Scan,
    seen: BTreeSet<PathBuf>,
    tests: BTreeSet<PathBuf>,
}

impl Walk<'_> {
    /// Scans one file, which is the module `module`. `owns_folder`: its children lie beside it (`lib.rs`, `mod.rs`).
    fn file(&mut self, path: &Path, module: &[String], owns_folder: bool) -> std::io::Result<()> {
        self.seen.insert(path.to_owned());
        let all = tokens(&fs::read_to_string(path)?);
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
        };
        source.items(&mut module.to_vec(), &children, &folder)
    }

    fn trouble(&mut self, path: &Path, line: u32, what: &'static str) {
        let file = path.strip_prefix(self.dir).unwrap_or(path).to_owned();
        self.scan.trouble.push(Trouble { file, line, what });
    }

    /// Files that no `mod` led to, but that hold a waiver: a macro or an `include!` may compile them.
    fn unreached(&mut self, folder: &Path) -> std::io::Result<()> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries {
            let path = entry?.path();
            if self.tests.contains(&path) {
                continue;
            }
            if path.is_dir() {
                self.unreached(&path)?;
            } else if path.extension().is_some_and(|e| e == "rs") && !self.seen.contains(&path) {
                let all = tokens(&fs::read_to_string(&path)?);
                if let Some(token) = all.iter().find(|t| t.is("waiver")) {
                    self.trouble(&path, token.line, UNREACHED);
                }
            }
        }
        Ok(())
    }
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Ident(ident) if ident == word)
    }

    fn is_hidden(&self) -> bool {
        HIDDEN.iter().any(|name| self.is(name))
    }

    fn is_sealed(&self) -> bool {
        SEALED.iter().any(|name| self.is(name))
    }

    fn punct(&self) -> Option<char> {
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

    /// Everything up to the bracket that closes this level. `children`: where files of `mod x;` lie;
    /// `beside`: what a `#[path]` at the file's top level is relative to.
    fn items(&mut self, module: &mut Vec<String>, children: &Path, beside: &Path) -> std::io::Result<()> {
        let (mut test, mut path_attribute) = (false, None);
        while let Some(token) = self.peek(0) {
            let line = token.line;
            match &token.kind {
                Kind::Punct('#') if self.punct_at(1) == Some('!') && self.punct_at(2) == Some('[') => {
                    self.at += 2;
                    let attribute = self.group();
                    if is_test(attribute) {
                        // `#![cfg(test)]`: the rest of this level is test code.
                        self.skip_level();
                        return Ok(());
                    }
                }
                Kind::Punct('#') if self.punct_at(1) == Some('[') => {
                    self.at += 1;
                    let start = self.at;
                    let attribute = self.group();
                    let piece = attribute.first().is_some_and(|t| t.is("template"))
                        && attribute.iter().any(|t| t.is("piece"));
                    if is_test(attribute) {
                        test = true;
                    } else if piece {
                        self.walk.trouble(self.path, line, PIECE);
                    } else if let [key, equals, value] = attribute
                        && key.is("path")
                        && equals.punct() == Some('=')
                        && let Kind::Str(value) = &value.kind
                    {
                        path_attribute = Some(value.clone());
                    } else {
                        // A waiver may stand in an attribute.
                        let end = std::mem::replace(&mut self.at, start + 1);
                        while self.at + 1 < end {
                            if !self.waiver(module) {
                                self.at += 1;
                            }
                        }
                        self.at = end;
                    }
                    continue;
                }
                Kind::Ident(word) if word == "pub" => {
                    self.at += 1;
                    if self.punct_at(0) == Some('(') {
                        self.group();
                    }
                    continue; // attributes before `pub` belong to what follows
                }
                Kind::Ident(word) if word == "mod" && self.ident_at(1).is_some() => {
                    let name = self.ident_at(1).unwrap_or_default().to_owned();
                    self.at += 2;
                    if self.punct_at(0) == Some('{') {
                        if test {
                            self.group();
                        } else {
                            self.at += 1;
                            module.push(name.clone());
                            let inner = children.join(path_attribute.as_deref().unwrap_or(&name));
                            self.items(module, &inner, &inner)?;
                            module.pop();
                        }
                    } else {
                        self.module_file(
                            &name,
                            line,
                            module,
                            children,
                            beside,
                            path_attribute.as_deref(),
                            test,
                        )?;
                    }
                }
                _ if test => self.skip_item(),
                Kind::Ident(word)
                    if word == "macro_rules"
                        && self.punct_at(1) == Some('!')
                        && self.ident_at(2).is_some() =>
                {
                    self.at += 3;
                    let body = self.group();
                    let made = body
                        .windows(2)
                        .find(|pair| pair[0].is("waiver") && pair[1].punct() == Some('!'))
                        .map(|pair| pair[0].line);
                    let hidden = body.iter().find(|t| t.is_hidden()).map(|t| t.line);
                    let sealed = body.iter().find(|t| t.is_sealed()).map(|t| t.line);
                    if let Some(line) = made {
                        self.walk.trouble(self.path, line, MACRO_MADE);
                    }
                    if let Some(line) = hidden {
                        self.walk.trouble(self.path, line, BY_HAND);
                    }
                    if let Some(line) = sealed {
                        self.walk.trouble(self.path, line, SEALED_BY_HAND);
                    }
                }
                Kind::Punct('{' | '(' | '[') => {
                    self.at += 1;
                    self.items(module, children, beside)?;
                }
                Kind::Punct('}' | ')' | ']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => {
                    if !self.waiver(module) {
                        self.at += 1;
                    }
                    continue; // an attribute's item may be longer than one token, but only `test` matters
                }
            }
            (test, path_attribute) = (false, None);
        }
        Ok(())
    }

    /// If a waiver (or something that would hide one) stands here, takes it.
    fn waiver(&mut self, module: &[String]) -> bool {
        let Some(token) = self.peek(0) else { return false };
        let line = token.line;
        // CWE-79: called or not; its name may be kept and called elsewhere.
        let before = self.at.checked_sub(1).and_then(|at| self.tokens[at].punct());
        if token.is_hidden() && matches!(before, Some(':' | '.')) {
            self.walk.trouble(self.path, line, BY_HAND);
            return false;
        }
        if token.is_sealed() {
            self.walk.trouble(self.path, line, SEALED_BY_HAND);
            return false;
        }
        if !token.is("waiver") {
            return false;
        }
        if self.ident_at(1) == Some("as") {
            self.walk.trouble(self.path, line, RENAMED);
            return false;
        }
        if self.punct_at(1) != Some('!') || !matches!(self.punct_at(2), Some('(' | '[' | '{')) {
            return false;
        }
        self.at += 2;
        let arguments = self.group();
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
                    self.walk.scan.places.push(Place { entry, file, line });
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

    /// Skips one item: to its `;` or its braces, whichever comes first.
    fn skip_item(&mut self) {
        while let Some(token) = self.peek(0) {
            match token.punct() {
                Some(';' | ',') => {
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
    #[allow(clippy::too_many_arguments)] // what a `mod` declaration depends on
    fn module_file(
        &mut self,
        name: &str,
        line: u32,
        module: &[String],
        children: &Path,
        beside: &Path,
        path_attribute: Option<&str>,
        test: bool,
    ) -> std::io::Result<()> {
        let candidates = match path_attribute {
            Some(path) => vec![(beside.join(path), true)],
            None => vec![
                (children.join(format!("{name}.rs")), false),
                (children.join(name).join("mod.rs"), true),
            ],
        };
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

/// Whether an attribute's content makes its item test code: `cfg(test)`, `cfg(all(test, …))`, `test`.
fn is_test(attribute: &[Token]) -> bool {
    match attribute {
        [only] => only.is("test"),
        [cfg, rest @ ..] if cfg.is("cfg") => {
            let named = |word: &str| rest.iter().any(|t| t.is(word));
            // `not(test)` and `any(test, …)` are compiled outside tests too.
            named("test") && !named("not") && !named("any")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Cargo.toml"), "[package]\nname = \"my-app\"\n").unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let dir = package(files);
        let scan = scan(dir.path()).unwrap();
        (
            scan.places
                .iter()
                .map(|p| format!("{}:{} {}", p.file.display(), p.line, p.entry))
                .collect(),
            scan.trouble
                .iter()
                .map(|t| format!("{}:{} {}", t.file.display(), t.line, t.what))
                .collect(),
        )
    }

    #[test]
    fn module_paths_are_those_of_rustc() {
        let (places, trouble) = found(&[
            (
                "src/main.rs",
                "mod a;\nmod inline { mod deep; fn f() { waiver!(W, \"one\") } }\nfn main() { x(waiver!(W, \"root\")) }",
            ),
            ("src/a/mod.rs", "mod b;\n#[path = \"odd/name.rs\"] mod c;"),
            (
                "src/a/b.rs",
                "mod below; const X: W = vauban::waiver!{W, r#\"ra\"w\"#};",
            ),
            ("src/a/b/below.rs", "\n\nwaiver![W, \"two\"]"),
            ("src/a/odd/name.rs", "waiver!(W, \"three\")"),
            ("src/inline/deep.rs", "waiver!(W, \"four\")"),
            ("src/bin/tool.rs", "fn main() { waiver!(W, \"five\") }"),
        ]);
        assert_eq!(trouble, Vec::<String>::new());
        assert_eq!(
            places,
            [
                "src/a/b/below.rs:3 W | my_app::a::b::below | two",
                "src/a/b.rs:1 W | my_app::a::b | ra\"w",
                "src/a/odd/name.rs:1 W | my_app::a::c | three",
                "src/bin/tool.rs:1 W | tool | five",
                "src/inline/deep.rs:1 W | my_app::inline::deep | four",
                "src/main.rs:2 W | my_app::inline | one",
                "src/main.rs:3 W | my_app | root",
            ]
        );
    }

    #[test]
    fn test_code_is_left_out_and_nothing_else() {
        let (places, trouble) = found(&[
            (
                "src/lib.rs",
                "#[cfg(test)] mod tests { fn f() { waiver!(W, \"t1\") } }\n\
                 #[cfg(test)] pub(crate) mod file;\n\
                 #[cfg(test)] fn helper(a: [u8; 2]) -> u8 { waiver!(W, \"t2\") }\n\
                 #[cfg(all(test, unix))] use x::{y, z};\n\
                 #[cfg(not(test))] fn real() { waiver!(W, \"r1\") }\n\
                 #[cfg(any(test, feature = \"x\"))] fn both() { waiver!(W, \"r2\") }\n\
                 #[view(get, csp = waiver!(W, \"r3\"))] fn view() {}\n\
                 mod off;",
            ),
            ("src/file.rs", "mod inner; waiver!(W, \"t3\")"),
            ("src/file/inner.rs", "waiver!(W, \"t4\")"),
            ("src/off.rs", "#![cfg(test)]\nwaiver!(W, \"t5\")"),
            ("tests/it.rs", "waiver!(W, \"t6\")"),
        ]);
        assert_eq!(trouble, Vec::<String>::new());
        let reasons: Vec<_> = places.iter().filter_map(|p| p.rsplit(" | ").next()).collect();
        assert_eq!(reasons, ["r1", "r2", "r3"], "{places:?}");
    }

    #[test]
    fn what_would_hide_a_waiver_is_told() {
        let (places, trouble) = found(&[
            (
                "src/lib.rs",
                "use vauban::waiver as w;\n\
                 macro_rules! m { () => { waiver!(W, \"hidden in a macro\") } }\n\
                 fn f() { waiver!(W, $reason) }\n\
                 fn g() { Waiver::<walls::W>::__new(\"a\", \"b\", 1) }\n\
                 make_mod!(hidden);\n",
            ),
            ("src/hidden.rs", "waiver!(W, \"unreached\")"),
        ]);
        assert_eq!(places, Vec::<String>::new());
        assert_eq!(
            trouble,
            [
                format!("src/hidden.rs:1 {UNREACHED}"),
                format!("src/lib.rs:1 {RENAMED}"),
                format!("src/lib.rs:2 {MACRO_MADE}"),
                format!("src/lib.rs:3 {NOT_LITERAL}"),
                format!("src/lib.rs:4 {BY_HAND}"),
            ]
        );
    }

    /// CWE-79, CWE-601: what the macros use is no way to make markup, addresses or waivers without a signature.
    #[test]
    fn hidden_constructors_are_told() {
        let (_, trouble) = found(&[(
            "src/lib.rs",
            "fn a(s: String) -> SafeHtml { SafeHtml::__checked(s) }\n\
             fn b() { let make = <Waiver<walls::W>>::__new; make(\"a\", \"b\", 1) }\n\
             fn c() { Url::__start(\"v\", 0).__literal(\"https://evil\") }\n\
             macro_rules! html { ($s:expr) => { SafeHtml::__checked($s) } }\n\
             fn __new() { __new() }\n",
        )]);
        let lines: Vec<_> = (1..=4)
            .map(|line| format!("src/lib.rs:{line} {BY_HAND}"))
            .collect();
        assert_eq!(trouble, lines);
    }

    /// CWE-79, CWE-601: the attack is a type whose text is written into the page as it is, with nothing signed.
    #[test]
    fn implementations_by_hand_are_told() {
        let (_, trouble) = found(&[(
            "src/lib.rs",
            "impl UrlTo for Evil { fn __write_url(&self, _: &dyn RenderContext, out: &mut String) {} }\n\
             impl Trusted<Text> for Raw { fn __put_trusted(&self, _: &dyn RenderContext, out: &mut String) {} }\n\
             impl Template for Page { const __DERIVED: () = (); }\n\
             macro_rules! page { ($t:ty) => { impl Template for $t { const __DERIVED: () = (); } } }\n\
             #[derive(Template)] #[template(\"open.html\", piece)] struct Open;\n\
             #[derive(Template)] #[template(\"piece.html\")] struct Piece { piece: u8 }\n\
             #[cfg(test)] impl Template for Page { const __DERIVED: () = (); }\n",
        )]);
        let mut expected: Vec<_> = (1..=4)
            .map(|line| format!("src/lib.rs:{line} {SEALED_BY_HAND}"))
            .collect();
        expected.push(format!("src/lib.rs:5 {PIECE}"));
        assert_eq!(trouble, expected);
    }

    #[test]
    fn words_in_comments_and_strings_are_not_waivers() {
        let (places, trouble) = found(&[(
            "src/lib.rs",
            "//! waiver!(W, \"doc\")\n/* waiver!(W, \"c\") */ const A: &str = \"waiver!(W, \\\"s\\\")\"; fn waiver() {}",
        )]);
        assert!(places.is_empty() && trouble.is_empty(), "{places:?} {trouble:?}");
    }
}
