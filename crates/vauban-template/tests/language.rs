//! The language through the derive: components, slots, fragments, functions of one's own, narrowing, loops.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use support::{TestContext, render};
use vauban_macros::Template;
use vauban_template::{SafeHtml, Template as _};

pub mod template_filters {
    pub fn shout(text: &str) -> String {
        format!("{}!", text.to_uppercase())
    }
    pub fn scaled(n: &u32, by: &i64) -> i64 {
        i64::from(*n) * by
    }
}

pub mod template_tags {
    use vauban_template::SafeHtml;
    pub fn badge(text: &str) -> SafeHtml {
        vauban_macros::safe_html!(crate = vauban_template, "<em class=\"badge\">{}</em>", text)
    }
    pub fn plain(text: &str) -> String {
        format!("<{text}>")
    }
}

#[derive(Template)]
#[template(
    source = "<section class=\"card\"><h2>{{ title }}</h2>{% slot content %}empty{% endslot %}<footer>{% slot footer %}-{% endslot %}</footer></section>",
    crate = vauban_template
)]
pub struct Card<'a> {
    pub title: &'a str,
    pub size: u8,
}

#[derive(Template)]
#[template(
    source = "{% component Card title=name size=size %}<p>{{ name }}</p>{% fill footer %}{{ size }}{% endfill %}{% endcomponent %}{% component Card title=\"b\" size=2 %}{% endcomponent %}",
    crate = vauban_template
)]
struct Cards {
    name: String,
    size: u8,
}

#[test]
fn components_with_slots() {
    assert_eq!(
        render(&Cards {
            name: "<a>".into(),
            size: 3
        }),
        "<section class=\"card\"><h2>&lt;a&gt;</h2><p>&lt;a&gt;</p><footer>3</footer></section>\
         <section class=\"card\"><h2>b</h2>empty<footer>-</footer></section>"
    );
}

#[derive(Template)]
#[template(source = "<form method=\"post\" action=\"/out/\">out</form>", crate = vauban_template)]
pub struct LogOut;

#[derive(Template)]
#[template(source = "<form method=\"get\" action=\"/s/\">{% slot field %}{% endslot %}</form>", crate = vauban_template)]
pub struct Search;

// The policy of a site may allow the form.
#[allow(unused_must_use)]
#[derive(Template)]
#[template(
    source = "{% component LogOut %}{% endcomponent %}\n\
              <form method=\"get\" action=\"https://other.example/\"><p>{% component LogOut %}{% endcomponent %}</p></form>\n\
              {% component Search %}{% fill field %}<form method=\"post\" action=\"/in/\">in</form>{% endfill %}{% endcomponent %}",
    crate = vauban_template
)]
struct FormsInForms {}

/// CWE-352: browsers drop a form inside a form. Its token would be sent where the outer form goes.
#[test]
fn a_form_inside_a_form_has_no_token() {
    let html = render(&FormsInForms {});
    let tokens: Vec<bool> = html.split('\n').map(|line| line.contains("TOKEN")).collect();
    assert_eq!(tokens, [true, false, false], "{html}");
}

// The policy of a site may allow the form.
#[allow(unused_must_use)]
#[derive(Template)]
#[template(
    source = "{{ part }}\n\
              <form method=\"get\" action=\"https://other.example/\"><p>{{ part }}</p>{{ part|linebreaksbr }}{% firstof part %}</form>\n\
              {% component Search %}{% fill field %}{{ part }}{% endfill %}{% endcomponent %}\n\
              <form method=\"get\"><p>{% component Shows part=part %}{% endcomponent %}</p></form>\n\
              {{ plain }}<form method=\"get\">{{ plain }}</form>",
    crate = vauban_template
)]
struct PartsInForms {
    part: SafeHtml,
    plain: SafeHtml,
}

#[derive(Template)]
#[template(source = "<b>{{ part }}</b>", crate = vauban_template)]
pub struct Shows {
    part: SafeHtml,
}

/// CWE-352, CWE-598: markup that a view made, with a form in it, is written into a form to elsewhere.
#[test]
fn markup_with_a_form_in_a_form_has_no_token() {
    let part = LogOut.to_html(&TestContext::default());
    assert!(part.as_str().contains("TOKEN"));
    let plain = SafeHtml::text("csrfmiddlewaretoken <input csrfmiddlewaretoken>");
    let html = render(&PartsInForms { part, plain });
    let lines: Vec<&str> = html.split('\n').collect();
    let tokens: Vec<bool> = lines.iter().map(|line| line.contains("TOKEN")).collect();
    assert_eq!(tokens, [true, false, false, false, false], "{html}");
    assert_eq!(
        lines[1]
            .matches("<form method=\"post\" action=\"/out/\">out</form>")
            .count(),
        3
    );
    // Text about the field is text.
    assert_eq!(
        lines[4]
            .matches("csrfmiddlewaretoken &lt;input csrfmiddlewaretoken&gt;")
            .count(),
        2
    );
}

/// CWE-598: a token is sent in no address and to no other origin, whatever template the form is in.
#[cfg(feature = "compiler")]
#[test]
fn what_sends_a_form_elsewhere_does_not_compile() {
    for page in [
        "<button formmethod=\"get\">x</button>",
        "<form method=\"post\"><button formmethod=\"get\">x</button></form>",
        "<form><input type=\"submit\" formmethod=\"GET\" value=\"x\"></form>",
        "{% component Card %}<button formmethod=\"get\">x</button>{% endcomponent %}",
        "<form method=\"post\">{% component Card %}<button formmethod>x</button>{% endcomponent %}</form>",
        "<button form=\"f\" formmethod=\"get\">x</button>",
        "<button formaction=\"https://other.example/\">x</button>",
        "<form method=\"post\" hx-get=\"/a\"></form>",
        "<form method=\"post\" data-hx-delete=\"/a\"></form>",
        "<form method=\"post\" hx-post=\"//other.example/a\"></form>",
    ] {
        let files = std::collections::HashMap::from([("page.html".to_owned(), page.to_owned())]);
        let found = vauban_template::compiler::check::check(&files, None);
        assert!(
            found
                .iter()
                .any(|p| ["formmethod", "foreign-form"].contains(&p.class)),
            "{page}"
        );
    }
}

#[derive(Template)]
#[template(
    source = "<script>var a = '{% static \"it.js\" %}';</script>{% static \"it.js\" %}",
    crate = vauban_template
)]
struct Static {}

struct OddFolder(TestContext);
impl vauban_template::RenderContext for OddFolder {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> vauban_template::__private::OfTheFramework {
        vauban_template::__private::OfTheFramework::__made()
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        out.push_str("/it's&/");
        out.push_str(path);
    }
    fn nonce(&self) -> &str {
        self.0.nonce()
    }
    fn write_csrf_token(&self, action: Option<&str>, out: &mut String) {
        self.0.write_csrf_token(action, out);
    }
    fn mount(&self, route: &'static str) -> &str {
        self.0.mount(route)
    }
    fn user(&self) -> &vauban_template::page::User {
        self.0.user()
    }
    fn messages(&self) -> &[vauban_template::page::Message] {
        self.0.messages()
    }
    fn path(&self) -> &str {
        self.0.path()
    }
    fn query(&self) -> &str {
        self.0.query()
    }
}

#[test]
fn the_address_of_a_file_is_escaped_for_its_place() {
    assert_eq!(
        Static {}.render(&OddFolder(TestContext::default())),
        "<script nonce=\"NONCE\">var a = '\\/it\\u0027s\\u0026\\/it.js';</script>/it&#x27;s&amp;/it.js"
    );
}

#[derive(Template)]
#[template(
    source = "<ul>{% fragment rows %}{% for r in rows %}<li>{{ r }}</li>{% endfor %}{% endfragment %}</ul>",
    crate = vauban_template
)]
struct List {
    rows: Vec<u32>,
}

#[test]
fn fragments_render_alone() {
    let list = List { rows: vec![1, 2] };
    assert_eq!(render(&list), "<ul><li>1</li><li>2</li></ul>");
    assert_eq!(List::FRAGMENTS, ["rows"]);
    assert_eq!(render(&list.fragment("rows")), "<li>1</li><li>2</li>");
    assert!(!List { rows: vec![] }.fragment_into("nope", &TestContext::default(), &mut String::new()));
}

/// What a client that names a part is answered; `None` is what it gets where there is none: the page.
fn part<T: vauban_template::Template>(page: &T, name: &str) -> Option<String> {
    part_for(page, name, &TestContext::default())
}

fn part_for<T: vauban_template::Template>(
    page: &T,
    name: &str,
    cx: &dyn vauban_template::RenderContext,
) -> Option<String> {
    let mut out = String::new();
    page.fragment_into(name, cx, &mut out).then_some(out)
}

#[derive(Template)]
#[template("parts/child.html", crate = vauban_template)]
struct Parts {
    admin: bool,
    level: u32,
    notes: Vec<&'static str>,
    note: Option<&'static str>,
}

/// CWE-639: the attack is the name of a part in `X-Fragment`. It is shown where the whole page shows it, and nowhere else:
/// not past an `{% if %}`, a loop without items, a slot that is not written, or in a block that is overridden.
#[test]
fn a_part_is_shown_where_the_page_shows_it() {
    let page = |admin, level, notes: &[&'static str]| Parts {
        admin,
        level,
        notes: notes.to_vec(),
        note: notes.first().copied(),
    };
    let names = [
        "among",
        "behind",
        "both",
        "bound",
        "default",
        "fill",
        "hidden_fill",
        "included",
        "kept",
        "narrow",
        "nested",
        "spaced",
        "top",
        "used",
        "within",
    ];
    assert_eq!(Parts::FRAGMENTS, names);
    let nobody = page(false, 0, &[]);
    let everything = page(true, 2, &["a", "b"]);
    let whole = render(&everything);
    for name in names {
        let shown = part(&nobody, name);
        match &shown {
            Some(text) => assert!(render(&nobody).contains(text.as_str()), "{name}: {text}"),
            None => assert!(!render(&nobody).contains(&format!("[{name}]")), "{name}"),
        }
        assert_eq!(
            shown.is_some(),
            ["both", "default", "included", "kept", "top"].contains(&name),
            "{name}"
        );
        let shown = part(&everything, name);
        assert_eq!(
            shown.is_some(),
            !["hidden_fill", "default"].contains(&name),
            "{name}"
        );
        if let Some(text) = shown {
            assert!(
                whole.contains(&text) && text.contains(&format!("[{name}]")),
                "{name}: {text}\n{whole}"
            );
        }
    }
    // Names round it are what they are in the page, and a cycle is where it is there.
    assert_eq!(part(&everything, "bound").unwrap(), "[bound]3 odd");
    assert_eq!(part(&everything, "narrow").unwrap(), "[narrow]a");
    assert_eq!(part(&everything, "both").unwrap(), "[both]admin");
    assert_eq!(part(&nobody, "both").unwrap(), "[both]other");
    assert_eq!(part(&everything, "spaced").unwrap(), "<i>[spaced]</i><i></i>");
    for lost in ["overridden", "never", "unused", "nope", ""] {
        assert_eq!(part(&everything, lost), None, "{lost}");
    }
    // A part that a view chose is no other way.
    assert_eq!(render(&nobody.fragment("within")), "");
}

#[derive(Template)]
#[template(
    source = "{% slot head %}none{% endslot %}{% if open %}{% slot content %}{% endslot %}{% endif %}",
    crate = vauban_template
)]
struct Drawer {
    open: bool,
}

#[derive(Template)]
#[template(
    source = "{% if user.is_staff %}{% fragment notes %}secret{% endfragment %}{% endif %}",
    crate = vauban_template
)]
struct Staff {}

/// A name means one part, which is replaced as it stands in the page, or it does not compile.
#[cfg(feature = "compiler")]
#[test]
fn parts_that_cannot_be() {
    use vauban_template::compiler::check::check;
    let told = |page: &str| {
        let files = std::collections::HashMap::from([
            ("page.html".to_owned(), page.to_owned()),
            (
                "part.html".to_owned(),
                "{% partialdef p %}{% fragment a %}x{% endfragment %}{% endpartialdef %}".to_owned(),
            ),
        ]);
        check(&files, None)
            .iter()
            .map(|p| p.found.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (page, found) in [
        (
            "{% for x in l %}{% fragment a %}{% endfragment %}{% endfor %}",
            "the fragment `a` inside a loop",
        ),
        (
            "{% for x in l %}{% include 'part.html#p' %}{% endfor %}",
            "the fragment `a` inside a loop",
        ),
        (
            "{% include 'part.html#p' %}{% include 'part.html#p' %}",
            "the fragment `a` stands twice",
        ),
        (
            "<html lang=\"a\"><head>{% fragment a %}<title>x</title>{% endfragment %}</head></html>",
            "directly inside <head>",
        ),
        (
            "<div data-fragment=\"a\"><ul>{% fragment a %}<li>x{% endfragment %}</ul></div>",
            "an update would remove",
        ),
        (
            "<p title=\"{% fragment a %}{% endfragment %}\"></p>",
            "in an attribute's value",
        ),
    ] {
        assert!(told(page).contains(found), "{page}: {}", told(page));
    }
    for page in [
        "{% if x %}{% include 'part.html#p' %}{% else %}{% include 'part.html#p' %}{% endif %}",
        "{% for x in l %}{% empty %}{% fragment a %}{% endfragment %}{% endfor %}",
        "{% partialdef row %}<i>x</i>{% endpartialdef %}{% for x in l %}{% partial row %}{% endfor %}",
        "{% partialdef row %}x{% endpartialdef %}<p title=\"{% partial row %}\">{% partial row %}</p>",
        "<ul data-fragment=\"a\">{% fragment a %}<li>x{% endfragment %}</ul>",
        "<div data-fragment=\"b\"><ul>{% fragment a %}<li>x{% endfragment %}</ul></div>",
    ] {
        assert_eq!(told(page), "", "{page}");
    }
}

#[test]
fn who_asks_decides_about_a_part_as_about_the_page() {
    assert_eq!(part(&Staff {}, "notes"), None);
    let mut staff = TestContext::default();
    staff.user.is_staff = true;
    assert_eq!(part_for(&Staff {}, "notes", &staff).as_deref(), Some("secret"));
}

#[derive(Template)]
#[template(
    source = "{{ name|shout }} {{ n|scaled:3 }} {% call badge name %} {% call plain name %}",
    crate = vauban_template
)]
struct Own {
    name: String,
    n: u32,
}

#[test]
fn functions_of_ones_own() {
    assert_eq!(
        render(&Own {
            name: "a<".into(),
            n: 2
        }),
        "A&lt;! 6 <em class=\"badge\">a&lt;</em> &lt;a&lt;&gt;"
    );
}

struct Author {
    name: Option<String>,
}
#[derive(PartialEq)]
enum State {
    Draft,
}
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("draft")
    }
}
struct Article {
    author: Option<Author>,
    state: State,
}
impl Article {
    fn may_change(&self) -> bool {
        true
    }
}

#[derive(Template)]
#[template(
    source = "{% if a.author and a.author.name %}{{ a.author.name }}{% else %}nobody{% endif %}|\
              {% if a.author is not None %}{{ a.author.name|default:\"?\" }}{% endif %}|\
              {% if a.state == \"draft\" %}draft{% endif %}|{% if a.may_change() %}may{% endif %}|\
              {{ n|pluralize:\"y,ies\" }}|{% if n in list and \"x\" not in text %}in{% endif %}|\
              {% for k, v in map %}{{ forloop.counter }}/{{ forloop.length }}{{ k }}={{ v }}{% if not forloop.last %},{% endif %}{% endfor %}|\
              {{ list|slice:\":1\"|length }}{{ list|first|default:0 }}|{% with x=n|add:2 %}{{ x }}{% endwith %}|\
              {% firstof none text %}|{% querystring page=3 q=None %}|{{ html }}|{{ n|yesno }}",
    crate = vauban_template
)]
struct Typed {
    a: Article,
    n: i32,
    list: Vec<i32>,
    text: String,
    map: std::collections::BTreeMap<&'static str, u8>,
    none: Option<String>,
    html: SafeHtml,
}

#[test]
fn types_are_narrowed() {
    let page = Typed {
        a: Article {
            author: Some(Author {
                name: Some("Ann".into()),
            }),
            state: State::Draft,
        },
        n: 1,
        list: vec![1, 2],
        text: "t".into(),
        map: [("a", 1), ("b", 2)].into(),
        none: None,
        html: SafeHtml::text("<"),
    };
    assert_eq!(
        render(&page),
        "Ann|Ann|draft|may|y|in|1/2a=1,2/2b=2|11|3|t|?page=3|&lt;|yes"
    );
}

#[derive(Template)]
#[template(
    source = "{% if n|add:1 == 4 %}four{% endif %} {% if n|add:1 > m %}more{% endif %} {% if n|get_digit:1 == 3 %}three{% endif %} \
              {% for i in l %}{% if forloop.counter|add:1 == 3 %}third{% endif %}{% endfor %} {{ n|add:1|floatformat:1 }} \
              <script>let n = {{ n|add:1 }};</script>\
              {% for i in l %}{% cycle \"a\" \"b\" as c silent %}{{ c }}{% endfor %}{% for i in l %}{% cycle \"x\" \"y\" as c silent %}{{ c }}{% endfor %}",
    crate = vauban_template
)]
struct Sums {
    n: i64,
    m: u8,
    l: Vec<u8>,
}

/// A sum is a number, not its text; and a name that is given twice is the later one.
#[test]
fn sums_are_numbers() {
    let page = Sums {
        n: 3,
        m: 3,
        l: vec![1, 2],
    };
    assert_eq!(
        render(&page),
        "four more three third 4.0 <script nonce=\"NONCE\">let n =  4 ;</script>abxy"
    );
}

#[derive(Template)]
#[template(
    source = "{% with s=some n=none c=count %}\
              {% if s %}{{ s }}{% endif %}{% if n %}!{% endif %}{{ n|default:\"-\" }}{{ s|default_if_none:\"?\"|upper }}\
              {% if c == 3 %}=3{% endif %}{% if c > 2 %}>2{% endif %}{% if c < 3 %}!{% endif %}{% if n == \"x\" %}!{% endif %}\
              {{ c|yesno }}{{ n|yesno }}\
              {% if not s %}!{% else %}{{ s }}{% endif %}{% if n is None %}none{% else %}{{ n }}{% endif %}{% if s != None %}{{ s }}{% endif %}\
              {% endwith %}{% for o in options %}{% if o %}{{ o }}{% else %}.{% endif %}{% endfor %}\
              {% if count >= 3 %}>=3{% endif %}{% if nothing < 3 or nothing > 3 %}!{% endif %}",
    crate = vauban_template
)]
struct Options {
    some: Option<String>,
    none: Option<String>,
    count: Option<u8>,
    nothing: Option<u8>,
    options: Vec<Option<u8>>,
}

/// An `Option` behind a name of `{% with %}` or of a loop is an `Option`; what a test says holds in `{% else %}` too.
#[test]
fn options_behind_names() {
    let page = Options {
        some: Some("a".into()),
        none: None,
        count: Some(3),
        nothing: None,
        options: vec![Some(1), None],
    };
    assert_eq!(render(&page), "a-A=3>2yesmaybeanonea1.>=3");
}

#[derive(Template)]
#[template(source = "<b class=\"s{{ size }}\">{{ part|default:0 }}</b>", crate = vauban_template)]
pub struct Numbers {
    pub size: u8,
    pub part: Option<f64>,
}

#[derive(Template)]
#[template(
    source = "{% component Numbers size=255 part=2 %}{% endcomponent %}{{ html|striptags }}",
    crate = vauban_template
)]
struct UsesNumbers {
    html: SafeHtml,
}

#[test]
fn numbers_take_the_type_of_the_field_and_markup_becomes_text() {
    let page = UsesNumbers {
        html: vauban_macros::safe_html!(crate = vauban_template, "<b>{}</b>", "a&b"),
    };
    assert_eq!(render(&page), "<b class=\"s255\">2.0</b>a&amp;b");
}

/// What the compiler says of a template whose page has fields `a`, `b`, `l`, `t` and `x`.
fn problem(template: &str) -> String {
    use vauban_template::compiler::derive::compile;
    use vauban_template::compiler::generate::Options;
    let files = std::collections::HashMap::from([("t".to_owned(), template.to_owned())]);
    let options = Options {
        root: quote::quote!(root),
        fields: ["a", "b", "l", "t", "x"]
            .map(|name| (name.to_owned(), proc_macro2::Span::call_site()))
            .to_vec(),
        dynamic: false,
        unasked: false,
        given: &[],
        local: false,
        any: false,
        own: std::collections::BTreeMap::new(),
        span: proc_macro2::Span::call_site(),
    };
    let problems = compile(&files, "t", &options, true, None).unwrap_err();
    problems.iter().map(|p| format!("{p}\n")).collect()
}

/// What is wrong, where, and what to write: mistakes of the kind that Django's users make.
#[test]
fn mistakes_are_explained() {
    for (template, found, help) in [
        (
            "<p class=\"a {{ t }}>x</p>\n<p class=\"b\">z</p>",
            "1:11: the value of `class`",
            "closing quote",
        ),
        (
            "<p class=\"a {{ t }}>x</p>",
            "1:11: the value of `class` that begins here never ends",
            "closing quote",
        ),
        (
            "{% if a %}{% for p in l %}y{% endif %}",
            "1:31: {% endif %} while {% for %} of line 1 is open",
            "{% endfor %} first",
        ),
        (
            "<p><div>x</div></p>",
            "1:16: </p> closes nothing",
            "use <div> round blocks",
        ),
        (
            "{% fro x in l %}",
            "there is no tag `fro`",
            "did you mean {% for %}?",
        ),
        ("{% elseif x %}", "there is no tag `elseif`", "write {% elif %}"),
        (
            "{% if (a or b) %}{% endif %}",
            "1:7: a name is expected, found `(`",
            "no brackets",
        ),
        ("{% if a && b %}{% endif %}", "found `&`", "write `and`"),
        (
            "{% if t|length>3 %}x{% endif %}",
            "`>3` cannot stand here",
            "space on both sides",
        ),
        (
            "{{ user.is_authenticated }}",
            "`user` has no `is_authenticated`",
            "write user.is_signed_in",
        ),
        ("{{ user.nam }}", "`user` has no `nam`", "write user.name"),
        (
            // CWE-200: a session on a page is a session for whoever sees the page.
            "{{ cookies.session }}",
            "1:4: the cookie `session` is Vauban's own",
            "user.email",
        ),
        (
            "{% if cookies.csrf == t %}x{% endif %}",
            "the cookie `csrf` is Vauban's own",
            "csrf_token",
        ),
        (
            "{% with c=cookies.device %}{{ c }}{% endwith %}",
            "the cookie `device` is Vauban's own",
            "of your own",
        ),
        (
            "{{ cookies.Messages }}",
            "the cookie `Messages` is Vauban's own",
            "for messages",
        ),
        (
            "{% if user %}x{% endif %}",
            "`user` itself is no value",
            "user.is_signed_in",
        ),
    ] {
        let shown = problem(template);
        assert!(
            shown.contains(found) && shown.contains(help),
            "{template}\n{shown}"
        );
    }
}

#[derive(Template)]
#[template(
    source = "<a href=\"/?q={{ t|urlencode }}&r={{ t }}\">{{ part }}</a><script>var a = '{{ t|escapejs }}', b = '{{ t }}';</script>",
    crate = vauban_template
)]
struct ByHand {
    t: &'static str,
    part: SafeHtml,
}

/// What Django's users write by hand is done once; and a template's output is markup.
#[test]
fn escaping_by_hand_is_done_once() {
    let part = Card {
        title: "<i>",
        size: 1,
    }
    .to_html(&TestContext::default());
    let html = render(&ByHand { t: "a'b /", part });
    assert!(
        html.starts_with(
            "<a href=\"/?q=a%27b%20%2f&r=a%27b%20%2f\"><section class=\"card\"><h2>&lt;i&gt;</h2>"
        ) && html.ends_with("var a = 'a\\u0027b \\/', b = 'a\\u0027b \\/';</script>"),
        "{html}"
    );
}

#[derive(Template)]
#[template(
    source = "<form method=\"post\" action=\"/x/{{ id }}/edit/\"></form>\n\
              <a href=\"/{% firstof a b %}/{{ x }}\">t</a>\n\
              <a href=\"/{% firstof a b %}{{ y }}\">t</a>\n\
              <a href=\"{{ slash }}/{{ x }}\">t</a>\n\
              <a href=\"/{{ a }}/{{ x }}\">t</a>\n\
              <script>let s = {% firstof a b %} + {{ x }};</script>",
    crate = vauban_template
)]
struct Empty {
    id: u8,
    a: &'static str,
    b: &'static str,
    x: &'static str,
    y: &'static str,
    slash: &'static str,
}

/// CWE-601: what is empty leaves no second slash. CWE-352: a token is bound to a literal action only.
#[test]
fn empty_values_move_nothing() {
    let page = Empty {
        id: 5,
        a: "",
        b: "",
        x: "evil.example",
        y: "/evil.example",
        slash: "/",
    };
    let html = render(&page);
    let lines: Vec<&str> = html.lines().collect();
    assert!(
        lines[0].contains("action=\"/x/5/edit/\"") && lines[0].contains("value=\"TOKEN\""),
        "{html}"
    );
    assert_eq!(
        lines[1..],
        [
            "<a href=\"/evil.example\">t</a>",
            "<a href=\"/%2fevil.example\">t</a>",
            "<a href=\"/evil.example\">t</a>",
            "<a href=\"/evil.example\">t</a>",
            "<script nonce=\"NONCE\">let s = \"\" + \"evil.example\";</script>",
        ]
    );
}

#[derive(Template)]
#[template(
    source = "{% if not x %}{% cycle y y as c %}{% else %}{% cycle y y as c silent %}{% endif %}<script>let a = 4{% cycle c %};</script>\
              {% spaceless %}<p> <b>x</b> </p><script>a // >\n< b</script><pre> <b> </b></pre>{% endspaceless %}",
    crate = vauban_template
)]
struct Cycles {
    x: bool,
    y: &'static str,
}

/// CWE-79: a cycle that is silent where its place was judged is not written, whichever definition ran.
#[test]
fn what_has_no_place_is_not_written() {
    for x in [false, true] {
        let html = render(&Cycles { x, y: ";alert(1)" });
        assert!(
            html.ends_with(
                "<script nonce=\"NONCE\">let a = 4;</script><p><b>x</b></p>\
                 <script nonce=\"NONCE\">a // >\n< b</script><pre> <b> </b></pre>"
            ),
            "{html}"
        );
    }
}

/// A context that says nothing of whose it is.
struct Silent(TestContext);
impl vauban_template::RenderContext for Silent {
    fn __of_the_framework(&self) -> vauban_template::__private::OfTheFramework {
        panic!("it cannot say")
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        self.0.write_static_url(path, out);
    }
    fn nonce(&self) -> &str {
        self.0.nonce()
    }
    fn write_csrf_token(&self, _: Option<&str>, out: &mut String) {
        out.push_str("<script>alert(1)</script>");
    }
    fn mount(&self, route: &'static str) -> &str {
        self.0.mount(route)
    }
    fn user(&self) -> &vauban_template::page::User {
        self.0.user()
    }
    fn messages(&self) -> &[vauban_template::page::Message] {
        self.0.messages()
    }
    fn path(&self) -> &str {
        self.0.path()
    }
    fn query(&self) -> &str {
        self.0.query()
    }
}

/// CWE-79: `todo!()` has every type; markup is made for no context that says only that.
#[test]
fn a_context_by_hand_makes_no_markup() {
    let made = std::panic::catch_unwind(|| FormsInForms {}.to_html(&Silent(TestContext::default())));
    assert!(made.is_err(), "{made:?}");
}
