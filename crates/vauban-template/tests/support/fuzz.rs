//! What the fuzz targets run, shared with the short run on the stable toolchain.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use crate::interpret::{Way, ops, walk_way};
use crate::skeleton::skeleton;
use std::borrow::Cow;
use std::collections::HashMap;
use vauban_template::compiler::derive::analyse_all;
use vauban_template::compiler::html::context_after;
use vauban_template::compiler::resolve::Resolver;
use vauban_template::filters::input::Markup;
use vauban_template::filters::number::Number;
use vauban_template::filters::{html, number, text, url, urlize};

/// The whole compiler up to generated steps: no panic, no hang.
pub fn compiler(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    let files = HashMap::from([
        ("t".to_owned(), source.to_owned()),
        ("b".to_owned(), "<p>{% block a %}{% endblock %}</p>".to_owned()),
    ]);
    let mut resolver = Resolver::new(&files);
    match resolver.page("t") {
        Ok(page) => {
            let sources = std::mem::take(&mut resolver.sources);
            if let Err(problems) = analyse_all(&page, &sources, false) {
                assert!(!problems.is_empty());
                drop(problems.iter().map(ToString::to_string).collect::<String>());
            }
        }
        Err(error) => drop(resolver.sources.problem(*error).to_string()),
    }
    drop(context_after(source));
}

/// Template and data, separated by a NUL: hostile data leaves the tree as harmless data does.
pub fn structure(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    let (template, hostile) = source
        .split_once('\0')
        .unwrap_or((source, "\"'><script>alert(1)</script>"));
    // The judge does not read what stands in a template literal's `${}`; tests/bypasses.rs does.
    if template.contains("${") {
        return;
    }
    // A literal NUL, a refused template, or an exhausted reader: nothing to judge.
    let Ok(ops) = ops(template) else { return };
    // Where text stands, its length does not matter; an empty value is no text at all.
    if hostile.is_empty() || hostile.trim().is_empty() {
        return;
    }
    // Some ways through its branches and loops.
    for way in 0..if template.contains("{%") { 4 } else { 1 } {
        let (mut good, mut bad) = (String::new(), String::new());
        walk_way(&ops, "harmless", None, &mut Way(way), &mut good);
        walk_way(&ops, hostile, None, &mut Way(way), &mut bad);
        assert_eq!(skeleton(&good), skeleton(&bad), "{template}\n{hostile:?}\n{bad}");
    }
}

const ATTRIBUTES: &[&str] = &[
    "hidden=\"{{ x }}\"",
    "title=\"{{ x }}\"",
    "title=\"b\"",
    "lang='{{ x }}'",
    "inert='{{ x }}'",
    "cite=\"/{{ x }}\"",
    "cite=\"{{ x }}\"",
    "id=a",
    "class=\"{% cycle 'a' x %}\"",
    "dir=\"{% firstof x 'b' %}\"",
    "role",
    "data-w=\"{% widthratio x 1 1 %}\"",
    "data-src='{% url a %}/{{ x }}'",
    "data-q=\"?{% querystring q=x %}\"",
    "data-n=\"{% now 'Y' %}&{{ x }}\"",
    "data-srcset=\"{{ x }} 1x, /i/{{ x }} 2x\"",
    "data-srcset='{{ x }}'",
    "hx-target=\"#r{{ x }}\"",
    "hx-include='#a-{{ x }} select[name=\"b\"], .{{ x }} input[name=\"b\"]'",
];

/// A tag whose attributes come from branches and loops, which may leave a value open for what follows: bytes choose.
/// Many are refused; what compiles is judged.
pub fn tags(choices: &[u8]) -> String {
    let mut choices = choices.iter().map(|b| usize::from(*b));
    let mut out = String::from("<q ");
    attributes(&mut choices, 3, &mut out);
    out.push_str(">t</q>");
    out
}

fn attributes(choices: &mut impl Iterator<Item = usize>, depth: usize, out: &mut String) {
    let mut choose = |n: usize| choices.next().map_or(0, |c| c % n);
    let count = choose(4);
    for _ in 0..count {
        let mut choose = |n: usize| choices.next().map_or(0, |c| c % n);
        let kind = if depth == 0 { 0 } else { choose(7) };
        if kind < 3 {
            out.push_str(ATTRIBUTES[choose(ATTRIBUTES.len())]);
            // Rarely glued to what follows.
            out.push_str(if choose(16) == 1 { "" } else { " " });
            continue;
        }
        let (begin, middle, end) = [
            ("{% if f %}", "{% else %}", "{% endif %}"),
            ("{% for i in l %}", "{% empty %}", "{% endfor %}"),
            ("{% with y=x %}", "", "{% endwith %}"),
        ][choose(3)];
        // The last attribute of both ways is closed behind them.
        let open = (kind > 4).then(|| ATTRIBUTES[choose(ATTRIBUTES.len())]);
        let (left, quote) = match open.and_then(|a| Some((a, a.chars().next_back()?))) {
            Some((a, quote)) if matches!(quote, '"' | '\'') => (&a[..a.len() - 1], Some(quote)),
            _ => ("", None),
        };
        out.push_str(begin);
        attributes(choices, depth - 1, out);
        out.push_str(left);
        if !middle.is_empty() {
            out.push_str(middle);
            attributes(choices, depth - 1, out);
            out.push_str(left);
        }
        out.push_str(end);
        out.extend(quote);
        out.push(' ');
    }
}

/// The same, judged.
pub fn branches(data: &[u8]) {
    structure(tags(data).as_bytes());
}

/// The filters that read markup, addresses or numbers.
pub fn filters(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else {
        return;
    };
    let plain = || Markup::Text(Cow::Borrowed(input));
    let stripped = html::strip_tags(input);
    assert!(stripped.len() <= input.len());
    for markup in [
        html::urlize(plain()),
        html::linebreaks(plain()),
        html::linebreaksbr(plain()),
    ] {
        // Nothing of the text has become an element or attribute of its own.
        let tree = skeleton(markup.as_str());
        for word in ["<script", "<img", " on", "executes"] {
            assert!(!tree.contains(word), "{input:?} → {tree}");
        }
    }
    for n in [0, 1, 7, 1000] {
        drop(text::truncatechars(input, Number::Int(n)));
        drop(text::wordwrap(input, Number::Int(n)));
        drop(html::truncate_chars_html(input, n as i64));
        drop(html::truncate_words_html(input, n as i64));
    }
    drop(number::floatformat(
        Number::Text(Cow::Borrowed(input)),
        Some("2g"),
    ));
    drop((
        url::smart_urlquote(input),
        url::querystring(input, &[]),
        text::slugify(input),
        text::title(input),
    ));
    drop(urlize::urlizetrunc(plain(), Number::Int(5)));
}
