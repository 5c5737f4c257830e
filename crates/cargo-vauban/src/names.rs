//! Names: of a crate, of a model, of a field. What is none is refused with one that is.

/// Words that Rust keeps for itself, of every edition (Rust reference, "Keywords").
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Crates that every program of Rust, or every site, has already.
const CRATES: &[&str] = &["alloc", "core", "proc_macro", "std", "test", "tokio"];

/// Names that Cargo or a file system keeps: a program called like a folder of `target/`, a device of Windows.
const KEPT: &[&str] = &[
    "build",
    "deps",
    "examples",
    "incremental",
    "aux",
    "con",
    "nul",
    "prn",
    "com1",
    "com2",
    "com3",
    "com4",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
];

/// The longest name: of a crate as registries have it.
const LONGEST: usize = 64;

/// A site's names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SiteNames {
    /// The package: `my-site`.
    pub(crate) package: String,
    /// The crate as Rust writes it: `my_site`.
    pub(crate) crate_name: String,
    /// What people read: `My site`.
    pub(crate) title: String,
}

/// Whether Rust keeps the word.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// The names of a site whose package is called so.
///
/// # Errors
/// Why it is no crate's name, and one that is.
pub(crate) fn site(name: &str) -> Result<SiteNames, String> {
    if let Some(why) = fault(name) {
        let other = suggestion(name);
        return Err(format!(
            "`{name}` cannot be a site's name: {why}. Write `cargo vauban new {other}`."
        ));
    }
    let crate_name = name.replace('-', "_");
    Ok(SiteNames {
        package: name.to_owned(),
        title: sentence(&crate_name),
        crate_name,
    })
}

/// Why a site cannot be called so.
fn fault(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(plain) {
        return Some("a crate's name has small letters, digits, `-` and `_`, and begins with a letter");
    }
    if name.len() > LONGEST {
        return Some("a crate's name has at most 64 characters");
    }
    let crate_name = name.replace('-', "_");
    match crate_name.as_str() {
        name if name.ends_with('_') || name.contains("__") => {
            Some("it ends with a dash, or has two in a row")
        }
        name if is_keyword(name) => Some("it is a word of Rust's own"),
        name if CRATES.contains(&name) => Some("there is a crate of this name in every site already"),
        name if KEPT.contains(&name) => Some("Cargo or the file system keeps this name for itself"),
        name if name.starts_with("vauban") => Some("names that begin with `vauban` are the framework's"),
        _ => None,
    }
}

/// A name near to this one that `site` accepts.
fn suggestion(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    let mut near = words.join("-");
    near.truncate(LONGEST / 2);
    let near = near.trim_matches('-');
    let fits = near.starts_with(|c: char| c.is_ascii_lowercase());
    match (fits, near.is_empty()) {
        (_, true) => "my-site".to_owned(),
        (true, _) if fault(near).is_none() => near.to_owned(),
        _ => format!("my-{}", near.replace("vauban", "site")),
    }
}

/// `order_line`, from `order_line`, `order-line` or `OrderLine`; `None` if it is no identifier.
pub(crate) fn snake(name: &str) -> Option<String> {
    let mut out = String::new();
    let mut before = '_';
    for c in name.chars() {
        match c {
            'A'..='Z' => {
                if before.is_ascii_lowercase() || before.is_ascii_digit() {
                    out.push('_');
                }
                out.push(c.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' | '_' => out.push(c),
            '-' => out.push('_'),
            _ => return None,
        }
        before = c;
    }
    let fits = out.starts_with(|c: char| c.is_ascii_lowercase())
        && !out.ends_with('_')
        && !out.contains("__")
        && out.len() <= LONGEST;
    fits.then_some(out)
}

/// `OrderLine` of `order_line`.
pub(crate) fn camel(snake: &str) -> String {
    snake.split('_').map(capital).collect()
}

/// `Order line` of `order_line`: what people read.
pub(crate) fn sentence(snake: &str) -> String {
    capital(&snake.replace('_', " "))
}

/// Words that are one and several alike.
const ALIKE: &[&str] = &["news", "series", "species", "means", "headquarters", "crossroads"];

/// Words of one thing that end like several, where no rule of `one_of` finds them.
const ONE: &[&str] = &[
    "alias",
    "atlas",
    "bias",
    "canvas",
    "christmas",
    "gas",
    "pyjamas",
    "texas",
    "chaos",
    "cosmos",
    "ethos",
    "lens",
    "mars",
    "physics",
    "mathematics",
    "economics",
    "politics",
    "logistics",
    "yes",
    "hercules",
];

/// Several, by no rule, and one of them.
const IRREGULAR: &[(&str, &str)] = &[
    ("children", "child"),
    ("people", "person"),
    ("men", "man"),
    ("women", "woman"),
    ("mice", "mouse"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("menus", "menu"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("ties", "tie"),
    ("calories", "calorie"),
    ("shelves", "shelf"),
    ("leaves", "leaf"),
];

/// One of what the word means, if it ends like a word for several: `tools` → `tool`. Words such as `status`, `address`,
/// `analysis`, `news` mean one.
pub(crate) fn one_of(snake: &str) -> Option<String> {
    let (before, last) = match snake.rfind('_') {
        Some(at) => snake.split_at(at + 1),
        None => ("", snake),
    };
    if ALIKE.contains(&last) || ONE.contains(&last) {
        return None;
    }
    let one = match IRREGULAR.iter().find(|(several, _)| *several == last) {
        Some((_, one)) => (*one).to_owned(),
        None if ["ss", "us", "is"].iter().any(|end| last.ends_with(end)) || last.len() < 4 => return None,
        None => one_by_rule(last)?,
    };
    Some(format!("{before}{one}"))
}

fn one_by_rule(several: &str) -> Option<String> {
    if let Some(stem) = several.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    let without_es = several.strip_suffix("es").filter(|stem| {
        let status = stem
            .strip_suffix("us")
            .is_some_and(|rest| !rest.ends_with(['a', 'e', 'o']));
        status
            || ["ss", "x", "zz", "ch", "sh"]
                .iter()
                .any(|end| stem.ends_with(end))
    });
    without_es
        .or_else(|| several.strip_suffix('s'))
        .map(str::to_owned)
}

/// Several of it, by the rules of thumb of English: `product` → `products`, `story` → `stories`, `box` → `boxes`; `news`,
/// of which there is no other word for several, → `news_list`.
pub(crate) fn plural(snake: &str) -> String {
    if snake.rsplit('_').next().is_some_and(|last| ALIKE.contains(&last)) {
        return format!("{snake}_list");
    }
    let vowel_before_y = |stem: &str| stem.ends_with(['a', 'e', 'i', 'o', 'u']);
    match snake.strip_suffix('y') {
        Some(stem) if !stem.is_empty() && !vowel_before_y(stem) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| snake.ends_with(end)) => format!("{snake}es"),
        _ => format!("{snake}s"),
    }
}

/// `a product`, `an order`.
pub(crate) fn with_article(words: &str) -> String {
    let vowel = words.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {words}", if vowel { "an" } else { "a" })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crates_name_is_one_and_what_is_none_is_told_with_one() {
        let names = site("my-site2").unwrap();
        assert_eq!(
            (names.crate_name.as_str(), names.title.as_str()),
            ("my_site2", "My site2")
        );
        for (wrong, near) in [
            ("My Site", "my-site"),
            ("2fast", "my-2fast"),
            ("café", "caf"),
            ("", "my-site"),
            ("..", "my-site"),
            ("std", "my-std"),
            ("fn", "my-fn"),
            ("tokio", "my-tokio"),
            ("test", "my-test"),
            ("vauban-shop", "my-site-shop"),
            ("deps", "my-deps"),
            ("con", "my-con"),
            ("a--b", "a-b"),
            ("a-", "a"),
            ("_a", "a"),
            ("a/b", "a-b"),
            ("a\"b", "a-b"),
        ] {
            let told = site(wrong).unwrap_err();
            assert!(
                told.contains(&format!("`cargo vauban new {near}`")),
                "{wrong}: {told}"
            );
            assert!(site(near).is_ok(), "{near}");
        }
        assert!(site(&"a".repeat(65)).is_err());
    }

    #[test]
    fn words_become_names() {
        for (typed, expected) in [
            ("OrderLine", Some("order_line")),
            ("order-line", Some("order_line")),
            ("order_line2", Some("order_line2")),
            ("2nd", None),
            ("a b", None),
            ("é", None),
            ("a__b", None),
            ("_a", None),
            ("a_", None),
            ("", None),
        ] {
            assert_eq!(snake(typed).as_deref(), expected, "{typed}");
        }
        assert_eq!(camel("order_line"), "OrderLine");
        assert_eq!(sentence("order_line"), "Order line");
        for (one, many) in [
            ("product", "products"),
            ("story", "stories"),
            ("day", "days"),
            ("box", "boxes"),
            ("status", "statuses"),
            ("address", "addresses"),
            ("house", "houses"),
            ("course", "courses"),
            ("branch", "branches"),
            ("price", "prices"),
            ("order_line", "order_lines"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(one_of(many).as_deref(), Some(one));
            assert_eq!(one_of(one), None);
        }
        for one in [
            "analysis",
            "news",
            "bus",
            "class",
            "gas",
            "canvas",
            "tv_series",
            "lens",
            "its",
        ] {
            assert_eq!(one_of(one), None, "{one}");
        }
        assert_eq!(one_of("sales_people").as_deref(), Some("sales_person"));
        assert_eq!(plural("tv_series"), "tv_series_list");
        assert_eq!(
            (with_article("order").as_str(), with_article("box").as_str()),
            ("an order", "a box")
        );
    }
}
