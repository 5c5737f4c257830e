//! Templates of every context and what an attacker writes into them: for the judge here, html5ever, and for the
//! other one, Chromium (`tests/acceptance`).
#![allow(dead_code, unreachable_pub, missing_docs)]

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
    "..",
    "../../account/delete/?",
    "%2e%2e/%2E.",
    "C#",
    "What?",
    "url(//evil.example/x)",
    "a, #b 2x",
    "x?b=c@d,e",
];

/// Templates of every context, put together at random below.
pub const PARTS: &[(&str, &str)] = &[
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
    ("segments", "<a href=\"/a/{{ x|urlencode }}/b\">t</a>"),
    (
        "jsonattr",
        "<i data-a='{\"a\": \"{{ x }}\", \"b\": [{{ x }}]}' data-b=\"[{{ x }}]\">t</i>",
    ),
    (
        "action",
        "<form method=\"post\" action=\"/notes/{{ x }}/like/\"><button>t</button></form>",
    ),
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
    (
        "candidates",
        "<picture><source srcset=\"{{ x }} {{ x }}w, /i/{{ x }}.png?a={{ x }} 2x\"><img alt=\"\" src=\"/i.png\"></picture>",
    ),
    ("frame", "<iframe src=\"/e/{{ x }}/f?a={{ x }}\"></iframe>"),
    ("image", "<img alt=\"\" src=\"data:image/png;base64,{{ x }}\">"),
    (
        "paint",
        "<svg><rect fill=\"{{ x }}\" stroke=\"#{{ x }}\" mask=\"url(#m{{ x }})\"/></svg>",
    ),
    (
        "selector",
        "<button hx-post=\"/a/\" hx-target=\"#row-{{ x }}\" hx-include=\"#{{ x }} input\">t</button>",
    ),
    ("receiver", "<a href='mailto:{{ x }}?subject={{ x }}'>t</a>"),
    (
        "list",
        "<script>var a = [{% for i in l %}{{ x }}{% if not forloop.last %}, {% endif %}{% endfor %}, \"{{ x }}\"];</script>",
    ),
];
