//! Structure preservation: whatever the data is, the DOM is the same tree as with harmless data, except inside
//! the places where values stand. html5ever, which shares no code with the compiler, is the judge.
//!
//! The same check catches a compiler whose escapers are swapped, context by context.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/address.rs"]
mod address;
#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/skeleton.rs"]
mod skeleton;
#[path = "support/tree.rs"]
mod tree;

use interpret::{Swap, Way, contexts_of, ops, walk_way};
use parts::{HOSTILE, PARTS};
use proptest::prelude::*;
use vauban_template::compiler::html::ir::Context;

/// The page with a harmless value and with a hostile one.
fn pages(template: &str, hostile: &str, swap: Option<Swap>, way: u32) -> (String, String) {
    let ops = ops(template).unwrap_or_else(|e| panic!("{template}: {e}"));
    let (mut good, mut bad) = (String::new(), String::new());
    walk_way(&ops, "harmless", swap, &mut Way(way), &mut good);
    walk_way(&ops, hostile, swap, &mut Way(way), &mut bad);
    (good, bad)
}

/// The same DOM, by the tree builder; and the same tokens, with what URLs and scripts in them do.
fn check(template: &str, hostile: &str, swap: Option<Swap>) -> Result<(), String> {
    // Some ways through its branches and loops.
    for way in 0..if template.contains("{%") { 4 } else { 1 } {
        let (good, bad) = pages(template, hostile, swap, way);
        // Of several segments it is open how many.
        if let Some(wrong) = address::led_away(&good, &bad, "harmless")
            && !template.contains("urlencode")
        {
            return Err(format!("{template}\n{hostile:?}\n{wrong}"));
        }
        for judge in [tree::tree, skeleton::skeleton] {
            let (a, b) = (judge(&good), judge(&bad));
            if a != b {
                return Err(format!("{template}\n{hostile:?}\n{bad}\n{a}\n{b}"));
            }
        }
    }
    Ok(())
}

#[test]
fn every_context_with_every_hostile_value() {
    for (_, template) in PARTS {
        for hostile in HOSTILE {
            check(template, hostile, None).unwrap();
        }
    }
}

/// For every context, an escaper of another one in its place is caught by some template and value.
#[test]
fn a_mutant_of_every_context_is_caught() {
    // What each context's escaper is swapped for: the one most easily taken for it by mistake, or none at all.
    let mutants = [
        (Context::Text, Swap::Nothing),
        (Context::Rcdata, Swap::Nothing),
        (Context::Attribute, Swap::Nothing),
        (Context::UrlStart, Swap::As(Context::Attribute)),
        (Context::UrlRoot, Swap::As(Context::UrlStart)),
        (Context::UrlRoot, Swap::As(Context::UrlPath)),
        (Context::UrlPath, Swap::Nothing),
        (Context::UrlQuery, Swap::Nothing),
        (Context::UrlQuery, Swap::As(Context::UrlStart)),
        (Context::Srcset, Swap::As(Context::Attribute)),
        (Context::Enumerated(&[]), Swap::As(Context::Attribute)),
        (Context::UrlOpaque, Swap::As(Context::UrlStart)),
        (Context::Segment, Swap::As(Context::UrlPath)),
        (Context::Segment, Swap::As(Context::UrlQuery)),
        (Context::Segment, Swap::As(Context::UrlStart)),
        (Context::Candidate, Swap::As(Context::Srcset)),
        (Context::Candidate, Swap::As(Context::CandidatePath)),
        (Context::Base64, Swap::As(Context::UrlQuery)),
        (Context::Colour, Swap::As(Context::Attribute)),
        (Context::Word, Swap::As(Context::Attribute)),
        (Context::Selector, Swap::As(Context::Attribute)),
        (Context::JsValue, Swap::As(Context::Text)),
        (Context::JsString, Swap::As(Context::Text)),
        (Context::JsString, Swap::As(Context::JsValue)),
        (Context::Json, Swap::As(Context::Attribute)),
        (Context::JsonString, Swap::Nothing),
        (Context::JsonAttribute, Swap::Nothing),
    ];
    for (context, swap) in mutants {
        let swap = swap.of(context);
        let caught = PARTS
            .iter()
            .filter(|(_, template)| {
                contexts_of(template)
                    .iter()
                    .any(|c| std::mem::discriminant(c) == std::mem::discriminant(&context))
            })
            .any(|(_, template)| {
                HOSTILE
                    .iter()
                    .any(|hostile| check(template, hostile, Some(swap)).is_err())
            });
        assert!(caught, "nothing notices {context:?} with {swap:?}");
    }
}

/// Where no escaper at all changes the DOM, the tree builder alone notices it. (An address or a script that does
/// something else within its attribute or element is the same tree: those mutants are the tokenizer's.)
#[test]
fn the_tree_alone_notices_what_breaks_out() {
    for context in [
        Context::Text,
        Context::Rcdata,
        Context::Attribute,
        Context::UrlStart,
        Context::UrlRoot,
        Context::UrlPath,
        Context::UrlQuery,
        Context::Srcset,
        Context::UrlOpaque,
        Context::Segment,
        Context::Candidate,
        Context::Base64,
        Context::Colour,
        Context::Word,
        Context::Selector,
        Context::Enumerated(&[]),
        Context::JsValue,
        Context::JsString,
        Context::Json,
        Context::JsonAttribute,
        Context::JsonString,
    ] {
        let swap = Swap::Nothing.of(context);
        let caught = PARTS.iter().any(|(_, template)| {
            HOSTILE.iter().any(|hostile| {
                let (good, bad) = pages(template, hostile, Some(swap), 0);
                tree::tree(&good) != tree::tree(&bad)
            })
        });
        assert!(caught, "the tree is the same without the escaper of {context:?}");
    }
}

/// The judge itself: what the standard's tree construction does, and a tokenizer does not know.
#[test]
fn the_tree_is_html5evers() {
    let body = |inner: &str| format!("<html>\n  <head>\n  <body>\n{inner}");
    let cases = [
        ("<p>a<p>b", "    <p>\n      #text\n    <p>\n      #text\n"),
        // A cell's text stays; text between the rows leaves the table.
        (
            "<table>x<tr><td>y</table>",
            "    #text\n    <table>\n      <tbody>\n        <tr>\n          <td>\n            #text\n",
        ),
        (
            "<svg xlink:href=a><title>t</title></svg>",
            "    <svg:svg xlink:href>\n      <svg:title>\n        #text\n",
        ),
        (
            "<b><p>x</b>y</p><!-- c -->",
            "    <b>\n    <p>\n      <b>\n        #text\n      #text\n    #comment\n",
        ),
    ];
    for (html, expected) in cases {
        assert_eq!(tree::tree(html), body(expected), "{html}");
    }
}

/// A page of random elements that compiles has no tag that the tree builder ignores, and none that it closes or moves
/// where the compiler does not see it: what stands between tags is where the template says.
#[test]
fn every_tag_that_compiles_is_one_to_a_browser() {
    const NAMES: &[&str] = &[
        "div",
        "p",
        "span",
        "b",
        "a",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tr",
        "td",
        "th",
        "caption",
        "colgroup",
        "select",
        "optgroup",
        "option",
        "h1",
        "h2",
        "form",
        "button",
        "section",
        "label",
        "ins",
        "ruby",
        "rt",
        "rp",
        "svg",
        "g",
        "foreignObject",
        "desc",
        "math",
        "mi",
        "details",
        "summary",
        "dialog",
        "video",
        "object",
        "pre",
        "nobr",
        "address",
        "fieldset",
        "legend",
        "my-card",
        "datalist",
        "em",
        "body",
        "head",
    ];
    let mut seed = 0x5eed_5eed_5eed_5eed_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let (mut compiled, mut wrong) = (0, std::collections::BTreeMap::new());
    for _ in 0..20_000 {
        let mut page = String::new();
        let mut open: Vec<&str> = Vec::new();
        for _ in 0..2 + next(7) {
            match next(5) {
                0 | 1 => {
                    let name = NAMES[next(NAMES.len())];
                    // A piece may begin with a row, whose table is elsewhere.
                    let piece = [
                        "tr", "td", "th", "tbody", "thead", "caption", "colgroup", "body", "head", "rt", "rp",
                    ];
                    if open.is_empty() && piece.contains(&name) {
                        continue;
                    }
                    page.push_str(&format!("<{name}>"));
                    open.push(name);
                }
                2 => page.push('x'),
                // The innermost, mostly; else one further out, and those between are left to the browser.
                _ => {
                    let keep = open.len().saturating_sub(1 + next(2));
                    if let Some(name) = open.get(keep) {
                        page.push_str(&format!("</{name}>"));
                    }
                    open.truncate(keep);
                }
            }
        }
        while let Some(name) = open.pop() {
            if next(3) > 0 {
                page.push_str(&format!("</{name}>"));
            }
        }
        let files = std::collections::HashMap::from([("t.html".to_owned(), page.clone())]);
        let problems = vauban_template::compiler::check::check(&files, None);
        if problems.iter().any(|p| !p.warning) {
            continue;
        }
        compiled += 1;
        let errors = tree::errors(&format!(
            "<!doctype html><html><head></head><body>{page}</body></html>"
        ));
        if !errors.is_empty() {
            wrong.entry(errors[0].clone()).or_insert(page);
        }
    }
    assert!(compiled > 1_000, "{compiled}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

mod properties {
    use super::*;

    proptest! {
        #![proptest_config(long::cases(3_000, 30_000, "generated pages"))]

        /// Thousands of generated pages: parts in any order, in any container, with any dictionary words.
        #[test]
        fn generated_pages(
            parts in prop::collection::vec(0..PARTS.len(), 1..6),
            words in prop::collection::vec(0..HOSTILE.len(), 1..4),
            noise in "[a-zA-Z<>\"'&;:/\\\\=(){}`$%#?,. \\t\\n\\x00-\\x1f]{0,24}",
            wrap in 0..4usize,
        ) {
            let body: String = parts.iter().filter(|i| PARTS[**i].0 != "title").map(|i| PARTS[*i].1).collect();
            let template = match wrap {
                0 => body,
                1 => format!("<div id=\"{{{{ x }}}}\">{body}</div>"),
                2 => format!("{{% if f %}}<section>{body}</section>{{% else %}}{body}{{% endif %}}"),
                _ => format!("{{% for i in l %}}<article>{body}</article>{{% endfor %}}"),
            };
            let mut hostile: String = words.iter().map(|i| HOSTILE[*i]).collect();
            hostile.push_str(&noise);
            prop_assert!(check(&template, &hostile, None).is_ok(), "{:?}", check(&template, &hostile, None));
        }
    }
}
