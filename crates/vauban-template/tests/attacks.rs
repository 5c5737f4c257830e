//! Attacks on templates, each stated and stopped: what is refused, and what is written where it is not.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/address.rs"]
mod address;
#[path = "support/interpret.rs"]
mod interpret;

use interpret::{Way, ops, walk_way};
use std::collections::HashMap;
use vauban_template::compiler::check::check;

/// The class of the first refusal.
fn refused(template: &str) -> Option<&'static str> {
    let files = HashMap::from([("t.html".to_owned(), template.to_owned())]);
    check(&files, None).iter().find(|p| !p.warning).map(|p| p.class)
}

/// What a template writes with one value for every variable.
fn written(template: &str, value: &str) -> String {
    assert_eq!(refused(template), None, "{template}");
    let mut out = String::new();
    walk_way(&ops(template).unwrap(), value, None, &mut Way(0), &mut out);
    out
}

/// CWE-22, CWE-352: a row's text names no view: the way of an address is literal, and a value one segment of it.
#[test]
fn a_value_in_a_path_is_one_segment() {
    for template in [
        "<form method=\"post\" action=\"/notes/{{ x }}/like/\"></form>",
        "<form method=\"post\" action=\"/notes/{{ x|urlencode }}/like/\"></form>",
        "<form method=\"post\" action=\"/notes/.{{ x }}/like/\"></form>",
        "<form method=\"post\"><button formaction=\"/notes/{{ x }}/like/\">a</button></form>",
        "<button hx-post=\"/notes/{{ x }}/like/\">a</button>",
        "<button hx-put=\"/notes/{{ x }}/\">a</button>",
        "<button hx-patch=\"/notes/{{ x }}/\">a</button>",
        "<button data-hx-delete=\"/notes/{{ x }}/\">a</button>",
        "<button hx-get=\"/notes/{{ x }}/\">a</button>",
        "<button data-delete-url=\"/notes/{{ x }}/\">a</button>",
        "<a href=\"/notes/{{ x }}/\" data-turbo-method=\"post\">a</a>",
        "<a data-method=\"delete\" href=\"/notes/{{ x }}/?a={{ x }}\">a</a>",
        "<a href=\"/tags/{{ x }}/\">a</a>",
        "<a href=\"/{{ x }}/\">a</a>",
        "<a href=\"{% url home %}{{ x }}/\">a</a>",
        "<a href=\"./{{ x }}/\">a</a>",
        "<img alt=\"\" src=\"/tags/{{ x }}.png\" srcset=\"/tags/{{ x }}.png 1x, /tags/b.png 2x\">",
        "<blockquote cite=\"https://other.example/a/{{ x }}/\"></blockquote>",
    ] {
        let good = written(template, "harmless");
        for value in [
            "../../account/delete/?",
            "..",
            ".",
            "%2e%2E",
            ".%2e/..",
            "C#",
            "What?",
            "a/b",
            "..\\..\\x",
            "\t..\n",
            "//evil.example",
        ] {
            let bad = written(template, value);
            assert_eq!(
                address::led_away(&good, &bad, "harmless"),
                None,
                "{template}\n{value:?}"
            );
        }
    }
    // Several segments are asked for; none of them climbs.
    assert_eq!(
        written("<a href=\"/wiki/{{ x|urlencode }}\">a</a>", "a/../C#?"),
        "<a href=\"/wiki/a/%252e%252e/C%23%3f\">a</a>"
    );
    assert_eq!(
        written("<a href=\"/wiki/{{ x|urlencode:'' }}\">a</a>", "a/b"),
        "<a href=\"/wiki/a%2fb\">a</a>"
    );
}

/// CWE-352: where something is sent with the page's token, data chooses neither the view nor the verb.
#[test]
fn data_names_no_view_that_gets_the_token() {
    for (template, class) in [
        (
            "<form method=\"post\" action=\"{% url a %}{{ x }}\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\" action=\"/{{ x }}/\"></form>",
            "form-action",
        ),
        (
            "<form method=\"post\"><button formaction=\"{% url a %}{{ x }}\">a</button></form>",
            "form-action",
        ),
        ("<button hx-post=\"{% url a %}{{ x }}\">a</button>", "form-action"),
        ("<button hx-delete=\"/{{ x }}\">a</button>", "form-action"),
        (
            "<a href=\"{{ x }}\" data-turbo-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a data-turbo-method=\" DELETE \" href=\"{{ x }}\">a</a>",
            "form-action",
        ),
        ("<a href=\"/{{ x }}\" data-method=\"put\">a</a>", "form-action"),
        (
            "<a href=\"{% url a %}{{ x }}\" data-method=\"put\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"//evil.example/\" up-method=\"patch\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% if a %}/a/{% else %}/b/{% endif %}\" data-method=\"{% if a %}post{% endif %}\">a</a>",
            "form-action",
        ),
        ("<a href=\"/a/\" data-method=\"{{ x }}\">a</a>", "form-attribute"),
        (
            "<a href=\"/a/\" data-turbo-method=\"{{ x }}\">a</a>",
            "form-attribute",
        ),
        ("<a href=\"/a/%{{ x }}/\">a</a>", "partial-escape"),
        (
            "<a href=\"/a/%2{% if a %}{{ x }}{% endif %}/\">a</a>",
            "partial-escape",
        ),
        ("<img alt=\"\" srcset=\"/a/%2{{ x }} 2x\">", "partial-escape"),
    ] {
        assert_eq!(refused(template), Some(class), "{template}");
    }
    for fine in [
        "<a href=\"/a/\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% url a x %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{{ x }}\" data-turbo-method=\"get\">a</a>",
        "<i data-payment-method=\"{{ x }}\">a</i>",
        "<a href=\"/a?b={{ x }}%\">a</a>",
        "<form method=\"post\" action=\"{% url a %}?b={{ x }}\"></form>",
        "<form method=\"post\" action=\"{% url a %}b/{{ x }}/\"></form>",
    ] {
        assert_eq!(refused(fine), None, "{fine}");
    }
}
