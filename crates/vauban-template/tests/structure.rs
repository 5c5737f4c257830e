//! Structure preservation: whatever the data is, the DOM is the same tree as with harmless data, except inside
//! the places where values stand. html5ever, which shares no code with the compiler, is the judge.
//!
//! The same check catches a compiler whose escapers are swapped, context by context.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/skeleton.rs"]
mod skeleton;

use interpret::{Swap, contexts_of, render};
use proptest::prelude::*;
use skeleton::skeleton;
use vauban_template::compiler::html::ir::Context;

/// What an attacker writes: ways out of every context.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "JaVa\tScRiPt:alert(1)",
    "//evil.example/",
    "\\\\evil.example",
    "</script><script>alert(1)</script>",
    "\";alert(1);//",
    "';alert(1);//",
    "\\\";alert(1);//",
    "<!--<script>",
    "-->",
    "]]>",
    "\u{2028}alert(1)//",
    "&lt;script&gt;",
    "&#x3c;script>",
    "x, javascript:alert(1) 2x",
    "a\0b<c",
    "`${alert(1)}`",
    "+1;alert(1)",
    "</p></div></body></html><p>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "&#106;avascript:alert(1)",
    "?q=\"><script>",
    "#\"><script>",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "ends with a backslash \\",
    "two\nlines",
];

/// Templates of every context, put together at random below.
const PARTS: &[(&str, &str)] = &[
    ("text", "<p>{{ x }}</p>"),
    ("text2", "<div>a {{ x }} b &{{ x }}</div>"),
    ("title", "<title>{{ x }}</title>"),
    ("textarea", "<textarea>{{ x }}</textarea>"),
    ("attr", "<p title=\"{{ x }}\">t</p>"),
    ("attr'", "<p title='a {{ x }} &{{ x }}'>t</p>"),
    (
        "class",
        "<p class=\"a {% if f %}b {{ x }}{% else %}c{% endif %}\">t</p>",
    ),
    ("href", "<a href=\"{{ x }}\">t</a>"),
    ("root", "<map name=\"m\"><area alt=\"\" href=\"/{{ x }}\"></map>"),
    ("path", "<a href=\"/a/{{ x }}/b\">t</a>"),
    (
        "query",
        "<a href='/a?b={{ x }}&amp;c={{ x }}&{{ x }}=1#{{ x }}'>t</a>",
    ),
    ("mailto", "<a href=\"mailto:{{ x }}\">t</a>"),
    ("img", "<img alt=\"{{ x }}\" src=\"{{ x }}\" srcset=\"{{ x }}\">"),
    (
        "type",
        "<input type=\"{{ x }}\" value=\"{{ x }}\" aria-label=\"l\">",
    ),
    ("data", "<i data-url=\"{{ x }}\" data-note='{{ x }}'>t</i>"),
    ("js", "<script>var a = {{ x }}; f({{ x }}, [{{ x }}]);</script>"),
    (
        "jsstr",
        "<script>var a = \"{{ x }}\"; var b = '{{ x }}';</script>",
    ),
    (
        "json",
        "<script type=\"application/json\">{\"a\": {{ x }}, \"b\": \"{{ x }}\"}</script>",
    ),
    (
        "svg",
        "<svg viewBox=\"0 0 1 1\"><title>{{ x }}</title><text x=\"{{ x }}\">{{ x }}</text><a xlink:href=\"{{ x }}\"><path d=\"{{ x }}\"/></a></svg>",
    ),
    (
        "table",
        "<table><tr><td>{{ x }}</td><th abbr=\"{{ x }}\">{{ x }}</th></tr></table>",
    ),
    (
        "loop",
        "<ul>{% for i in l %}<li>{{ i }} {{ x }}</li>{% empty %}<li>{{ x }}</li>{% endfor %}</ul>",
    ),
    (
        "form",
        "<form method=\"post\"><input name=\"a\" value=\"{{ x }}\" aria-label=\"{{ x }}\"><button>{{ x }}</button></form>",
    ),
    ("comment", "<p><!-- {{ x }} -->t</p>"),
    (
        "spaceless",
        "{% spaceless %}<p> <b>{{ x }}</b> </p>{% endspaceless %}",
    ),
];

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
