//! Every filter on ordinary Rust types, through the derive. (Their results on many inputs: `vectors.rs`.)
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use support::render;
use vauban_macros::Template;
use vauban_template::{SafeHtml, SafeUrl};

/// A type of somebody else's crate, which only has `Display`.
struct Slug(&'static str);
impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

struct Person {
    name: &'static str,
    age: u8,
}

#[derive(Template)]
#[template(
    source = "\
{{ s|addslashes }}|{{ s|capfirst }}|{{ s|center:9 }}|{{ s|cut:\"b\" }}|{{ s|upper|lower|title }}|{{ s|ljust:5 }}|{{ s|rjust:n }}|\
{{ s|slugify }}|{{ s|truncatechars:3 }}|{{ s|truncatewords:1 }}|{{ s|wordcount }}|{{ s|wordwrap:2 }}|{{ s|phone2numeric }}\n\
{{ s|linenumbers }}|{{ s|escapejs }}|{{ s|urlencode }}|{{ s|urlencode:\"\" }}|{{ s|iriencode }}|{{ s|stringformat:\"5s\" }}|{{ slug|upper }}\n\
{{ n|add:2 }}|{{ n|divisibleby:2 }}|{{ f|floatformat }}|{{ f|floatformat:\"-2\" }}|{{ n|filesizeformat }}|{{ n|get_digit:1 }}|{{ n|stringformat:\"03d\" }}|\
vote{{ n|pluralize }}|{{ l|length }}|{{ l|length|pluralize:\"y,ies\" }}|{{ b|yesno:\"a,b\" }}|{{ o|yesno }}\n\
{{ l|join:\"-\" }}|{{ l|first|default:\"?\" }}|{{ l|last|default:\"?\" }}|{{ l|slice:\":1\"|join:\"\" }}|{{ s|first }}{{ s|last }}{{ s|slice:\"1:2\" }}|\
{{ s|make_list|join:\".\" }}|{{ l|escapeseq|join:\"<\" }}|{{ l|unordered_list }}|\
{% for p in people|dictsort:\"age\" %}{{ p.name }}{% endfor %}{% for p in people|dictsortreversed:\"name\" %}{{ p.age }}{% endfor %}\n\
{{ o|default:\"none\" }}|{{ o|default_if_none:\"none\" }}|{{ o|default:s }}|{{ o|default:s|upper }}|{{ s|default:\"x\" }}\n\
{{ s|linebreaks }}|{{ s|linebreaksbr }}|{{ h|linebreaksbr }}|{{ s|striptags }}|{{ h|striptags }}|{{ s|force_escape }}|{{ h|escape }}|\
{{ h|truncatechars_html:2 }}|{{ h|truncatewords_html:1 }}|{{ s|urlize }}|{{ s|urlizetrunc:5 }}|{{ l|json_script:\"d\" }}\n\
{{ d|date:\"j F Y\" }}|{{ ts|date:\"H:i e\" }}|{{ ts|time:\"H:i\" }}|{{ text_date|date:\"Y\" }}|{{ d|timesince|length }}|{{ d|timeuntil|length }}\n\
<a href=\"{{ url }}\" title=\"{{ slug }}\">{{ slug }}</a><input aria-label=\"a\" type=\"{{ kind }}\" required=\"{{ b }}\" value=\"{{ n }}\">\
{% if slug == \"a-b\" and n > 2 and f < 3 and \"x\" in l and n not in numbers %}yes{% endif %}{% firstof o s %}{% widthratio n 10 100 %}\
{% with x=s|upper %}{{ x }}{% endwith %}{% spaceless %}<b> <i>{{ s }}</i> </b>{% endspaceless %}{{ l|random|default:\"?\"|length }}",
    crate = vauban_template
)]
struct Everything<'a> {
    s: &'a str,
    n: i64,
    f: f32,
    b: bool,
    l: Vec<String>,
    o: Option<String>,
    h: SafeHtml,
    d: jiff::civil::Date,
    ts: jiff::Timestamp,
    text_date: String,
    slug: Slug,
    people: Vec<Person>,
    url: SafeUrl,
    kind: &'static str,
    numbers: [u8; 2],
}

#[test]
fn every_filter_on_ordinary_types() {
    let html = render(&Everything {
        s: "ab c",
        n: 3,
        f: 2.5,
        b: true,
        l: vec!["x".into(), "<".into()],
        o: None,
        h: SafeHtml::text("a<b"),
        d: jiff::civil::date(2026, 11, 20),
        ts: jiff::Timestamp::UNIX_EPOCH,
        text_date: "2026-11-20".into(),
        slug: Slug("a-b"),
        people: vec![Person { name: "Ben", age: 40 }, Person { name: "Ann", age: 30 }],
        url: SafeUrl::parse("https://example.com/?a=b&c").unwrap(),
        kind: "email",
        numbers: [7, 8],
    });
    let lines: Vec<&str> = html.split('\n').collect();
    for part in [
        "ab c|Ab c|  ab c   |a c|Ab C|ab c |ab c|ab-c|ab…|ab …|2|ab\nc|22 2",
        "1. ab c|ab c|ab%20c|ab%20c|ab%20c| ab c|A-B",
        "5|False|2.5|2.50|3\u{a0}bytes|3|003|votes|2|ies|a|maybe",
        "x-&lt;|x|&lt;|x|acb|a.b. .c|x&lt;&lt;|\t<li>x</li>\n\t<li>&lt;</li>|AnnBen4030",
        "none|none|ab c|AB C|ab c",
        "<p>ab c</p>|ab c|a&lt;b|ab c|a&lt;b|ab c|a&lt;b|a…|a&lt;b|ab c|ab c|<script id=\"d\" type=\"application/json\">[\"x\", \"\\u003C\"]</script>",
        "20 November 2026|00:00 UTC|00:00|2026|",
        "<a href=\"https://example.com/?a=b&amp;c\" title=\"a-b\">a-b</a><input aria-label=\"a\" type=\"email\" required value=\"3\">yesab c30AB C<b><i>ab c</i></b>1",
    ] {
        assert!(html.contains(part), "{part}\n---\n{html}\n{lines:?}");
    }
}
