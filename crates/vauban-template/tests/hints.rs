//! Literal HTML that the default content security policy forbids: each has a hint with its place, and what works has none.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]
#![cfg(feature = "compiler")]

use std::collections::HashMap;
use vauban_template::compiler::check::check;

/// Template, and the class of its hint, if any.
const CASES: &[(&str, &str)] = &[
    ("<button onclick=\"go()\">a</button>", "csp-handler"),
    ("<body onload='go()'><p>a</p></body>", "csp-handler"),
    ("<svg><rect onmouseover=\"go()\"/></svg>", "csp-handler"),
    ("<button hx-on:click=\"go()\">a</button>", "csp-handler"),
    (
        "<button data-hx-on--after-swap=\"go()\">a</button>",
        "csp-handler",
    ),
    (
        "<button hx-vals=\"js:{a: 1}\" hx-get=\"/a/\">a</button>",
        "csp-handler",
    ),
    (
        "<button hx-confirm=\"js:ask()\" hx-get=\"/a/\">a</button>",
        "csp-handler",
    ),
    (
        "<button data-hx-vals:inherited=\" java&#115;cript:f()\" hx-get=\"/a/\">a</button>",
        "csp-handler",
    ),
    (
        "<button hx-headers=\"js:{a: 1}\" hx-get=\"/a/\">a</button>",
        "csp-handler",
    ),
    ("<p style=\"color: red\">a</p>", "csp-style"),
    ("<svg><rect style='fill: red'/></svg>", "csp-style"),
    ("<iframe src=\"/a/\"></iframe>", "csp-frame"),
    ("<iframe src=\"{% url a %}\"></iframe>", "csp-frame"),
    ("<video src=\"/a.mp4\"></video>", "csp-media"),
    ("<audio><source src=\"{{ x }}\"></audio>", "csp-media"),
    ("<img alt=\"\" src=\"https://other.example/a.png\">", "csp-image"),
    (
        "<img alt=\"\" src=\"https://other.example/{{ x }}.png\">",
        "csp-image",
    ),
    ("<img alt=\"\" src=\"//other.example/a.png\">", "csp-image"),
    (
        "<img alt=\"\" src=\"&#104;ttps://other.example/a.png\">",
        "csp-image",
    ),
    ("<img alt=\"\" src=\"data:image/png;base64,AAAA\">", "csp-image"),
    (
        "<img alt=\"\" src=\"/a.png\" srcset=\"/a.png 1x, https://other.example/a.png 2x\">",
        "csp-image",
    ),
    ("<link rel=\"icon\" href=\"data:,\">", "csp-image"),
    (
        "<link rel=\"stylesheet\" href=\"https://other.example/a.css\">",
        "csp-stylesheet",
    ),
    (
        "<link rel=\"preload\" as=\"font\" href=\"https://other.example/a.woff2\">",
        "csp-file",
    ),
    ("<object data=\"/a.pdf\"></object>", "csp-object"),
    ("<embed src=\"/a.pdf\">", "csp-object"),
    ("<base href=\"/a/\">", "csp-base"),
    ("<form action=\"https://other.example/\"></form>", "csp-form"),
    ("{% if a %}<p style=\"color: red\">a</p>{% endif %}", "csp-style"),
    (
        "{% for a in l %}<p style=\"color: red\">a</p>{% endfor %}",
        "csp-style",
    ),
    // What works, or is held against the policy itself.
    (
        "{% waiver CrossOriginForm \"the payment is theirs alone\" %}<form method=\"post\" action=\"https://other.example/\"></form>",
        "",
    ),
    ("<script src=\"https://other.example/a.js\"></script>", ""),
    (
        "<img alt=\"\" src=\"/a.png\"><img alt=\"\" src=\"{{ x }}\"><img alt=\"\" src=\"{% static \"a.png\" %}\">",
        "",
    ),
    (
        "<picture><source srcset=\"/a.webp\"><img alt=\"\" src=\"a.png\"></picture>",
        "",
    ),
    (
        "<link rel=\"stylesheet\" href=\"/a.css\"><link rel=\"canonical\" href=\"https://a.example/\">",
        "",
    ),
    (
        "<a href=\"https://other.example/\">a</a><form action=\"/a/?x=a:b\"></form>",
        "",
    ),
    (
        "<style>p { color: red }</style><p data-style=\"x\" class=\"on\" data-onset=\"1\">a</p>",
        "",
    ),
    ("<img alt=\"\" src=\"cid:logo\">", ""),
    ("<button hx-vals='{\"a\": 1}' hx-get=\"/a/\">a</button>", ""),
    (
        "<button hx-confirm=\"js: is it?\" data-confirm=\"js:\">a</button>",
        "csp-handler",
    ),
    ("<button hx-confirm=\"Delete it?\">a</button>", ""),
];

#[test]
fn what_the_default_policy_forbids_has_a_hint() {
    for (template, class) in CASES {
        let files = HashMap::from([("t.html".to_owned(), (*template).to_owned())]);
        let found = check(&files, None);
        let found: Vec<&str> = found.iter().map(|p| p.class).collect();
        let expected: Vec<&str> = [*class].into_iter().filter(|c| !c.is_empty()).collect();
        assert_eq!(found, expected, "{template}");
    }
}

#[test]
fn a_hint_has_its_place_and_says_what_to_write() {
    let layout = "<html lang=\"en\"><body>\n  <p title=\"a\" style=\"color: red\">a</p>{% block a %}{% endblock %}</body></html>";
    let files = HashMap::from([
        ("base.html".to_owned(), layout.to_owned()),
        (
            "page.html".to_owned(),
            "{% extends \"base.html\" %}{% block a %}<b>a</b>{% endblock %}".to_owned(),
        ),
    ]);
    let found = check(&files, None);
    // Once, though each page reads the layout.
    let [hint] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(hint.warning);
    assert_eq!((hint.file.as_str(), hint.line, hint.column), ("base.html", 2, 23));
    assert!(hint.help.contains("write a class"), "{}", hint.help);
}

/// A hint names the origin, as the policy wants it.
#[test]
fn a_hint_says_how_to_widen() {
    for (template, how) in [
        ("<iframe src=\"/a/\"></iframe>", "own_frames()"),
        (
            "<iframe src=\"https://Play.example/a/{{ x }}\"></iframe>",
            "frames_from(\"https://play.example\")",
        ),
        ("<video src=\"{{ x }}\"></video>", "own_media()"),
        (
            "<audio src=\"//a.example:8443/b.ogg\"></audio>",
            "media_from(\"https://a.example:8443\")",
        ),
        (
            "<img alt=\"\" src=\"https://a.example/b.png\">",
            "images_from(\"https://a.example\")",
        ),
        (
            "<img alt=\"\" src=\"Data:image/png;base64,AAAA\">",
            "data_images()",
        ),
        (
            "<img alt=\"\" src=\"/a.png\" srcset=\"/a.png 1x, https://a.example/b.png 2x\">",
            "images_from(\"https://a.example\")",
        ),
        (
            "<link rel=\"stylesheet\" href=\"https://a.example?b\">",
            "styles_from(\"https://a.example\")",
        ),
        (
            "<link rel=\"preload\" as=\"font\" href=\"https://a.example/b.woff2\">",
            "fonts_from(\"https://a.example\")",
        ),
        (
            "<form action=\"https://a.example\"></form>",
            "forms_to(\"https://a.example\")",
        ),
    ] {
        let files = HashMap::from([("t.html".to_owned(), template.to_owned())]);
        let found = check(&files, None);
        let help = &found.first().unwrap_or_else(|| panic!("{template}")).help;
        assert!(
            help.contains(&format!("csp = Csp::strict().{how})]")),
            "{template}: {help}"
        );
    }
}
