//! Files into one tree: `{% extends %}`, `{% include %}` and partials are worked out by exact name.
//!
//! There is no search path: a new file that shadows another could not be tracked by the build.

use super::ast::Node;
use super::error::{Pos, Result, Sources, fail, nearest};
use super::parser::{File, parse};
use proc_macro2::TokenStream;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How long a chain of parents may be.
const MAX_PARENTS: usize = 32;
/// How many nodes one page may have after everything is included (CWE-400: includes can grow exponentially).
const MAX_NODES: usize = 50_000;
/// How many bytes of text, for the same reason.
const MAX_BYTES: usize = 2 << 20;
/// How deep blocks may nest after everything is included (CWE-674).
const MAX_NESTED: usize = super::parser::MAX_DEPTH;
/// How deep includes may nest.
const MAX_INCLUDES: usize = 32;

/// The class of what cannot be judged here.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// Where template files come from.
pub trait Loader {
    /// The text of a file, by its exact name below the template folder.
    fn load(&self, name: &str) -> Option<String>;
    /// All names, for suggestions.
    fn names(&self) -> Vec<String>;
    /// The other packages whose templates may be named.
    fn packages(&self) -> &[Package] {
        &[]
    }
    /// Whether the name is of a package whose files are not at hand: then only the build can judge.
    fn is_elsewhere(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// Templates and static files that another package hands over, by what `export_templates!` wrote.
#[derive(Debug, Clone)]
pub struct Package {
    /// The crate's name, and the first part of the names of its files elsewhere.
    pub name: String,
    /// Its `$crate`.
    pub root: TokenStream,
    /// Names below its `templates/`, and texts.
    pub files: Vec<(String, String)>,
    /// Names below its `static/`.
    pub statics: Vec<String>,
}

impl Package {
    fn text(&self, name: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, text)| text.as_str())
    }

    /// Where a file is, for a reader: `guestbook/templates/base.html`.
    fn shown(&self, name: &str) -> String {
        let rest = name.strip_prefix(&self.name).unwrap_or(name);
        format!("{}/templates{rest}", self.name)
    }
}

/// A file that a name means.
struct Found {
    name: String,
    text: String,
    package: Option<usize>,
}

fn is_below(name: &str, package: &str) -> bool {
    name.strip_prefix(package)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// A page as one tree.
#[derive(Debug, Default)]
pub struct Page {
    /// The nodes, without `Block`, `Super`, `Include` and `Partial`.
    pub nodes: Vec<Node>,
    /// Partials of its files that it does not write, with their nodes: another page may, and they are checked as well.
    pub partials: Vec<(String, Vec<Node>, Pos)>,
}

/// Loads and joins everything that a template needs.
#[derive(Debug)]
pub struct Resolver<'l, L: Loader> {
    loader: &'l L,
    /// The text of every file that was read: for the lines of messages.
    pub sources: Sources,
    parsed: HashMap<String, Rc<File>>,
    gathered: HashMap<String, Rc<Blocks>>,
    /// Which of the loader's packages a file is of, where it is not this one.
    packages: HashMap<u16, usize>,
    nodes: usize,
    bytes: usize,
    depth: usize,
    /// Partials that were written.
    written: HashSet<String>,
}

type Blocks = HashMap<String, Vec<Rc<Vec<Node>>>>;
type Partials = HashMap<String, Rc<Vec<Node>>>;

struct Scope<'a> {
    blocks: &'a Blocks,
    partials: &'a Partials,
    /// Files whose include or extends is being worked out.
    path: Vec<String>,
    /// The block being filled, and how many parents up.
    block: Option<(String, usize)>,
}

impl<'l, L: Loader> Resolver<'l, L> {
    /// A resolver that has read nothing.
    pub fn new(loader: &'l L) -> Self {
        Self {
            loader,
            sources: Sources::default(),
            parsed: HashMap::new(),
            gathered: HashMap::new(),
            packages: HashMap::new(),
            nodes: 0,
            bytes: 0,
            depth: 0,
            written: HashSet::new(),
        }
    }

    /// Reads and parses a file once. The name that comes back is the only one of that file.
    fn file(&mut self, name: &str, from: Option<Pos>) -> Result<(String, Rc<File>)> {
        let asking = from.and_then(|pos| self.packages.get(&pos.file).copied());
        let found = self.find(name, asking, from.unwrap_or_default());
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                if from.is_none() {
                    self.sources.add(name, "".into());
                }
                return Err(error);
            }
        };
        if let Some(file) = self.parsed.get(&found.name) {
            return Ok((found.name, file.clone()));
        }
        let text = as_read(&found.text);
        let index = match found.package {
            None => self.sources.add(&found.name, text.as_str().into()),
            Some(i) => {
                let package = &self.loader.packages()[i];
                let index = self.sources.add_of(
                    &package.shown(&found.name),
                    text.as_str().into(),
                    package.root.clone(),
                );
                self.packages.insert(index, i);
                index
            }
        };
        let file = Rc::new(parse(&text, index)?);
        self.parsed.insert(found.name.clone(), file.clone());
        Ok((found.name, file))
    }

    /// The file that a template of a package means by a name: its own, or `package/name` of one that it extends.
    fn find(&self, name: &str, asking: Option<usize>, pos: Pos) -> Result<Found> {
        let packages = self.loader.packages();
        // CWE-22: names are exact; nothing climbs out of the template folder.
        let unsafe_name = name.is_empty()
            || name.starts_with('/')
            || name.contains(['\\', '\0'])
            || name
                .split('/')
                .any(|part| part == ".." || part == "." || part.is_empty());
        let safe = (!unsafe_name).then_some(name);
        // Another package's template never reads a file of this one by a name that happens to be the same.
        let own = match asking {
            Some(i) => safe.and_then(|name| packages[i].text(name)).map(|text| Found {
                name: format!("{}/{name}", packages[i].name),
                text: text.to_owned(),
                package: Some(i),
            }),
            None => safe.and_then(|name| self.loader.load(name)).map(|text| Found {
                name: name.to_owned(),
                text,
                package: None,
            }),
        };
        let other = safe
            .and_then(|name| name.split_once('/'))
            .and_then(|(first, rest)| {
                let (i, package) = packages.iter().enumerate().find(|(_, p)| p.name == first)?;
                Some(Found {
                    name: name.to_owned(),
                    text: package.text(rest)?.to_owned(),
                    package: Some(i),
                })
            });
        match (own, other) {
            (Some(own), Some(other)) if own.name != other.name || own.package != other.package => fail(
                pos,
                "two-templates",
                format!("\"{name}\" is the name of two templates: one of this package, one of another"),
                "the first part of the name is a package that is extended: rename the folder below templates/",
            ),
            (Some(found), _) | (None, Some(found)) => Ok(found),
            (None, None) if self.loader.is_elsewhere(name) => fail(
                pos,
                ELSEWHERE,
                format!("\"{name}\" is another package's: the build checks this template"),
                "",
            ),
            (None, None) => {
                let mut names: Vec<String> = match asking {
                    Some(i) => packages[i].files.iter().map(|(n, _)| n.clone()).collect(),
                    None => self.loader.names(),
                };
                for package in packages {
                    names.extend(package.files.iter().map(|(n, _)| format!("{}/{n}", package.name)));
                }
                let help = match nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => match (packages.iter().find(|p| is_below(name, &p.name)), asking) {
                        (Some(package), _) => {
                            let all: Vec<&str> = package.files.iter().map(|(n, _)| n.as_str()).collect();
                            format!("the package `{}` has {}", package.name, all.join(", "))
                        }
                        (None, Some(i)) => format!(
                            "the name is exact and relative to the folder templates/ of the package `{}`",
                            packages[i].name
                        ),
                        (None, None) => "the name is exact and relative to the folder templates/; another package's templates are named with #[template(…, extends = package)]".to_owned(),
                    },
                };
                fail(
                    pos,
                    "no-such-template",
                    format!("there is no template \"{name}\""),
                    help,
                )
            }
        }
    }

    /// Works out one template.
    ///
    /// # Errors
    /// A missing file, a circle, an unknown block or partial, or a syntax error in any of the files.
    pub fn page(&mut self, name: &str) -> Result<Page> {
        (self.nodes, self.bytes, self.depth) = (0, 0, 0);
        self.written.clear();
        let mut chain = vec![self.file(name, None)?];
        while let Some((parent, pos)) = chain.last().and_then(|(_, f)| f.extends.clone()) {
            let (parent, file) = self.file(&parent, Some(pos))?;
            if chain.iter().any(|(n, _)| *n == parent) {
                return fail(
                    pos,
                    "circle",
                    format!("\"{parent}\" extends itself"),
                    "break the circle",
                );
            }
            if chain.len() >= MAX_PARENTS {
                return fail(
                    pos,
                    "too-deep",
                    "too many parents",
                    format!("at most {MAX_PARENTS}"),
                );
            }
            chain.push((parent, file));
        }
        let mut blocks = Blocks::new();
        let mut partials = Partials::new();
        for (level, (_, file)) in chain.iter().enumerate() {
            let root = level + 1 == chain.len();
            if !root {
                only_blocks(&file.nodes)?;
            }
            collect(&file.nodes, &mut blocks);
            for (name, nodes, _) in &file.partials {
                partials.entry(name.clone()).or_insert_with(|| nodes.clone());
            }
        }
        for (level, (_, file)) in chain.iter().enumerate() {
            let mut above = HashSet::new();
            for (_, parent) in &chain[level + 1..] {
                names(&parent.nodes, &mut above);
            }
            if level + 1 < chain.len() {
                known_blocks(&file.nodes, &above)?;
            }
        }
        let Some((_, root)) = chain.last() else {
            return Ok(Page::default());
        };
        let root = root.clone();
        let mut scope = Scope {
            blocks: &blocks,
            partials: &partials,
            path: chain.iter().map(|(n, _)| n.clone()).collect(),
            block: None,
        };
        let nodes = self.expand(&root.nodes, &mut scope)?;
        let mut partials = Vec::new();
        for (_, file) in &chain {
            for (name, nodes, pos) in &file.partials {
                if self.written.insert(name.clone()) {
                    let nodes = self.expand(nodes, &mut scope)?;
                    partials.push((name.clone(), nodes, *pos));
                }
            }
        }
        Ok(Page { nodes, partials })
    }

    /// The blocks of a file, gathered once.
    fn blocks(&mut self, name: &str, file: &File) -> Rc<Blocks> {
        let gather = || {
            let mut blocks = Blocks::new();
            collect(&file.nodes, &mut blocks);
            Rc::new(blocks)
        };
        self.gathered
            .entry(name.to_owned())
            .or_insert_with(gather)
            .clone()
    }

    fn expand(&mut self, nodes: &[Node], scope: &mut Scope<'_>) -> Result<Vec<Node>> {
        let mut out = Vec::with_capacity(nodes.len());
        self.depth += 1;
        if self.depth > MAX_NESTED {
            return fail(
                nodes.first().map(position).unwrap_or_default(),
                "too-deep",
                format!("blocks nest more than {MAX_NESTED} deep once everything is included"),
                "write a part as a component",
            );
        }
        for node in nodes {
            self.nodes += 1;
            if let Node::Text(text, _) = node {
                self.bytes += text.len();
            }
            if self.nodes > MAX_NODES || self.bytes > MAX_BYTES {
                return fail(
                    position(node),
                    "too-large",
                    format!(
                        "the page is too large once everything is included: {} tags and texts, {} bytes",
                        self.nodes, self.bytes
                    ),
                    format!(
                        "at most {MAX_NODES} and {MAX_BYTES}: include less, or write what repeats in a loop"
                    ),
                );
            }
            self.expand_one(node, scope, &mut out)?;
        }
        self.depth -= 1;
        Ok(out)
    }

    fn expand_one(&mut self, node: &Node, scope: &mut Scope<'_>, out: &mut Vec<Node>) -> Result<()> {
        match node {
            Node::Block(name, own, _) => {
                let versions = scope.blocks.get(name);
                let body = versions
                    .and_then(|v| v.first())
                    .cloned()
                    .unwrap_or_else(|| Rc::clone(own));
                let outer = scope.block.replace((name.clone(), 0));
                out.extend(self.expand(&body, scope)?);
                scope.block = outer;
            }
            Node::Super(pos) => {
                let Some((name, level)) = scope.block.clone() else {
                    return fail(
                        *pos,
                        "super",
                        "{{ block.super }} outside a block",
                        "put it inside {% block %}",
                    );
                };
                let parent = scope.blocks.get(&name).and_then(|v| v.get(level + 1)).cloned();
                let Some(parent) = parent else {
                    return fail(
                        *pos,
                        "super",
                        format!("no parent has a block `{name}`"),
                        "remove {{ block.super }}",
                    );
                };
                scope.block = Some((name.clone(), level + 1));
                out.extend(self.expand(&parent, scope)?);
                scope.block = Some((name, level));
            }
            Node::Include(include) => {
                let (name, partial) = match include.file.split_once('#') {
                    Some((file, partial)) => (file.to_owned(), Some(partial.to_owned())),
                    None => (include.file.clone(), None),
                };
                let (name, file) = self.file(&name, Some(include.pos))?;
                if scope.path.contains(&name) && partial.is_none() {
                    return fail(
                        include.pos,
                        "circle",
                        format!("\"{name}\" includes itself"),
                        "a template that includes itself has no end: write a component that renders itself",
                    );
                }
                if scope.path.len() > MAX_INCLUDES {
                    return fail(
                        include.pos,
                        "too-deep",
                        "includes nest too deep",
                        format!("at most {MAX_INCLUDES}"),
                    );
                }
                if partial.is_none()
                    && let Some((_, pos)) = &file.extends
                {
                    return fail(
                        *pos,
                        "include-extends",
                        format!("\"{name}\" extends a layout but is included"),
                        "include a file that extends nothing",
                    );
                }
                let blocks = self.blocks(&name, &file);
                let mut partials = Partials::new();
                // Copied only where there is something to add: a page may include one file a thousand times (CWE-407).
                let own = !file.partials.is_empty();
                if own {
                    partials.clone_from(scope.partials);
                    partials.extend(file.partials.iter().map(|(n, b, _)| (n.clone(), b.clone())));
                }
                let mut path = scope.path.clone();
                path.push(name.clone());
                let mut inner = Scope {
                    blocks: &blocks,
                    partials: if own { &partials } else { scope.partials },
                    path,
                    block: None,
                };
                let body = match &partial {
                    None => self.expand(&file.nodes, &mut inner)?,
                    Some(partial) => {
                        let Some((_, nodes, _)) = file.partials.iter().find(|(n, _, _)| n == partial) else {
                            return fail(
                                include.pos,
                                "partial",
                                format!("\"{name}\" has no partial `{partial}`"),
                                "define it with {% partialdef %}",
                            );
                        };
                        self.expand(nodes, &mut inner)?
                    }
                };
                if include.only {
                    out.push(Node::Only(include.with.clone(), body, include.pos));
                } else if include.with.is_empty() {
                    out.extend(body);
                } else {
                    out.push(Node::With(include.with.clone(), body, include.pos));
                }
            }
            Node::Partial(name, pos) => {
                let Some(nodes) = scope.partials.get(name).cloned() else {
                    let help = match nearest(name, scope.partials.keys().map(String::as_str)) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "define it with {% partialdef name %}…{% endpartialdef %}".to_owned(),
                    };
                    return fail(*pos, "partial", format!("there is no partial `{name}`"), help);
                };
                let mark = format!("#{name}");
                if scope.path.contains(&mark) {
                    return fail(
                        *pos,
                        "circle",
                        format!("partial `{name}` contains itself"),
                        "break the circle",
                    );
                }
                scope.path.push(mark);
                let body = self.expand(&nodes, scope)?;
                scope.path.pop();
                self.written.insert(name.clone());
                out.push(Node::Written(name.clone(), body, *pos));
            }
            Node::If(branches, otherwise, pos) => {
                let mut new = Vec::new();
                for (test, nodes) in branches {
                    new.push((test.clone(), self.expand(nodes, scope)?));
                }
                out.push(Node::If(new, self.expand(otherwise, scope)?, *pos));
            }
            Node::For(f) => {
                let mut f = f.clone();
                f.body = self.expand(&f.body, scope)?;
                f.empty = self.expand(&f.empty, scope)?;
                out.push(Node::For(f));
            }
            Node::With(bindings, nodes, pos) => {
                out.push(Node::With(bindings.clone(), self.expand(nodes, scope)?, *pos));
            }
            Node::Only(bindings, nodes, pos) => {
                out.push(Node::Only(bindings.clone(), self.expand(nodes, scope)?, *pos));
            }
            Node::Spaceless(nodes, pos) => out.push(Node::Spaceless(self.expand(nodes, scope)?, *pos)),
            Node::Fragment(name, nodes, pos) => {
                let nodes = self.expand(nodes, scope)?;
                self.written.insert(name.clone());
                out.push(Node::Fragment(name.clone(), Rc::new(nodes), *pos));
            }
            Node::Slot(name, nodes, pos) => {
                out.push(Node::Slot(name.clone(), self.expand(nodes, scope)?, *pos));
            }
            Node::Component(component) => {
                let mut component = component.clone();
                for (_, nodes) in &mut component.slots {
                    *nodes = self.expand(nodes, scope)?;
                }
                out.push(Node::Component(component));
            }
            Node::Waiver(_, _, pos) if self.packages.contains_key(&pos.file) => {
                // An exception is signed in the lock of the package in whose sources a reviewer reads it.
                return fail(
                    *pos,
                    "foreign-waiver",
                    "a template that other packages extend signs no exception",
                    "leave a {% block %} here: the site's own template signs, in its own waivers.lock",
                );
            }
            other => out.push(other.clone()),
        }
        Ok(())
    }
}

/// Gathers blocks, most derived first.
fn collect(nodes: &[Node], blocks: &mut Blocks) {
    each_block(nodes, &mut |name, body, _| {
        blocks.entry(name.to_owned()).or_default().push(body.clone());
    });
}

fn names(nodes: &[Node], out: &mut HashSet<String>) {
    each_block(nodes, &mut |name, _, _| {
        out.insert(name.to_owned());
    });
}

fn each_block<'n>(nodes: &'n [Node], found: &mut dyn FnMut(&'n str, &'n Rc<Vec<Node>>, Pos)) {
    for node in nodes {
        match node {
            Node::Block(name, body, pos) => {
                found(name, body, *pos);
                each_block(body, found);
            }
            Node::If(branches, otherwise, _) => {
                for (_, body) in branches {
                    each_block(body, found);
                }
                each_block(otherwise, found);
            }
            Node::For(f) => {
                each_block(&f.body, found);
                each_block(&f.empty, found);
            }
            Node::With(_, body, _) | Node::Spaceless(body, _) | Node::Slot(_, body, _) => {
                each_block(body, found);
            }
            Node::Fragment(_, body, _) => each_block(body, found),
            _ => {}
        }
    }
}

/// Outside its blocks a child writes nothing, so text there is a mistake.
fn only_blocks(nodes: &[Node]) -> Result<()> {
    for node in nodes {
        match node {
            Node::Block(..) | Node::CsrfToken(_) => {}
            Node::Text(text, _) if text.trim().is_empty() => {}
            Node::Fragment(_, _, pos) => {
                return fail(
                    *pos,
                    "outside-block",
                    "a fragment outside every block is never shown",
                    "move it into a block, or use {% partialdef %} without `inline`",
                );
            }
            other => {
                let mut pos = position(other);
                if let Node::Text(text, _) = other {
                    pos.offset += (text.len() - text.trim_start().len()) as u32;
                }
                return fail(
                    pos,
                    "outside-block",
                    "this stands outside every block of a template that extends another: it would never be shown",
                    "move it into a {% block %} of the parent",
                );
            }
        }
    }
    Ok(())
}

/// A block at the top of a child must exist in a parent.
fn known_blocks(nodes: &[Node], above: &HashSet<String>) -> Result<()> {
    for node in nodes {
        if let Node::Block(name, _, pos) = node
            && !above.contains(name)
        {
            let help = match nearest(name, above.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let mut above: Vec<&str> = above.iter().map(String::as_str).collect();
                    above.sort_unstable();
                    format!("the parent has: {}", above.join(", "))
                }
            };
            return fail(
                *pos,
                "unknown-block",
                format!("no parent has a block `{name}`: it would never be shown"),
                help,
            );
        }
    }
    Ok(())
}

/// Where a node starts.
pub fn position(node: &Node) -> Pos {
    match node {
        Node::Text(_, pos)
        | Node::Put(_, pos)
        | Node::If(_, _, pos)
        | Node::With(_, _, pos)
        | Node::Only(_, _, pos)
        | Node::Block(_, _, pos)
        | Node::Super(pos)
        | Node::Static(_, pos)
        | Node::Nonce(pos)
        | Node::CsrfToken(pos)
        | Node::ResetCycle(_, pos)
        | Node::FirstOf(_, pos)
        | Node::Now(_, pos)
        | Node::QueryString(_, pos)
        | Node::Spaceless(_, pos)
        | Node::WidthRatio(_, pos)
        | Node::Fragment(_, _, pos)
        | Node::Partial(_, pos)
        | Node::Written(_, _, pos)
        | Node::Slot(_, _, pos)
        | Node::Bind(_, _, pos)
        | Node::Waiver(_, _, pos) => *pos,
        Node::For(f) => f.pos,
        Node::Include(i) => i.pos,
        Node::Url(u) => u.pos,
        Node::Cycle(c) => c.pos,
        Node::Component(c) => c.pos,
        Node::Call(c) => c.pos,
    }
}

/// Templates held in memory, for tests and tools.
impl Loader for HashMap<String, String> {
    fn load(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// The text as a browser reads it (HTML Standard, 13.2.3.5): every line ends with a line feed.
///
/// CWE-79: a backslash before CR LF would escape the first half only, and the second end a string in a script.
fn as_read(text: &str) -> String {
    text.trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n")
}

/// The folder `templates/` of a package.
#[derive(Debug, Clone)]
pub struct Folder(pub std::path::PathBuf);

impl Loader for Folder {
    fn load(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.0.join(name)).ok()
    }

    fn names(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut folders = vec![(self.0.clone(), String::new(), 0)];
        while let Some((folder, prefix, depth)) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries.flatten() {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && depth < 16 => {
                        folders.push((entry.path(), format!("{name}/"), depth + 1));
                    }
                    Ok(kind) if kind.is_file() => out.push(name),
                    _ => {}
                }
            }
        }
        out.sort();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(files: &[(&str, &str)]) -> String {
        let loader: HashMap<String, String> = files
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
            .collect();
        let mut resolver = Resolver::new(&loader);
        match resolver.page(files[0].0) {
            Ok(page) => page
                .nodes
                .iter()
                .flat_map(|n| match n {
                    Node::Written(_, nodes, _) => nodes.clone(),
                    other => vec![other.clone()],
                })
                .map(|n| match n {
                    Node::Text(t, _) => t.clone(),
                    other => format!("<{other:?}>"),
                })
                .collect(),
            Err(error) => format!("! {}", error.found),
        }
    }

    #[test]
    fn inheritance_to_any_depth() {
        let base = (
            "base",
            "[{% block a %}A{% endblock %}|{% block b %}B{% endblock %}]",
        );
        assert_eq!(
            page(&[("p", "{% extends 'base' %}{% block a %}1{% endblock %}"), base]),
            "[1|B]"
        );
        assert_eq!(
            page(&[
                (
                    "q",
                    "{% extends 'p' %}{% block a %}2{{ block.super }}{% endblock %}"
                ),
                (
                    "p",
                    "{% extends 'base' %}{% block a %}1{{ block.super }}{% endblock %}"
                ),
                base
            ]),
            "[21A|B]"
        );
        assert_eq!(page(&[("p", "{% extends 'p' %}")]), "! \"p\" extends itself");
        assert_eq!(
            page(&[("p", "{% extends 'base' %}{% block c %}{% endblock %}"), base]),
            "! no parent has a block `c`: it would never be shown"
        );
        assert!(page(&[("p", "{% extends 'base' %}lost"), base]).starts_with("! this stands outside"));
        assert_eq!(
            page(&[("p", "{% extends '../base' %}"), base]),
            "! there is no template \"../base\""
        );
    }

    #[test]
    fn includes_and_partials() {
        assert_eq!(page(&[("p", "a{% include 'i' %}c"), ("i", "b")]), "abc");
        assert_eq!(page(&[("p", "{% include 'p' %}")]), "! \"p\" includes itself");
        assert_eq!(
            page(&[(
                "p",
                "{% partialdef x %}X{% endpartialdef %}{% partial x %}{% partial x %}"
            )]),
            "XX"
        );
        assert_eq!(
            page(&[
                ("p", "{% include 'i#x' %}"),
                ("i", "no{% partialdef x %}X{% endpartialdef %}")
            ]),
            "X"
        );
    }
}
