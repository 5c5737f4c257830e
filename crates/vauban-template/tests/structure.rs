//! Structure preservation: whatever the data is, the DOM is the same tree as with harmless data, except inside
//! the places where values stand. html5ever, which shares no code with the compiler, is the judge.
//!
//! The same check catches a compiler whose escapers are swapped, context by context.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/skeleton.rs"]
mod skeleton;

use interpret::{Swap, contexts_of, render};
use parts::{HOSTILE, PARTS};
use proptest::prelude::*;
use skeleton::skeleton;
use vauban_template::compiler::html::ir::Context;

fn check(template: &str, hostile: &str, swap: Option<Swap>) -> Result<(), String> {
    let good = render(template, "harmless", swap);
    let bad = render(template, hostile, swap);
    let (a, b) = (skeleton(&good), skeleton(&bad));
    if a == b {
        Ok(())
    } else {
        Err(format!("{template}\n{hostile:?}\n{bad}\n{a}\n{b}"))
    }
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
        (Context::UrlStart, Swap::As(Context::UrlPath)),
        (Context::UrlRoot, Swap::As(Context::UrlPath)),
        (Context::UrlPath, Swap::Nothing),
        (Context::UrlQuery, Swap::Nothing),
        (Context::UrlQuery, Swap::As(Context::UrlPath)),
        (Context::Srcset, Swap::As(Context::Attribute)),
        (Context::Enumerated(&[]), Swap::As(Context::Attribute)),
        (Context::JsValue, Swap::As(Context::Text)),
        (Context::JsString, Swap::As(Context::Text)),
        (Context::JsString, Swap::As(Context::JsValue)),
        (Context::Json, Swap::As(Context::Attribute)),
        (Context::JsonString, Swap::Nothing),
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

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
