//! Which file of a crate imports which.
//!
//! An arrow goes from the file that names something to the file that *defines* it: through `pub use`, however many
//! facades lie between. A re-export itself is no arrow, nor is a module's declaration or an import of a bare module;
//! what is then taken out of it is. Counted are `use`, paths in code and in types, and those among a macro's tokens.
//! What is compiled for tests only is not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Item, UseTree};

use crate::sources::{attributes, is_test};

/// Where a crate's sources come from: a folder, or a made-up tree.
pub trait Tree {
    /// The text of a file, by its path below `src/`.
    fn read(&self, path: &Path) -> Option<String>;
}

impl Tree for PathBuf {
    fn read(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(self.join(path)).ok()
    }
}

impl Tree for [(&str, &str)] {
    fn read(&self, path: &Path) -> Option<String> {
        let found = self.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned())
    }
}

/// The files of a crate and the arrows between them.
#[derive(Debug)]
pub struct Imports {
    /// Paths below `src/`, with `/`.
    pub files: Vec<String>,
    /// For each arrow, what makes it.
    pub arrows: BTreeMap<(usize, usize), Place>,
}

/// Where a file names another's.
#[derive(Debug)]
pub struct Place {
    /// The first of them: `file.rs:12 crate::a::Name`.
    pub first: String,
    /// How often it does.
    pub count: usize,
}

impl Imports {
    /// Reads the crate `name` (with underscores), whose root is `lib.rs` or `main.rs`.
    ///
    /// # Panics
    /// If a file is missing or cannot be parsed, or is moved about with `#[path]`.
    pub fn read(name: &str, tree: &(impl Tree + ?Sized)) -> Self {
        let root = ["lib.rs", "main.rs"];
        let root = root.into_iter().find(|root| tree.read(Path::new(root)).is_some());
        let root = root.unwrap_or_else(|| panic!("{name} has neither lib.rs nor main.rs"));
        let mut reader = Reader {
            tree,
            files: Vec::new(),
            texts: Vec::new(),
            modules: Vec::new(),
        };
        reader.file(PathBuf::from(root), PathBuf::new(), None);
        let (files, texts, modules) = (reader.files, reader.texts, reader.modules);
        let resolver = Resolver {
            name,
            modules: &modules,
        };
        let mut arrows: BTreeMap<(usize, usize), Place> = BTreeMap::new();
        for (id, module) in modules.iter().enumerate() {
            let private = module.uses.iter().filter(|import| !import.is_public);
            let imported = private.map(|import| &import.path);
            for path in imported.chain(&module.paths) {
                let Some(Found::Item(to)) = resolver.resolve(id, path, 0) else {
                    continue;
                };
                if to != module.file {
                    let arrow = arrows.entry((module.file, to));
                    let place = arrow.or_insert_with(|| Place {
                        first: {
                            let line = line_of(&texts[module.file], path);
                            format!("{}:{line} {}", files[module.file], path.join("::"))
                        },
                        count: 0,
                    });
                    place.count += 1;
                }
            }
        }
        Self { files, arrows }
    }

    /// The arrows by node, as [`crate::circles::circles`] takes them.
    pub fn graph(&self) -> Vec<Vec<usize>> {
        let mut graph = vec![Vec::new(); self.files.len()];
        for &(from, to) in self.arrows.keys() {
            graph[from].push(to);
        }
        graph
    }

    /// The places that tie these files together: one for each arrow between two of them.
    pub fn ties(&self, files: &[usize]) -> Vec<String> {
        let inside: BTreeSet<usize> = files.iter().copied().collect();
        self.arrows
            .iter()
            .filter(|((from, to), _)| inside.contains(from) && inside.contains(to))
            .map(|((_, to), place)| {
                let more = match place.count {
                    1 => String::new(),
                    n => format!(" (and {} more)", n - 1),
                };
                format!("{} → {}{more}", place.first, self.files[*to])
            })
            .collect()
    }
}

/// The first line that names the last of a path; spans have no lines outside a compiler.
fn line_of(text: &str, path: &[String]) -> usize {
    let last = path.last().map_or("", String::as_str);
    let names = |line: &&str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == last)
    };
    text.lines()
        .position(|line| names(&line))
        .map_or(0, |line| line + 1)
}

/// A `use`, taken apart: one name.
#[derive(Debug)]
struct Import {
    /// What it is called here; `None` is a glob.
    alias: Option<String>,
    path: Vec<String>,
    is_public: bool,
}

#[derive(Debug, Default)]
struct Module {
    file: usize,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// Names and the files they are defined in: this one, but for exported macros.
    items: BTreeMap<String, usize>,
    uses: Vec<Import>,
    paths: Vec<Vec<String>>,
}

struct Reader<'a, T: ?Sized> {
    tree: &'a T,
    files: Vec<String>,
    texts: Vec<String>,
    modules: Vec<Module>,
}

impl<T: Tree + ?Sized> Reader<'_, T> {
    /// Reads the file and the modules that it declares; `folder` is where those are.
    fn file(&mut self, path: PathBuf, folder: PathBuf, parent: Option<usize>) -> usize {
        let shown = path.display().to_string();
        let text = self
            .tree
            .read(&path)
            .unwrap_or_else(|| panic!("{shown} is missing"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{shown}: {error}"));
        self.files.push(shown);
        self.texts.push(text);
        let file = self.files.len() - 1;
        self.module(&parsed.items, file, &folder, parent)
    }

    fn module(&mut self, items: &[Item], file: usize, folder: &Path, parent: Option<usize>) -> usize {
        let id = self.modules.len();
        self.modules.push(Module {
            file,
            parent,
            ..Module::default()
        });
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            let Item::Mod(module) = item else {
                self.item(id, item);
                continue;
            };
            let moved = module.attrs.iter().any(|a| a.path().is_ident("path"));
            assert!(!moved, "{}: a module with `#[path]`", self.files[file]);
            let name = plain(&module.ident);
            let below = folder.join(&name);
            let child = match &module.content {
                Some((_, items)) => self.module(items, file, &below, Some(id)),
                None => {
                    let flat = folder.join(format!("{name}.rs"));
                    let is_flat = self.tree.read(&flat).is_some();
                    let path = if is_flat { flat } else { below.join("mod.rs") };
                    self.file(path, below, Some(id))
                }
            };
            self.modules[id].children.insert(name, child);
        }
        id
    }

    fn item(&mut self, id: usize, item: &Item) {
        let file = self.modules[id].file;
        let name = match item {
            Item::Const(i) => Some(&i.ident),
            Item::Enum(i) => Some(&i.ident),
            Item::Fn(i) => Some(&i.sig.ident),
            Item::Static(i) => Some(&i.ident),
            Item::Struct(i) => Some(&i.ident),
            Item::Trait(i) => Some(&i.ident),
            Item::Type(i) => Some(&i.ident),
            Item::Union(i) => Some(&i.ident),
            Item::Macro(i) => i.ident.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            let name = plain(name);
            // An exported macro's path is the crate's root.
            if attributes(item).iter().any(|a| a.path().is_ident("macro_export")) {
                self.modules[0].items.insert(name.clone(), file);
            }
            self.modules[id].items.insert(name, file);
        }
        let mut names = Names::default();
        names.visit_item(item);
        self.modules[id].uses.extend(names.uses);
        self.modules[id].paths.extend(names.paths);
    }
}

/// Collects what an item names.
#[derive(Default)]
struct Names {
    uses: Vec<Import>,
    paths: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            syn::visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        spread(&item.tree, &mut Vec::new(), &mut |path, alias| {
            self.uses.push(Import {
                alias,
                path,
                is_public,
            });
        });
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| plain(&segment.ident));
        self.paths.push(segments.collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        syn::visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // `#[derive(Template)]` and documentation name nothing of ours that is not named elsewhere.
        let _ = attribute;
    }
}

impl Names {
    /// The paths among a macro's tokens: names joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut colons, mut follows_dot) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    // A method or a field is no path.
                    if !(path.is_empty() && follows_dot) {
                        path.push(plain(&ident));
                    }
                    (colons, follows_dot) = (0, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.end(&mut path);
                    colons = 0;
                    follows_dot = matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '.');
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.paths.push(std::mem::take(path));
        }
    }
}

/// Takes a `use` apart: `a::{b, c as d, e::*}`.
fn spread(tree: &UseTree, before: &mut Vec<String>, each: &mut impl FnMut(Vec<String>, Option<String>)) {
    match tree {
        UseTree::Path(path) => {
            before.push(plain(&path.ident));
            spread(&path.tree, before, each);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                spread(tree, before, each);
            }
        }
        UseTree::Glob(_) => each(before.clone(), None),
        UseTree::Name(name) if name.ident == "self" => each(before.clone(), before.last().cloned()),
        UseTree::Rename(name) if name.ident == "self" => each(before.clone(), Some(plain(&name.rename))),
        UseTree::Name(name) => {
            let path = [before.as_slice(), &[plain(&name.ident)]].concat();
            each(path, Some(plain(&name.ident)));
        }
        UseTree::Rename(name) => {
            let path = [before.as_slice(), &[plain(&name.ident)]].concat();
            each(path, Some(plain(&name.rename)));
        }
    }
}

/// `r#type` is `type`.
fn plain(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

/// What a path leads to.
#[derive(Debug, Clone, Copy)]
enum Found {
    Module(usize),
    /// The file that defines it.
    Item(usize),
}

struct Resolver<'a> {
    name: &'a str,
    modules: &'a [Module],
}

/// Re-exports of re-exports: more than this is a circle of them.
const DEPTH: usize = 16;

impl Resolver<'_> {
    /// Follows a path that is written in a module. Nothing if it leads out of the crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Found> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Found::Module(0),
            "self" => Found::Module(from),
            "super" => {
                let mut module = self.modules[from].parent?;
                while let Some((_, more)) = rest.split_first().filter(|(next, _)| *next == "super") {
                    module = self.modules[module].parent?;
                    rest = more;
                }
                Found::Module(module)
            }
            name => match self.step(from, name, rest.is_empty(), depth) {
                Some(found) => found,
                // `extern crate self as …`.
                None if name == self.name => Found::Module(0),
                None => return None,
            },
        };
        for (place, name) in rest.iter().enumerate() {
            match at {
                Found::Module(module) => at = self.step(module, name, place + 1 == rest.len(), depth)?,
                // A variant, or something of a type.
                Found::Item(_) => break,
            }
        }
        Some(at)
    }

    /// A name in a module. The last of a path means an item before it means a module.
    fn step(&self, module: usize, name: &str, is_last: bool, depth: usize) -> Option<Found> {
        if depth > DEPTH {
            return None;
        }
        let here = &self.modules[module];
        let item = here.items.get(name).copied().map(Found::Item);
        let child = here.children.get(name).copied().map(Found::Module);
        let named = || {
            let mut named = here
                .uses
                .iter()
                .filter(|import| import.alias.as_deref() == Some(name) && import.path != [name]);
            named.find_map(|import| self.resolve(module, &import.path, depth + 1))
        };
        let globs = || {
            let mut globs = here.uses.iter().filter(|import| import.alias.is_none());
            globs.find_map(|glob| match self.resolve(module, &glob.path, depth + 1)? {
                Found::Module(other) if other != module => self.step(other, name, is_last, depth + 1),
                _ => None,
            })
        };
        if is_last {
            item.or_else(named).or(child).or_else(globs)
        } else {
            child.or_else(named).or(item).or_else(globs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circles::circles;

    /// `from → to`, by names.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let imports = Imports::read("made_up", files);
        let named = |&(from, to): &(usize, usize)| format!("{} → {}", imports.files[from], imports.files[to]);
        imports.arrows.keys().map(named).collect()
    }

    #[test]
    fn an_import_through_facades_is_one_of_the_file_that_defines() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::Thing;"),
            (
                "a.rs",
                "use crate::Thing; use std::fmt; fn f(_: Thing) -> fmt::Result { Ok(()) }",
            ),
            (
                "b/mod.rs",
                "mod deep; mod other; pub use deep::{Inner as Thing}; pub use other::*;",
            ),
            ("b/deep.rs", "pub struct Inner;"),
            ("b/other.rs", "pub fn g() { super::super::b::deep::Inner; }"),
        ];
        assert_eq!(arrows(&files), ["a.rs → b/deep.rs", "b/other.rs → b/deep.rs"]);
    }

    #[test]
    fn paths_in_code_types_and_macros_count_and_tests_do_not() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; mod d; mod e; #[cfg(test)] mod t;"),
            (
                "a.rs",
                "use crate::b;\n\
                 struct S { x: crate::c::C }\n\
                 fn f() { assert!(b::check(1).d::e && self::h(crate::d::D)); }\n\
                 fn h(_: u8) -> bool { true }\n\
                 #[cfg(test)] mod tests { use crate::e::E; #[test] fn t() { crate::e::E; } }",
            ),
            ("b.rs", "pub fn check(_: u8) {}"),
            ("c.rs", "pub struct C;"),
            ("d.rs", "pub struct D;"),
            ("e.rs", "pub struct E;"),
            ("t.rs", "use crate::a::S;"),
        ];
        assert_eq!(arrows(&files), ["a.rs → b.rs", "a.rs → c.rs", "a.rs → d.rs"]);
    }

    #[test]
    fn a_bare_module_is_no_arrow_and_an_own_extern_name_is_the_root() {
        let files = [
            ("lib.rs", "mod a; mod b; extern crate self as made_up;"),
            ("a.rs", "use crate::b; fn f() {}"),
            (
                "b.rs",
                "fn f() -> ::made_up::a::A { made_up::c!() } #[macro_export] macro_rules! c { () => { $crate::a::A } }",
            ),
        ];
        assert_eq!(arrows(&files), [] as [&str; 0]);
        let mut files = files.map(|(name, text)| (name, text.to_owned()));
        files[1].1.push_str("pub struct A; fn g() { b::c!() }");
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        assert_eq!(arrows(&files), ["a.rs → b.rs", "b.rs → a.rs"]);
    }

    #[test]
    fn a_circle_is_found_and_told_with_what_ties_it() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "use crate::c::{self, C};\npub struct B;"),
            ("c.rs", "pub struct C(\n    super::a::A);"),
        ];
        let imports = Imports::read("made_up", files.as_slice());
        let found = circles(&imports.graph());
        assert_eq!(found.len(), 1);
        let ties = imports.ties(&found[0]);
        assert_eq!(
            ties,
            [
                "a.rs:1 crate::b::B → b.rs",
                "b.rs:1 crate::c::C → c.rs",
                "c.rs:2 super::a::A → a.rs"
            ]
        );
    }
}
