//! Names of tables and columns as Rust's, and as text in comments.

use std::collections::BTreeSet;

/// A column's or table's name as models may have it: lower-case ASCII letters, digits and `_`.
pub(super) fn snake(name: &str) -> String {
    // `größe` is `grosse`, and not `gr__e`.
    let spelt = (!name.is_ascii()).then(|| vauban_text::slugify(name));
    let name = spelt.as_deref().filter(|spelt| !spelt.is_empty()).unwrap_or(name);
    let mut out = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        before = c;
        out.push(if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        });
    }
    out.truncate(55);
    let named = out.trim_matches('_');
    match named.chars().next() {
        None => "unnamed".to_owned(),
        Some(c) if c.is_ascii_digit() => format!("n{named}"),
        // What was a name stays as it is, signs at its ends too.
        Some(_) if out == name => out,
        Some(_) => named.to_owned(),
    }
}

/// The name of a struct.
pub(super) fn camel(table: &str) -> String {
    let words = snake(table);
    let words = words.split('_').filter(|word| !word.is_empty());
    let camel: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect();
    // What the file itself names.
    const TAKEN: [&str; 22] = [
        "Box",
        "Columns",
        "Date",
        "DateTime",
        "Debug",
        "Decimal",
        "Err",
        "ForeignKey",
        "Id",
        "Model",
        "None",
        "Ok",
        "Option",
        "Policy",
        "Rules",
        "Self",
        "Some",
        "String",
        "Time",
        "Uuid",
        "Vec",
        "Who",
    ];
    if TAKEN.contains(&camel.as_str()) {
        format!("{camel}Row")
    } else {
        camel
    }
}

/// The name, or with a number if it is taken. `also`: what else is taken with it.
pub(super) fn free(name: &str, taken: &mut BTreeSet<String>, also: impl Fn(&str) -> Vec<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    let all = |candidate: &str| {
        let mut all = also(candidate);
        all.push(candidate.to_owned());
        all
    };
    while all(&candidate).iter().any(|name| taken.contains(name)) {
        candidate = format!("{name}{number}");
        number += 1;
    }
    taken.extend(all(&candidate));
    candidate
}

/// As a field is written: Rust's own words with `r#`.
pub(super) fn written(field: &str) -> String {
    const WORDS: [&str; 49] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
        "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
        "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
        "while", "yield", "union",
    ];
    if WORDS.contains(&field) && field != "union" {
        format!("r#{field}")
    } else {
        field.to_owned()
    }
}

/// A name of the database's in a comment. CWE-94: a line end in it would end the comment, and the rest would be compiled.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.escape_debug().to_string().replace('`', "'"))
}
