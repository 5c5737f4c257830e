//! Attacks on templates, each stated and stopped: what is refused, and what is written where it is not.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]
#![cfg(feature = "compiler")]

#[path = "support/address.rs"]
mod address;
#[path = "support/interpret.rs"]
mod interpret;
#[path = "support/refused.rs"]
mod reason;

use interpret::{Way, ops, walk_way};
use reason::refused;

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
        "<form method=\"post\" action=\"/notes/{{ x|iriencode }}/like/\"></form>",
        "<form method=\"post\"><button formaction=\"/notes/{{ x }}/like/\">a</button></form>",
        "<form method=\"post\"><button formaction=\"/notes/{{ x|urlencode }}/like/\">a</button></form>",
        "<button hx-post=\"/notes/{{ x|urlencode }}/like/\">a</button>",
        "<button hx-post=\"/notes/{{ x }}/like/\">a</button>",
        "<button hx-put=\"/notes/{{ x }}/\">a</button>",
        "<button hx-patch=\"/notes/{{ x }}/\">a</button>",
        "<button data-hx-delete=\"/notes/{{ x }}/\">a</button>",
        "<button hx-get=\"/notes/{{ x }}/\">a</button>",
        "<button data-delete-url=\"/notes/{{ x }}/\">a</button>",
        "<a href=\"/notes/{{ x }}/\" data-turbo-method=\"post\">a</a>",
        "<a data-method=\"delete\" href=\"/notes/{{ x }}/?a={{ x }}\">a</a>",
        "<a data-method=\"delete\" href=\"/notes/{{ x|urlencode:'' }}/\">a</a>",
        "<a data-method=\"delete\" href=\"/notes/{{ x }}/{% querystring a=x %}\">a</a>",
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
        written(
            "<iframe src=\"https://other.example/e/{{ x|urlencode }}\"></iframe>",
            "a/../b"
        ),
        "<iframe src=\"https://other.example/e/a/%252e%252e/b\"></iframe>"
    );
    assert_eq!(
        written("<a href=\"/wiki/{{ x|urlencode:'' }}\">a</a>", "a/b"),
        "<a href=\"/wiki/a%2fb\">a</a>"
    );
}

/// CWE-74: where an attribute holds JSON, a value is a JSON value or a part of a string, whatever is in it.
#[test]
fn a_value_in_json_in_an_attribute_adds_nothing_to_it() {
    fn shape(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Array(all) => format!("[{}]", all.iter().map(shape).collect::<String>()),
            serde_json::Value::Object(all) => {
                format!("{{{}}}", all.values().map(shape).collect::<String>())
            }
            serde_json::Value::String(_) => "s".to_owned(),
            other => other.to_string(),
        }
    }
    for (template, expected) in [
        (
            "<i data-chart='{\"title\": \"{{ x }}\", \"admin\": false}'>a</i>",
            "{falses}",
        ),
        (
            "<i data-chart=\"{&quot;title&quot;: &quot;{{ x }}&quot;, &quot;n&quot;: {{ x }}}\">a</i>",
            "{ss}",
        ),
        ("<i data-order='[[{{ x }}, \"desc\"]]'>a</i>", "[[ss]]"),
        ("<i data-order=' [{{ x }}]'>a</i>", "[s]"),
        (
            "<i data-list='[{% for i in l %}{{ x }}{% if not forloop.last %}, {% endif %}{% endfor %}]'>a</i>",
            "[ss]",
        ),
        (
            "<i data-a='{\"{{ x }}\": {% if f %}true{% else %}false{% endif %}}'>a</i>",
            "{true}",
        ),
        (
            "<input type=\"hidden\" name=\"a\" value='{\"id\": \"{{ x }}\"}'>",
            "{s}",
        ),
        (
            "<i data-a='{\"a\": \"{% url a %}\", \"b\": {% firstof x y %}}'>a</i>",
            "{ss}",
        ),
    ] {
        for value in [
            "harmless",
            "\", \"admin\": true, \"x\": \"",
            "1], [2",
            "\\",
            "</i>",
            "'>",
            "&quot;, 1",
            "null",
        ] {
            let html = written(template, value);
            let quote = if html.contains('\'') { '\'' } else { '"' };
            let attribute = html
                .rsplit_once(&format!("={quote}"))
                .unwrap()
                .1
                .split(quote)
                .next()
                .unwrap();
            let text = vauban_template::filters::entities::unescape(attribute);
            // The walk takes every branch, behind the last item as well.
            let text = text.replace(", ]", "]");
            let json: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{html}: {e}"));
            assert_eq!(shape(&json), expected, "{template}\n{value:?}\n{html}");
        }
    }
    for template in [
        "<i data-a='[{{ x }}] and more'>a</i>",
        "<i data-a=\"{'a': '{{ x }}'}\">a</i>",
        "<i data-a='{\"a\": \"\\u00{{ x }}\"}'>a</i>",
        "<i data-a='{\"a\": \"\\{{ x }}\"}'>a</i>",
        "<i data-a='[1 {{ x }}]'>a</i>",
        "<i data-a='[{{ x }}{{ x }}]'>a</i>",
        "<i data-a='{\"a\": {{ x }}'>a</i>",
        "<i data-a='[{% if f %}\"{% endif %}{{ x }}]'>a</i>",
        // What stands before may be empty.
        "<i data-a='{{ x }}{\"a\": \"{{ x }}\"}'>a</i>",
        "<i data-a='{{ x }} {{ x }} [{{ x }}]'>a</i>",
        "<i data-a='{% if f %}{{ x }}{% endif %}{\"a\": \"{{ x }}\"}'>a</i>",
        "<i data-a='{% if f %}a{% endif %}{\"a\": \"{{ x }}\"}'>a</i>",
        "<i data-a='{% for i in l %}{{ x }}{% endfor %}[{{ x }}]'>a</i>",
        "<i data-a='{% firstof x y %}{% if f %}{{ x }}{% endif %}[{{ x }}]'>a</i>",
        "<input type=\"hidden\" name=\"a\" value='{% if f %}{{ x }}{% endif %}{\"a\": \"{{ x }}\"}'>",
        "<input type=\"hidden\" name=\"a\" value='[{{ x }}{\"a\": \"{{ x }}\"}]'>",
        "<input type=\"hidden\" name=\"a\" value='[[ {{ x }} [\"{{ x }}\"]]'>",
        "<input type=\"hidden\" name=\"a\" value='[{{ x }}, {\"a\": \"{{ x }}\"}]'>",
        "<input type=\"hidden\" name=\"a\" value='[{% if f %}{{ x }}{% endif %}{\"a\": \"{{ x }}\"}]'>",
    ] {
        assert_eq!(refused(template), Some("json-attribute"), "{template}");
    }
    // What people read may begin with a bracket.
    assert_eq!(
        written("<i title=\"[{{ x }}] a\">a</i>", "b"),
        "<i title=\"[b] a\">a</i>"
    );
    assert_eq!(
        written("<i title=\"[{{ x }}, {{ x }}] {{ x }}\">a</i>", "b"),
        "<i title=\"[b, b] b\">a</i>"
    );
    assert_eq!(
        written("<i title=\"[{% if f %}{{ x }}{% endif %}] {{ x }}\">a</i>", "b"),
        "<i title=\"[b] b\">a</i>"
    );
    assert_eq!(
        written(
            "<i title=\"{{ x }} [{{ x }}]\" data-a=\"{{ x }}: {{ x }}-[{{ x }}]\">a</i>",
            "b"
        ),
        "<i title=\"b [b]\" data-a=\"b: b-[b]\">a</i>"
    );
}

/// CWE-95: htmx runs a question that begins with `js:` or `javascript:`. It begins with words of the template, on every way.
#[test]
fn cwe_95_no_value_begins_what_htmx_may_run() {
    for question in [
        "{{ x }}",
        " {{ x }}",
        "&#32;&nbsp;&#xFEFF;\t{{ x }}",
        "{{ x }} Delete?",
        // A value brings the rest of the word.
        "j{{ x }}",
        "js{{ x }}",
        "Java{{ x }}",
        "js:alert({{ x }})",
        " JS:alert('{{ x }}')",
        "&#106;s:f({{ x }})",
        "j&#x73;&colon;f({{ x }})",
        "javascript:f({{ x }})",
        // On one of the ways.
        "{% if a %}Delete {% endif %}{{ x }}",
        "{% if a %}js:{% endif %}Delete {{ x }}?",
        "{% if a %}j{% endif %}s:{{ x }}",
        "{% if a %}js{% else %}Delete{% endif %}:{{ x }}",
        "{% for b in l %}Delete {% endfor %}{{ x }}",
        "{% for b in l %}j{% endfor %}s:{{ x }}",
        "{% firstof x y %}",
        "{% cycle 'js:f()' 'b' %}",
        "{% url a %}",
    ] {
        for name in [
            "hx-confirm",
            "data-hx-confirm",
            "hx-confirm:inherited",
            "hx-prompt",
        ] {
            let template = format!("<button {name}=\"{question}\">a</button>");
            assert_eq!(refused(&template), Some("framework-attribute"), "{template}");
        }
    }
    for question in [
        "Delete {{ x }}?",
        "{% if many %}Delete all{% else %}Delete{% endif %} {{ x }}?",
        "{% if many %}Really? {% endif %}Delete {{ x }}{{ x }}?",
        "\u{201e}{{ x }}\u{201c} l\u{f6}schen?",
        "{% for b in l %}Delete {{ b }}, {% endfor %}and {{ x }}?",
        "Just {{ x }}?",
        "[{{ x }}] {{ x }}",
    ] {
        let template = format!("<button hx-confirm=\"{question}\">a</button>");
        assert_eq!(refused(&template), None, "{template}");
    }
    assert_eq!(
        written("<button hx-confirm=\"Delete &amp; {{ x }}?\">a</button>", "\"js:"),
        "<button hx-confirm=\"Delete &amp; &quot;js:?\">a</button>"
    );
}

/// CWE-79: an attribute of a library is one in each of its spellings.
#[test]
fn a_librarys_attribute_is_known_in_each_spelling() {
    for (attribute, class) in [
        ("sse-connect=\"{{ x }}\"", "unknown-attribute"),
        ("data-sse-connect=\"{{ x }}\"", "unknown-attribute"),
        ("data-ws-connect=\"{{ x }}\"", "unknown-attribute"),
        ("data-sse-swap=\"{{ x }}\"", "unknown-attribute"),
        ("hx-vals:inherited=\"{{ x }}\"", "framework-attribute"),
        ("data-hx-headers:append=\"{{ x }}\"", "framework-attribute"),
        ("hx-target:inherited=\"{{ x }}\"", "selector"),
        ("hx-get:inherited=\"/{{ x }}\"", "form-action"),
        ("hx-action=\"/{{ x }}\"", "form-action"),
        ("hx-action=\"https://other.example/{{ x }}\"", "mixed-value"),
        ("data-hx-method=\"{{ x }}\"", "form-attribute"),
        ("hx-method:inherited=\"{{ x }}\"", "form-attribute"),
        ("hx-sse:connect=\"{{ x }}\"", "unknown-attribute"),
    ] {
        let template = format!("<button {attribute}>a</button>");
        assert_eq!(refused(&template), Some(class), "{template}");
    }
    assert_eq!(
        written("<button hx-target:inherited=\"#row-{{ x }}\">a</button>", "1,2"),
        "<button hx-target:inherited=\"#row-1\\2c 2\">a</button>"
    );
}

/// CWE-863. The mistake: a loop of a base over `user`, in whose block a page asks what `user` may do.
#[test]
fn cwe_863_the_pages_own_names_mean_one_thing() {
    for template in [
        "{% for user in members %}<li>{% block row %}{{ user.name }}{% endblock %}{% endfor %}",
        "{% for key, path in rows.items %}{{ path }}{% endfor %}",
        "{% with messages=notes %}{{ messages }}{% endwith %}",
        "{% with a=b debug=c %}{{ a }}{% endwith %}",
    ] {
        assert_eq!(refused(template), Some("page-name"), "{template}");
    }
    assert_eq!(
        refused("{% for member in members %}{{ user.name }}{% endfor %}"),
        None
    );
}

/// A part that stands in unlike places is none: the script would read the rows of a table as text.
#[test]
fn a_part_in_unlike_places_is_none() {
    let parts = |template: &str| {
        let (parts, problems) = vauban_template::compiler::parts::parts(&ops(template).unwrap());
        assert!(problems.is_empty());
        parts.len()
    };
    let rows = "{% partialdef rows %}<tr><td>a</td></tr>{% endpartialdef %}";
    assert_eq!(
        parts(&format!(
            "{rows}<table>{{% if a %}}<tbody>{{% partial rows %}}</tbody>{{% else %}}<thead>{{% partial rows %}}</thead>{{% endif %}}</table>"
        )),
        1
    );
    assert_eq!(
        parts(&format!(
            "{rows}{{% if a %}}<table>{{% partial rows %}}</table>{{% else %}}<table><tbody>{{% partial rows %}}</tbody></table>{{% endif %}}"
        )),
        0
    );
}

/// CWE-407: a row of flags, which only its start tells apart, is read once.
#[test]
fn cutting_from_a_row_of_flags_is_linear() {
    let cut = |n: usize| {
        let text = "\u{1f1e6}\u{1f1fa}".repeat(n);
        let once = || {
            let start = std::time::Instant::now();
            assert_eq!(
                vauban_template::filters::text::cut(&text, "\u{1f1e6}\u{1f1fa}"),
                ""
            );
            assert_eq!(vauban_template::filters::text::cut(&text, "\u{1f1fa}"), text);
            start.elapsed()
        };
        (0..3).map(|_| once()).min().unwrap()
    };
    let (small, large) = (cut(1_000), cut(32_000));
    // 32 times the text: quadratic would be a thousand times the time.
    assert!(
        large < small * 250 + std::time::Duration::from_millis(100),
        "{small:?} {large:?}"
    );
}
