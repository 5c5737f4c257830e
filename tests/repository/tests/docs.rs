//! Comments on public items say something. "Its name." does not: say what it is for, its unit, its error, or nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs
)]

use std::path::Path;

use repository::sources::{attributes, is_test};
use syn::visit::Visit;
use syn::{Attribute, Expr, Item, Lit, Meta, Visibility};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The longest comment that says too little, in words.
const FEW: usize = 3;

/// How many public items have such a comment; they may become fewer. What was one crate counts as one.
const LIMITS: &[(&[&str], usize)] = &[
    (
        &[
            "vauban",
            "vauban-core",
            "vauban-accounts",
            "vauban-tasks",
            "vauban-mail",
        ],
        88,
    ),
    (&["vauban-orm"], 17),
    (&["vauban-template"], 133),
];

#[derive(Default)]
struct Short {
    file: String,
    found: Vec<String>,
}

impl Short {
    fn look(&mut self, name: &str, visibility: &Visibility, attributes: &[Attribute]) {
        if matches!(visibility, Visibility::Public(_)) {
            self.comment(name, attributes);
        }
    }

    fn comment(&mut self, name: &str, attributes: &[Attribute]) {
        let lines: Vec<String> = attributes.iter().filter_map(comment_line).collect();
        let text = lines.join(" ");
        let words = text.split_whitespace().count();
        // What stands there as code says all there is: `{% for %}`, `==`.
        let is_code = text.trim().starts_with('`');
        if (1..=FEW).contains(&words) && !is_code && !attributes.iter().any(is_hidden) {
            self.found
                .push(format!("{}: `{name}`: {}", self.file, text.trim()));
        }
    }
}

fn comment_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn is_hidden(attribute: &Attribute) -> bool {
    let hidden = |list: &syn::MetaList| list.path.is_ident("doc") && list.tokens.to_string() == "hidden";
    matches!(&attribute.meta, Meta::List(list) if hidden(list))
}

impl<'ast> Visit<'ast> for Short {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) || attributes(item).iter().any(is_hidden) {
            return;
        }
        let (name, visibility) = match item {
            Item::Const(i) => (&i.ident, &i.vis),
            Item::Enum(i) => (&i.ident, &i.vis),
            Item::Fn(i) => (&i.sig.ident, &i.vis),
            Item::Mod(i) => (&i.ident, &i.vis),
            Item::Static(i) => (&i.ident, &i.vis),
            Item::Struct(i) => (&i.ident, &i.vis),
            Item::Trait(i) => (&i.ident, &i.vis),
            Item::Type(i) => (&i.ident, &i.vis),
            Item::Union(i) => (&i.ident, &i.vis),
            _ => return syn::visit::visit_item(self, item),
        };
        self.look(&name.to_string(), visibility, attributes(item));
        // What is inside of a private item is nobody's to read.
        if matches!(visibility, Visibility::Public(_)) || matches!(item, Item::Mod(_)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        let name = field.ident.as_ref().map_or_else(String::new, ToString::to_string);
        self.look(&name, &field.vis, &field.attrs);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.comment(&variant.ident.to_string(), &variant.attrs);
        syn::visit::visit_variant(self, variant);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            self.look(&function.sig.ident.to_string(), &function.vis, &function.attrs);
        }
    }

    fn visit_impl_item_const(&mut self, constant: &'ast syn::ImplItemConst) {
        self.look(&constant.ident.to_string(), &constant.vis, &constant.attrs);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.comment(&function.sig.ident.to_string(), &function.attrs);
    }
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, each);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            each(&path);
        }
    }
}

fn short(text: &str, file: &str) -> Vec<String> {
    let mut short = Short {
        file: file.to_owned(),
        ..Short::default()
    };
    short.visit_file(&syn::parse_file(text).expect(file));
    short.found
}

/// The crates under `crates/`, each with its comments.
fn all() -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(format!("{ROOT}/crates")).expect("crates/") {
        let folder = entry.expect("an entry").path();
        if !folder.join("Cargo.toml").is_file() {
            continue;
        }
        let krate = folder.file_name().and_then(|name| name.to_str()).expect("a name");
        let mut found = Vec::new();
        walk(&folder.join("src"), &mut |path| {
            let text = std::fs::read_to_string(path).expect("a source");
            let shown = path.strip_prefix(&folder).expect("a path of the crate");
            found.extend(short(&text, &format!("{krate}/{}", shown.display())));
        });
        all.push((krate.to_owned(), found));
    }
    all
}

#[test]
fn comments_that_say_nothing_do_not_become_more() {
    let all = all();
    let is_listed = |krate: &str| LIMITS.iter().any(|(crates, _)| crates.contains(&krate));
    let alone: Vec<[&str; 1]> = all
        .iter()
        .filter(|(k, _)| !is_listed(k))
        .map(|(k, _)| [k.as_str()])
        .collect();
    let unlisted = alone.iter().map(|krate| (krate.as_slice(), 0));
    for (crates, limit) in LIMITS
        .iter()
        .map(|(crates, limit)| (*crates, *limit))
        .chain(unlisted)
    {
        let of_these = all.iter().filter(|(krate, _)| crates.contains(&krate.as_str()));
        let found: Vec<&str> = of_these
            .flat_map(|(_, found)| found)
            .map(String::as_str)
            .collect();
        println!("{crates:?}: {} of {limit}", found.len());
        assert!(
            found.len() <= limit,
            "{crates:?}: {} public items have a comment of at most {FEW} words, {limit} may: say what it is for, its unit \
             or its error, or nothing\n  {}",
            found.len(),
            found.join("\n  ")
        );
    }
}

#[test]
fn what_counts() {
    let text = "/// Its name.\npub struct A { /// The id.\n pub a: u8, /// Its b.\n b: u8 }\n\
        impl A { /// The size.\n pub fn size(&self) {} /// The x.\n fn x(&self) {} }\n\
        /// Says what it is for.\npub enum E { /// One.\n One, /// `==`\n Same }\n/// A b.\nstruct B;\n\
        #[doc(hidden)]\n/// A c.\npub struct C;\n#[cfg(test)] mod tests { /// A d.\n pub struct D; }";
    let names: Vec<String> = short(text, "f")
        .iter()
        .map(|line| line.split('`').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(names, ["A", "a", "size", "One"]);
}
