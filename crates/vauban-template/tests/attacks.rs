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
        // A query says nothing of the address before it.
        (
            "<a href=\"/{{ x }}/{% querystring %}\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"/{{ x|urlencode }}{% querystring %}\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"https://evil.example/a{% querystring %}\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"https://evil.example/{{ x }}{% querystring %}\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<form method=\"post\" action=\"{{ a_route }}{% querystring %}\"></form>",
            "mixed-value",
        ),
        // Several segments name any view below.
        (
            "<a href=\"/notes/{{ x|urlencode }}/\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"/notes/{{ x|iriencode }}/{{ x }}/{% querystring %}\" data-turbo-method=\"delete\">a</a>",
            "form-action",
        ),
        // `home` may be `/`.
        (
            "<a href=\"{% url home %}/logout\" data-turbo-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% url home %}/logout/now/\" data-turbo-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% url home %}{% if a %}/logout{% endif %}\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% url home %}{% if a %}?b=1{% endif %}/logout\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<a href=\"{% if a %}{% url home %}{% else %}/n/{{ x }}/{% endif %}//evil.example\" data-method=\"post\">a</a>",
            "form-action",
        ),
        (
            "<form method=\"post\" action=\"{% url home %}/logout/now/\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"{% url home %}&Tab;/logout/{{ x }}/\"></form>",
            "foreign-form",
        ),
        (
            "<form method=\"post\" action=\"{% url home %}{% if a %}?b=1{% endif %}/logout/\"></form>",
            "foreign-form",
        ),
        // Browsers take the second.
        (
            "<svg><a xlink:href=\"/a/\" href=\"{{ x }}\" data-method=\"post\">a</a></svg>",
            "form-action",
        ),
        (
            "<svg><a href=\"/a/\" xlink:href=\"{{ x }}\" data-method=\"post\">a</a></svg>",
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
        "<form method=\"post\" action=\"{% url a %}{% querystring %}\"></form>",
        "<form method=\"post\" action=\"{% if a %}{% url a %}{% else %}/b/{% endif %}/c/\"></form>",
        "<a href=\"{% url a %}{% querystring %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% url a %}b/\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% querystring %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"/{% querystring %}\" data-turbo-method=\"delete\">a</a>",
        "<a href=\"{% url home %}/logout\">a</a>",
    ] {
        assert_eq!(refused(fine), None, "{fine}");
    }
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
    ] {
        assert_eq!(refused(template), Some("json-attribute"), "{template}");
    }
    // What people read may begin with a bracket.
    assert_eq!(
        written("<i title=\"[{{ x }}] a\">a</i>", "b"),
        "<i title=\"[b] a\">a</i>"
    );
    assert_eq!(
        written(
            "<i title=\"{{ x }} [{{ x }}]\" data-a=\"{{ x }}: {{ x }}-[{{ x }}]\">a</i>",
            "b"
        ),
        "<i title=\"b [b]\" data-a=\"b: b-[b]\">a</i>"
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

/// Each of these is refused, by its class: what it would do stands beside it.
#[test]
fn what_would_send_a_token_away_or_load_what_data_says_is_refused() {
    for (attack, template, class) in [
        (
            "CWE-352: no token",
            "<noscript><form method=\"post\" action=\"/a/\"></form></noscript>",
            "noscript-form",
        ),
        (
            "CWE-352: no token",
            "<noscript>a<FORM method=post></FORM></noscript>",
            "noscript-form",
        ),
        (
            "CWE-598: the token in an address",
            "<form method=\"post\"><button hx-delete=\"/a/\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form method=\"post\"><button data-hx-delete=\"{% url a %}\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"closest form\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-include=\"form\" hx-delete=\"/a/\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: an element that is a form, or holds one",
            "<button hx-get=\"/a/\" hx-include=\"#f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<input name=\"q\" aria-label=\"q\" hx-get=\"/a/\" data-hx-include=\"#f input\">",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-delete=\"/a/\" hx-include=\"this\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"closest div\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: whatever has a name",
            "<button hx-get=\"/a/\" hx-include=\"[name]\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: the token by its name",
            "<button hx-get=\"/a/\" hx-include=\"[name='csrfmiddlewaretoken']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: a form with a name",
            "<button hx-get=\"/a/\" hx-include=\"form[name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"[name='q'], #f\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"{% if a %}#f{{ x }}{% else %}#g{% endif %}, [name='q']\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<button hx-get=\"/a/\" hx-include=\"#f{{ x }}\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-352: the token to another site",
            "<button hx-post=\"https://other.example/\" hx-include=\"input\">a</button>",
            "foreign-form",
        ),
        (
            "CWE-598: by inheritance",
            "<div hx-include=\"#f\"><button hx-get=\"/a/\">a</button></div>",
            "foreign-form",
        ),
        (
            "CWE-598: by inheritance",
            "<div hx-post=\"/b/\" hx-include=\"#f\"><button hx-get=\"/a/\">a</button></div>",
            "foreign-form",
        ),
        (
            "CWE-598",
            "<form hx-get=\"/a/\" hx-include=\"#f\"></form>",
            "foreign-form",
        ),
        (
            "CWE-352: the token to another site",
            "<form method=\"post\"><button hx-post=\"https://other.example/\">a</button></form>",
            "foreign-form",
        ),
        (
            "CWE-79: it is JavaScript",
            "<script type=\"text/javascript1.5\">a = `{{ x }}`</script>",
            "template-literal",
        ),
        (
            "CWE-79: it is JavaScript",
            "<script type=\"text/livescript\">a = `{{ x }}`</script>",
            "template-literal",
        ),
        (
            "CWE-829: data names a module",
            "<script>x[\"addModule\"](\"{{ x }}\")</script>",
            "unclear-script",
        ),
        (
            "CWE-95: data is run",
            "<script>window['eval'](\"{{ x }}\")</script>",
            "unclear-script",
        ),
        (
            "CWE-829: data names a function",
            "<script src=\"https://other.example/a.js?callback={{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"//other.example/a.js?a={{ x }}&amp;b={{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829: whoever made the link names a function",
            "<script src=\"https://other.example/jsonp{% querystring %}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"https://other.example/jsonp{% querystring a=1 %}&amp;b={{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"https://other.example/{% querystring %}{{ x }}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script src=\"{{ a_resource }}{% querystring %}\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<script data-main=\"https://other.example/{% querystring %}\" src=\"/a.js\"></script>",
            "mixed-value",
        ),
        (
            "CWE-829: the whole is the value's",
            "<link rel=\"modulepreload\" href=\"{{ a_resource }}{% querystring %}\">",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<svg><use href=\"{{ a_resource }}{% querystring %}\"/></svg>",
            "mixed-value",
        ),
        (
            "CWE-829",
            "<iframe src=\"{{ a_resource }}{% querystring %}\"></iframe>",
            "mixed-value",
        ),
        (
            "it would be dropped",
            "<!--[if mso]><p>a</p><![endif]-->",
            "conditional-comment",
        ),
    ] {
        assert_eq!(refused(template), Some(class), "{attack}: {template}");
    }
    for fine in [
        "<noscript><p>a <a href=\"/a/\">form</a></p></noscript>",
        "<form method=\"post\"><button hx-get=\"/a/\">a</button><button hx-post=\"/b/\">b</button></form>",
        "<button hx-get=\"/a/\" hx-include=\"[name='form']\">a</button>",
        "<button hx-get=\"/a/\" hx-include=\"#f-{{ x }} [name='q'], input[name=&quot;p&quot;]\">a</button>",
        "<button hx-post=\"/a/\" hx-include=\"#f-{{ x }} input\">a</button>",
        "<button hx-get=\"/a/\" hx-include=\"#f\" hx-params=\"not a, csrfmiddlewaretoken\">a</button>",
        "<div hx-include=\"find [name='q']\"><button hx-get=\"/a/\" hx-include=\"unset\">a</button></div>",
        "<button hx-delete=\"/a/\">a</button>",
        "<script src=\"/a.js?b={{ x }}\"></script>",
        "<script src=\"{% url a %}?b={{ x }}\"></script>",
        "<script src=\"/a.js{% querystring b=x %}&amp;c={{ x }}\"></script>",
        "<script src=\"{% static 'a.js' %}{% querystring b=x %}\"></script>",
        "<link rel=\"stylesheet\" href=\"https://other.example/a.css{% querystring %}\">",
        "<iframe src=\"{% url map %}{% querystring %}\"></iframe>",
        "<iframe src=\"https://other.example/e/{{ x }}{% querystring %}\"></iframe>",
        "<script>const roles = {\"Worker\": {{ x }}};</script>",
    ] {
        assert_eq!(refused(fine), None, "{fine}");
    }
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
