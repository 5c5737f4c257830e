//! What real sites write and wanted to: each compiles, writes what is meant, and a hostile value does in its place
//! nothing but be a value of it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

mod support;

#[path = "support/interpret.rs"]
mod interpret;

use interpret::{ops, render};
use vauban_macros::Template;

/// Template, a value for all of its variables, what is written; then hostile values and what is written for them.
type Wanted = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const WANTED: &[Wanted] = &[
    // Lists in scripts.
    (
        "<script>x=[{% for p in l %}{{ p }}{% if not forloop.last %}, {% endif %}{% endfor %}]</script>",
        "a",
        "<script nonce=\"NONCE\">x=[\"a\", \"a\", ]</script>",
        &[],
    ),
    (
        "<script>x=[{% for p in l %}{% if not forloop.first %}, {% endif %}{{ p }}{% endfor %}]</script>",
        "a",
        "<script nonce=\"NONCE\">x=[, \"a\", \"a\"]</script>",
        &[],
    ),
    (
        "<script>x=[\n{% for p in l %}\n  { id: {{ p.id }}, name: \"{{ p.name }}\" }{% if forloop.last %}{% else %},{% endif %}\n{% endfor %}\n]</script>",
        "a",
        "<script nonce=\"NONCE\">x=[\n\n  { id: \"a\", name: \"a\" }\n\n  { id: \"a\", name: \"a\" }\n\n]</script>",
        &[],
    ),
    (
        "<script>x=[{% for p in l %}{% if forloop.counter0 %}, {% endif %}\"{{ p }}\"{% endfor %}]</script>",
        "a",
        "<script nonce=\"NONCE\">x=[, \"a\", \"a\"]</script>",
        &[],
    ),
    (
        "<script type=\"application/json\">[{% for p in l %}{{ p }}{% if not forloop.last %},{% endif %}{% endfor %}]</script>",
        "a",
        "<script type=\"application/json\">[\"a\",\"a\",]</script>",
        &[],
    ),
    (
        "<script>x=[{% for p in l %}{{ p }}{% if not forloop.last %}, {% endif %}{% empty %}0{% endfor %}]</script>",
        "a",
        "<script nonce=\"NONCE\">x=[\"a\", \"a\", ]</script>",
        &[],
    ),
    // Behind a typed address.
    (
        "<svg><use href=\"{% static \"i.svg\" %}#home\"/></svg>",
        "a",
        "<svg><use href=\"/static/i.svg#home\"/></svg>",
        &[],
    ),
    (
        "<svg><use href=\"{% static \"i.svg\" %}#{{ name }}\"/></svg>",
        "a b",
        "<svg><use href=\"/static/i.svg#a%20b\"/></svg>",
        &[(
            "\"/><script>",
            "<svg><use href=\"/static/i.svg#%22%2f%3e%3cscript%3e\"/></svg>",
        )],
    ),
    (
        "<script src=\"{% static \"a.js\" %}?v=1\"></script>",
        "a",
        "<script src=\"/static/a.js?v=1\" nonce=\"NONCE\"></script>",
        &[],
    ),
    (
        "<link rel=\"stylesheet\" href=\"{% static \"a.css\" %}?v={{ v }}\">",
        "1 2",
        "<link rel=\"stylesheet\" href=\"/static/a.css?v=1%202\">",
        &[(
            "1&x=\" ",
            "<link rel=\"stylesheet\" href=\"/static/a.css?v=1%26x%3d%22%20\">",
        )],
    ),
    (
        "<a href=\"{% url list %}?page={{ n }}#p{{ n }}\">a</a>",
        "2",
        "<a href=\"/?page=2#p2\">a</a>",
        &[],
    ),
    (
        "<iframe src=\"{% url map %}?q={{ q }}\"></iframe>",
        "a",
        "<iframe src=\"/?q=a\"></iframe>",
        &[],
    ),
    // Code by a typed address.
    (
        "<script type=\"module\">import { a } from \"{% static \"a.js\" %}\";</script>",
        "",
        "<script type=\"module\" nonce=\"NONCE\">import { a } from \"\\/static\\/a.js\";</script>",
        &[],
    ),
    (
        "<script type=\"module\">import \"{% static \"a.js\" %}\";</script>",
        "",
        "<script type=\"module\" nonce=\"NONCE\">import \"\\/static\\/a.js\";</script>",
        &[],
    ),
    (
        "<script>import('{% static \"a.js\" %}').then(f);</script>",
        "",
        "<script nonce=\"NONCE\">import('\\/static\\/a.js').then(f);</script>",
        &[],
    ),
    (
        "<script>const w = new Worker(\"{% static \"w.js\" %}\");</script>",
        "",
        "<script nonce=\"NONCE\">const w = new Worker(\"\\/static\\/w.js\");</script>",
        &[],
    ),
    (
        "<script>new Worker(\"{% url worker %}\", { type: \"module\" });</script>",
        "",
        "<script nonce=\"NONCE\">new Worker(\"\\/\", { type: \"module\" });</script>",
        &[],
    ),
    (
        "<script>navigator.serviceWorker.register(\"{% static \"sw.js\" %}\");</script>",
        "",
        "<script nonce=\"NONCE\">navigator.serviceWorker.register(\"\\/static\\/sw.js\");</script>",
        &[],
    ),
    (
        "<script type=\"importmap\">{\"imports\": {\"app\": \"{% static \"app.js\" %}\"}}</script>",
        "",
        "<script type=\"importmap\" nonce=\"NONCE\">{\"imports\": {\"app\": \"\\/static\\/app.js\"}}</script>",
        &[],
    ),
    (
        "<script type=\"speculationrules\">{\"prefetch\": [{\"urls\": [\"{% url next %}\"]}]}</script>",
        "",
        "<script type=\"speculationrules\" nonce=\"NONCE\">{\"prefetch\": [{\"urls\": [\"\\/\"]}]}</script>",
        &[],
    ),
    (
        "<style>.hero { background: url(\"{% static \"hero.jpg\" %}\") }</style>",
        "",
        "<style nonce=\"NONCE\">.hero { background: url(\"/static/hero.jpg\") }</style>",
        &[],
    ),
    (
        "<style>@font-face { src: url({% static \"f.woff2\" %}) format('woff2') }</style>",
        "",
        "<style nonce=\"NONCE\">@font-face { src: url(/static/f.woff2) format('woff2') }</style>",
        &[],
    ),
    // Several images.
    (
        "<img alt=\"\" srcset=\"{{ a }} 480w, {{ b }} 800w\">",
        "a",
        "<img alt=\"\" srcset=\"a 480w, a 800w\">",
        &[
            (
                "javascript:x",
                "<img alt=\"\" srcset=\"about:invalid#blocked 480w, about:invalid#blocked 800w\">",
            ),
            (
                "/a 1x, //evil.example/",
                "<img alt=\"\" srcset=\"about:invalid#blocked 480w, about:invalid#blocked 800w\">",
            ),
        ],
    ),
    (
        "<img alt=\"\" srcset=\"/i/{{ a }}-480.jpg 480w, /i/{{ a }}-800.jpg 800w\">",
        "a",
        "<img alt=\"\" srcset=\"/i/a-480.jpg 480w, /i/a-800.jpg 800w\">",
        &[(
            "a, \"//e",
            "<img alt=\"\" srcset=\"/i/a%2c%20%22%2f%2fe-480.jpg 480w, /i/a%2c%20%22%2f%2fe-800.jpg 800w\">",
        )],
    ),
    (
        "<img alt=\"\" srcset=\"{% static \"a.png\" %} 1x, {% static \"b.png\" %} 2x\">",
        "",
        "<img alt=\"\" srcset=\"/static/a.png 1x, /static/b.png 2x\">",
        &[],
    ),
    (
        "<img alt=\"\" srcset=\"{{ a }} {{ w }}w\">",
        "5",
        "<img alt=\"\" srcset=\"5 5w\">",
        &[(
            "1w, /x",
            "<img alt=\"\" srcset=\"about:invalid#blocked 1w___xw\">",
        )],
    ),
    (
        "<img alt=\"\" srcset=\"{% for i in l %}{{ i.url }} {{ i.width }}w{% if not forloop.last %}, {% endif %}{% endfor %}\">",
        "5",
        "<img alt=\"\" srcset=\"5 5w, 5 5w, \">",
        &[],
    ),
    (
        "<picture><source type=\"{{ mime }}\" srcset=\"{{ a }}, {{ b }} 2x\"><img alt=\"\" src=\"/a.png\"></picture>",
        "a",
        "<picture><source type=\"a\" srcset=\"a, a 2x\"><img alt=\"\" src=\"/a.png\"></picture>",
        &[],
    ),
    // `<link>` that loads no code.
    (
        "<link rel=\"canonical\" href=\"{{ url }}\">",
        "https://a.example/",
        "<link rel=\"canonical\" href=\"https://a.example/\">",
        &[
            (
                "javascript:alert(1)",
                "<link rel=\"canonical\" href=\"about:invalid#blocked\">",
            ),
            (
                "\"><script>",
                "<link rel=\"canonical\" href=\"%22%3e%3cscript%3e\">",
            ),
        ],
    ),
    (
        "<link rel=\"alternate\" hreflang=\"{{ l }}\" href=\"{{ url }}\">",
        "/de/",
        "<link rel=\"alternate\" hreflang=\"/de/\" href=\"/de/\">",
        &[],
    ),
    (
        "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feeds/{{ tag }}/\">",
        "a",
        "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/feeds/a/\">",
        &[],
    ),
    (
        "<link rel=\"preload\" as=\"image\" href=\"{{ url }}\">",
        "/a.png",
        "<link rel=\"preload\" as=\"image\" href=\"/a.png\">",
        &[(
            "data:text/html,x",
            "<link rel=\"preload\" as=\"image\" href=\"about:invalid#blocked\">",
        )],
    ),
    (
        "<link rel=\"icon\" href=\"{{ url }}\">",
        "/a.png",
        "<link rel=\"icon\" href=\"/a.png\">",
        &[(
            "data:image/svg+xml,x",
            "<link rel=\"icon\" href=\"about:invalid#blocked\">",
        )],
    ),
    // Forms and htmx.
    (
        "<form method=\"post\" action=\"?next={{ x }}\"></form>",
        "/a",
        "<form method=\"post\" action=\"?next=%2fa\"><input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"T\"></form>",
        &[(
            "//evil.example/&a=\"",
            "<form method=\"post\" action=\"?next=%2f%2fevil.example%2f%26a%3d%22\"><input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"T\"></form>",
        )],
    ),
    (
        "<form method=\"get\" action=\"#{{ x }}\"></form>",
        "a",
        "<form method=\"get\" action=\"#a\"></form>",
        &[],
    ),
    (
        "<button hx-get=\"/items/{{ id }}/\">a</button>",
        "a",
        "<button hx-get=\"/items/a/\">a</button>",
        &[(
            "\"//evil.example",
            "<button hx-get=\"/items/%22%2f%2fevil.example/\">a</button>",
        )],
    ),
    (
        "<button hx-get=\"?page={{ n }}\">a</button>",
        "2",
        "<button hx-get=\"?page=2\">a</button>",
        &[],
    ),
    (
        "<a hx-push-url=\"/items/{{ id }}/\" hx-get=\"/items/{{ id }}/\">a</a>",
        "7",
        "<a hx-push-url=\"/items/7/\" hx-get=\"/items/7/\">a</a>",
        &[],
    ),
    (
        "<button hx-target=\"#row-{{ id }}\">a</button>",
        "7",
        "<button hx-target=\"#row-7\">a</button>",
        &[
            ("1, body", "<button hx-target=\"#row-1\\2c \\20 body\">a</button>"),
            ("\"><b", "<button hx-target=\"#row-\\22 \\3e \\3c b\">a</button>"),
        ],
    ),
    (
        "<button hx-post=\"/a/\" hx-target=\"closest #row-{{ id }}\" hx-include=\"#f{{ id }} input, #g{{ id }}\">a</button>",
        "7",
        "<button hx-post=\"/a/\" hx-target=\"closest #row-7\" hx-include=\"#f7 input, #g7\">a</button>",
        &[],
    ),
    (
        "<div id=\"m\" hx-swap-oob=\"beforeend:#list-{{ id }}\">a</div>",
        "7",
        "<div id=\"m\" hx-swap-oob=\"beforeend:#list-7\">a</div>",
        &[(
            "1,outerHTML:body",
            "<div id=\"m\" hx-swap-oob=\"beforeend:#list-1\\2c outerHTML\\3a body\">a</div>",
        )],
    ),
    (
        "<button hx-confirm=\"Delete {{ name }}?\">a</button>",
        "a",
        "<button hx-confirm=\"Delete a?\">a</button>",
        &[(
            "\"><script>",
            "<button hx-confirm=\"Delete &quot;&gt;&lt;script&gt;?\">a</button>",
        )],
    ),
    // A literal origin and path.
    (
        "<iframe src=\"https://www.youtube-nocookie.com/embed/{{ id }}\"></iframe>",
        "dQw4",
        "<iframe src=\"https://www.youtube-nocookie.com/embed/dQw4\"></iframe>",
        &[
            (
                "..",
                "<iframe src=\"https://www.youtube-nocookie.com/embed/%252e%252e\"></iframe>",
            ),
            (
                "../redirect?u=//evil.example",
                "<iframe src=\"https://www.youtube-nocookie.com/embed/..%2fredirect%3fu%3d%2f%2fevil.example\"></iframe>",
            ),
        ],
    ),
    (
        "<iframe src=\"https://www.openstreetmap.org/export/embed.html?bbox={{ box }}&amp;layer=mapnik\"></iframe>",
        "1,2",
        "<iframe src=\"https://www.openstreetmap.org/export/embed.html?bbox=1%2c2&amp;layer=mapnik\"></iframe>",
        &[(
            "1&x=\"",
            "<iframe src=\"https://www.openstreetmap.org/export/embed.html?bbox=1%26x%3d%22&amp;layer=mapnik\"></iframe>",
        )],
    ),
    (
        "<video src=\"https://media.example/{{ id }}.mp4\"></video>",
        "a",
        "<video src=\"https://media.example/a.mp4\"></video>",
        &[],
    ),
    (
        "<img alt=\"\" src=\"https://img.example/u/{{ id }}.png?s={{ n }}\">",
        "a",
        "<img alt=\"\" src=\"https://img.example/u/a.png?s=a\">",
        &[],
    ),
    // The text of an image.
    (
        "<img alt=\"\" src=\"data:image/png;base64,{{ b64 }}\">",
        "iVBORw0KGgo=",
        "<img alt=\"\" src=\"data:image/png;base64,iVBORw0KGgo=\">",
        &[
            (
                "x\"><script>",
                "<img alt=\"\" src=\"data:image/png;base64,blocked\">",
            ),
            ("x,y", "<img alt=\"\" src=\"data:image/png;base64,blocked\">"),
        ],
    ),
    // Colours, numbers, types.
    (
        "<video><source type=\"{{ mime }}\" src=\"{{ url }}\"></video>",
        "video/mp4",
        "<video><source type=\"video/mp4\" src=\"video/mp4\"></video>",
        &[(
            "javascript:x",
            "<video><source type=\"javascript:x\" src=\"about:invalid#blocked\"></video>",
        )],
    ),
    (
        "<svg><rect fill=\"{{ c }}\" stroke=\"#{{ c }}\"/></svg>",
        "fff",
        "<svg><rect fill=\"fff\" stroke=\"#fff\"/></svg>",
        &[
            (
                "url(//evil.example/x.svg#a)",
                "<svg><rect fill=\"transparent\" stroke=\"#url___evil.example_x.svg_a_\"/></svg>",
            ),
            (
                "red\" onload=\"x",
                "<svg><rect fill=\"transparent\" stroke=\"#red__onload__x\"/></svg>",
            ),
        ],
    ),
    (
        "<svg><circle stroke-dasharray=\"{{ a }} {{ b }}\" stroke-dashoffset=\"{{ a }}\"/></svg>",
        "5",
        "<svg><circle stroke-dasharray=\"5 5\" stroke-dashoffset=\"5\"/></svg>",
        &[(
            "\"/>",
            "<svg><circle stroke-dasharray=\"&quot;/&gt; &quot;/&gt;\" stroke-dashoffset=\"&quot;/&gt;\"/></svg>",
        )],
    ),
    (
        "<svg><rect fill=\"url(#g{{ id }})\" mask=\"url(#m{{ id }})\" clip-path=\"url(#{{ id }})\"/></svg>",
        "7",
        "<svg><rect fill=\"url(#g7)\" mask=\"url(#m7)\" clip-path=\"url(#7)\"/></svg>",
        &[(
            ") url(//evil.example",
            "<svg><rect fill=\"url(#g__url___evil.example)\" mask=\"url(#m__url___evil.example)\" clip-path=\"url(#__url___evil.example)\"/></svg>",
        )],
    ),
    (
        "<svg><stop stop-color=\"{{ c }}\" offset=\"{{ n }}%\"/></svg>",
        "red",
        "<svg><stop stop-color=\"red\" offset=\"red%\"/></svg>",
        &[],
    ),
    (
        "<table><tr><td bgcolor=\"{{ c }}\">a</td></tr></table>",
        "#eeeeee",
        "<table><tr><td bgcolor=\"#eeeeee\">a</td></tr></table>",
        &[(
            "red;x:url(y)",
            "<table><tr><td bgcolor=\"transparent\">a</td></tr></table>",
        )],
    ),
    (
        "<table bgcolor=\"#{{ c }}\"><tr><td><font color=\"{{ c }}\">a</font></td></tr></table>",
        "eee",
        "<table bgcolor=\"#eee\"><tr><td><font color=\"eee\">a</font></td></tr></table>",
        &[],
    ),
    // `mailto:` and `tel:`.
    (
        "<a href=\"mailto:{{ m }}\">a</a>",
        "a+b@c.example",
        "<a href=\"mailto:a+b@c.example\">a</a>",
        &[
            (
                "a@b?bcc=c@d,e@f",
                "<a href=\"mailto:a@b%3fbcc%3dc@d%2ce@f\">a</a>",
            ),
            ("\"><b>", "<a href=\"mailto:%22%3e%3cb%3e\">a</a>"),
        ],
    ),
    (
        "<a href=\"mailto:{{ m }}?subject={{ s }}\">a</a>",
        "a@c.example",
        "<a href=\"mailto:a@c.example?subject=a%40c.example\">a</a>",
        &[],
    ),
    (
        "<a href=\"tel:{{ t }}\">a</a>",
        "+431234567",
        "<a href=\"tel:+431234567\">a</a>",
        &[(
            "+1;x=javascript:y",
            "<a href=\"tel:+1%3bx%3djavascript%3ay\">a</a>",
        )],
    ),
];

#[test]
fn every_wanted_pattern_is_written_as_it_is_meant() {
    for (template, value, expected, hostile) in WANTED {
        if let Err(why) = ops(template) {
            panic!("{template}: {why}");
        }
        assert_eq!(render(template, value, None), *expected, "{template}");
        // CWE-79, CWE-601, CWE-22: what a value may not do in its place.
        for (value, expected) in *hostile {
            assert_eq!(render(template, value, None), *expected, "{template}");
        }
    }
}

/// What looks like those and cannot be made safe: with what the message says.
const REFUSED: &[(&str, &str)] = &[
    // Code from data, and an address that data goes on with.
    (
        r#"<script>import("{% static "a.js" %}{{ x }}")</script>"#,
        "a value that names code",
    ),
    (
        r#"<script>import("//{% static "a.js" %}")</script>"#,
        "a value that names code",
    ),
    (
        r#"<script>eval("{% url x %}")</script>"#,
        "a value that names code",
    ),
    (
        r#"<script>new Worker(eval("{% url x %}"))</script>"#,
        "a value that names code",
    ),
    (
        r#"<script>setTimeout("{% url x %}")</script>"#,
        "a value that names code",
    ),
    (
        r#"<script type="importmap">{"imports": {"a": "{{ x }}"}}</script>"#,
        "data would choose it",
    ),
    (
        r#"<script type="importmap">{"imports": {"a": "{% static "a.js" %}{{ x }}"}}</script>"#,
        "data would choose it",
    ),
    (
        r#"<script type="importmap">{"imports": {"a": "https:{% static "a.js" %}"}}</script>"#,
        "data would choose it",
    ),
    (
        r#"<script src="https://cdn.example/{{ v }}/a.js"></script>"#,
        "a value in the address of what `src` loads",
    ),
    (
        r#"<link rel="stylesheet" href="https://cdn.example/{{ v }}/a.css">"#,
        "a value in the address of what `href` loads",
    ),
    (
        r#"<style>a { background: url("{{ x }}") }</style>"#,
        "a value in a style sheet",
    ),
    (
        r#"<style>a { background: {% static "a.png" %} }</style>"#,
        "a value in a style sheet",
    ),
    (
        r#"<style>a { background: url({% if a %}{% static "a.png" %}{% endif %}) }</style>"#,
        "a value in a style sheet",
    ),
    // Two values where data would choose a host, a scheme or another address.
    (
        r#"<img alt="" srcset="{{ a }}{{ b }} 2x">"#,
        "two values in `srcset`",
    ),
    (
        r#"<img alt="" srcset="{{ a }}:x {{ b }}">"#,
        "the value would become a scheme",
    ),
    // Also where nothing stands behind it.
    (
        r#"<img alt="" srcset="{{ a }}+x:y">"#,
        "the value would become a scheme",
    ),
    (
        r#"<img alt="" srcset="/{{ a }} 2x">"#,
        "would choose its scheme or host",
    ),
    (
        r#"<img alt="" srcset="/a.png,{{ a }} 2x">"#,
        "browsers take both for one address",
    ),
    (
        r#"<img alt="" srcset="/a.png 1x, https://{{ a }}/ 2x">"#,
        "would choose its scheme or host",
    ),
    (
        r#"<iframe src="https://{{ host }}/x"></iframe>"#,
        "a value in a URL's host",
    ),
    (r#"<iframe src="/{{ x }}"></iframe>"#, "takes one whole value"),
    (r#"<iframe src="{{ x }}/y"></iframe>"#, "text next to a value"),
    // What only looks like a place for an image.
    (
        r#"<a href="data:image/png;base64,{{ x }}">a</a>"#,
        "a value after the scheme",
    ),
    (r#"<img alt="" src="data:{{ x }}">"#, "a value after `data:`"),
    (
        r#"<img alt="" src="data:image/svg+xml;base64,{{ x }}">"#,
        "a value after `data:image/svg+xml;base64,`",
    ),
    (
        r#"<iframe src="data:image/png;base64,{{ x }}"></iframe>"#,
        "takes one whole value",
    ),
    // `rel` says what is loaded, so it stands first, literally, and every word of it counts.
    (
        r#"<link rel="alternate stylesheet" href="/c/{{ x }}">"#,
        "a value in the address of what `href` loads",
    ),
    (
        r#"<link href="/c/{{ x }}" rel="canonical">"#,
        "a value in the address of what `href` loads",
    ),
    (
        r#"<link rel="preload" as="script" href="/c/{{ x }}">"#,
        "a value in the address of what `href` loads",
    ),
    (
        r#"<link {% if a %}rel="canonical"{% endif %} href="/c/{{ x }}">"#,
        "a value in the address of what `href` loads",
    ),
    // Colours, references, selectors.
    (
        r#"<svg><rect fill="{{ a }}{{ b }}"/></svg>"#,
        "takes one whole value",
    ),
    (r#"<svg><rect mask="{{ x }}"/></svg>"#, "that may be an address"),
    (
        r#"<svg><rect mask="url({{ x }})"/></svg>"#,
        "that may be an address",
    ),
    (
        r#"<button hx-target="{{ x }}">a</button>"#,
        "not a part of a name",
    ),
    (
        r##"<button hx-target="#a, {{ x }}">a</button>"##,
        "not a part of a name",
    ),
    (
        r#"<svg><rect fill="url({{ x }})"/></svg>"#,
        "that may be an address",
    ),
    (
        r##"<svg><rect fill="url(#a) url({{ x }})"/></svg>"##,
        "that may be an address",
    ),
    (
        r##"<svg><rect fill="{% if a %}url({% else %}#{% endif %}{{ x }}"/></svg>"##,
        "that may be an address",
    ),
    (
        r##"<svg><rect fill="#a&#{{ x }}"/></svg>"##,
        "a character reference is cut",
    ),
    (
        r##"<button hx-target="&#{{ x }}">a</button>"##,
        "a character reference is cut",
    ),
    (
        r##"<button hx-target="{% if a %}&#{% endif %}{{ x }}">a</button>"##,
        "a character reference is cut",
    ),
    // CWE-352: the form's token would leave on one of the ways.
    (
        r##"<form method="post" action="/a/" hx-post="{% if a %}/a/{% else %}https://other.example/{% endif %}"></form>"##,
        "would send its token",
    ),
    // A list whose separator is not sure to stand between.
    (
        "<script>x=[{% for p in l %}{{ p }}{% if p %}, {% endif %}{% endfor %}]</script>",
        "where JavaScript expects no value",
    ),
    (
        "<script>x=[{% for p in l %}{{ p }}{% if not forloop.first %}, {% endif %}{% endfor %}]</script>",
        "where JavaScript expects no value",
    ),
    (
        "<script>x=[{% for p in l %}{% if forloop.last %}, {% endif %}{{ p }}{% endfor %}]</script>",
        "where JavaScript expects no value",
    ),
    (
        "<script>x=[{% for p in l %}{{ p }}{% if not forloop.last %} {% endif %}{% endfor %}]</script>",
        "where JavaScript expects no value",
    ),
    // CWE-79: two slashes of two rounds are a comment, and not a division and a regular expression.
    (
        "<script>x=1{% for p in l %}{% if not forloop.first %} /{% endif %}/x/{% endfor %};y={{ y }}</script>",
        "end in different places",
    ),
];

#[test]
fn what_cannot_be_made_safe_is_refused() {
    for (template, words) in REFUSED {
        let why = ops(template)
            .err()
            .unwrap_or_else(|| panic!("{template} compiles"));
        assert!(why.contains(words), "{template}: {why}");
    }
}

#[derive(Template)]
#[template(
    source = r#"<script>a=[{% for p in l %}{{ p }}{% if not forloop.last %}, {% endif %}{% endfor %}];
b=[{% for p in l %}{% if not forloop.first %}, {% endif %}"{{ p }}"{% endfor %}];
c=[{% for p in l %} {% if forloop.counter0 %}, {% endif %} {{ p }} {% endfor %}];
d=[{% for p in none %}{{ p }}{% if forloop.revcounter > 1 %},{% endif %}{% empty %}0{% endfor %}]</script>
<img alt="" srcset="{% for p in l %}/i/{{ p }}.png {{ forloop.counter }}x{% if not forloop.last %}, {% endif %}{% endfor %}">"#,
    crate = vauban_template
)]
struct Lists {
    l: Vec<&'static str>,
    none: Vec<&'static str>,
}

#[test]
fn lists_have_their_separators_between() {
    let page = Lists {
        l: vec!["a", "</script>", ", c"],
        none: Vec::new(),
    };
    assert_eq!(
        support::render(&page),
        r#"<script nonce="NONCE">a=["a", "\u003c/script\u003e", ", c"];
b=["a", "\u003c\/script\u003e", ", c"];
c=[  "a"  ,  "\u003c/script\u003e"  ,  ", c" ];
d=[0]</script>
<img alt="" srcset="/i/a.png 1x, /i/%3c%2fscript%3e.png 2x, /i/%2c%20c.png 3x">"#
    );
}

/// What a loop was taken for is what its rounds are, written one after the other.
mod properties {
    use super::interpret::{contexts_of, ops};
    use proptest::prelude::*;

    const PIECES: &[&str] = &[
        "{{ x }}",
        "\"{{ x }}\"",
        "\"",
        "'",
        "/",
        "/ ",
        "*",
        ",",
        ", ",
        "a",
        "1",
        " ",
        "\n",
        "+",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        "a: ",
        "`",
        "\\",
        "//",
        "return ",
        ".",
        "=",
        ";",
        "-",
    ];

    fn text(pieces: &[usize]) -> String {
        pieces.iter().map(|at| PIECES[at % PIECES.len()]).collect()
    }

    proptest! {
        #![proptest_config(long::cases(4_000, 400_000, "lists in scripts"))]
        #[test]
        fn a_list_is_its_rounds(
            item in prop::collection::vec(0usize..1000, 1..5),
            between in prop::collection::vec(0usize..1000, 0..4),
            start in prop::sample::select(vec!["x=[", "x=", "f(", "x={", "x=\"", "x=1", ""]),
            end in prop::sample::select(vec!["]", "", ")", "}", "\"", ";"]),
            blank in prop::sample::select(vec!["", " ", "\n"]),
            form in 0usize..4,
        ) {
            let (item, between) = (text(&item), text(&between));
            let last = form < 2;
            let part = match form {
                0 => format!("{{% if not forloop.last %}}{between}{{% endif %}}"),
                1 => format!("{{% if forloop.last %}}{{% else %}}{between}{{% endif %}}"),
                2 => format!("{{% if not forloop.first %}}{between}{{% endif %}}"),
                _ => format!("{{% if forloop.counter0 %}}{between}{{% endif %}}"),
            };
            let body = if last { format!("{item}{part}{blank}") } else { format!("{blank}{part}{item}") };
            let page = |inner: &str| format!("<script>{start}{inner}{end}\n;y={{{{ x }}}}</script>");
            let whole = page(&format!("{{% for i in l %}}{body}{{% endfor %}}"));
            if ops(&whole).is_ok() {
                let found = contexts_of(&whole);
                let values = |text: &str| text.matches("{{").count();
                let (items, seps) = (values(&item), values(&between));
                let (first, second) = found[..items + seps].split_at(if last { items } else { seps });
                let (of_item, of_sep) = if last { (first, second) } else { (second, first) };
                for rounds in 0..4 {
                    let mut inner = String::new();
                    let mut expected = Vec::new();
                    for round in 0..rounds {
                        let between_here = if last { round + 1 < rounds } else { round > 0 };
                        let sep = if between_here { between.as_str() } else { "" };
                        inner.push_str(&if last { format!("{item}{sep}{blank}") } else { format!("{blank}{sep}{item}") });
                        if !last && between_here {
                            expected.extend_from_slice(of_sep);
                        }
                        expected.extend_from_slice(of_item);
                        if last && between_here {
                            expected.extend_from_slice(of_sep);
                        }
                    }
                    expected.extend_from_slice(&found[items + seps..]);
                    let unrolled = page(&inner);
                    prop_assert!(ops(&unrolled).is_ok(), "{whole}\n{unrolled}");
                    prop_assert_eq!(contexts_of(&unrolled), expected, "{}\n{}", whole, unrolled);
                }
            }
        }
    }
}
