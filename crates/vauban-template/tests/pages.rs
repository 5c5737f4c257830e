//! Pages through the derive.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use support::{TestUrl, render};
use vauban_macros::Template;
use vauban_template::{RenderContext, SafeHtml, Template as _};

mod urls {
    pub fn article(slug: &str) -> super::TestUrl {
        super::TestUrl(format!("/articles/{slug}/"))
    }
}

struct Article {
    title: String,
    subtitle: Option<String>,
    slug: String,
    tags: Vec<&'static str>,
    link: String,
}

#[derive(Template)]
#[template("page.html", crate = vauban_template)]
struct Page {
    article: Article,
    count: u32,
    flag: bool,
}

fn page() -> Page {
    Page {
        article: Article {
            title: "A <b> & \"c\"".into(),
            subtitle: Some("sub".into()),
            slug: "a-b".into(),
            tags: vec!["x<", "y"],
            link: "javascript:alert(1)".into(),
        },
        count: 3,
        flag: true,
    }
}

#[test]
fn a_whole_page() {
    let html = render(&page());
    for part in [
        "<title>A &lt;b&gt; &amp; &quot;c&quot; – Site</title>",
        "<script src=\"/s.js\" nonce=\"NONCE\"></script>",
        "<p>Ann &lt;a&gt;</p>",
        "<p class=\"success\">Saved &amp; sound</p>",
        "<h2>sub</h2>",
        "<li>1. x&lt;<li>2. y</ul>",
        "<b>A &lt;b&gt; &amp; &quot;c&quot;</b>a",
        "<a href=\"/articles/a-b/\" title='A &lt;b&gt; &amp; &quot;c&quot;'>",
        "<a href=\"/s?q=A%20%3cb%3e%20%26%20%22c%22&p=3#a-b\">",
        "<a href=\"about:invalid#blocked\">",
        "<form method=\"post\" action=\"/save/\"><input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"TOKEN/save/\"><input type=\"checkbox\" name=\"a\" id=\"a\" checked>",
        "const x = \"A \\u003cb\\u003e \\u0026 \\\"c\\\"\"; const y = \"a-b\"; f( 3 );</script>",
        "<script type=\"application/json\">[\"x\\u003c\",\"y\"]</script>",
        "big",
    ] {
        assert!(html.contains(part), "{part}\n---\n{html}");
    }
    assert!(!html.contains("gone"));
    const { assert!(Page::USES_TOKEN && Page::USES_NONCE) };
}

#[derive(Template)]
#[template(source = "{{ html }}<p>{{ text }}", crate = vauban_template)]
struct Markup<T: std::fmt::Display> {
    html: SafeHtml,
    text: T,
}

#[test]
fn markup_stays_and_generic_text_is_escaped() {
    let page = Markup {
        html: SafeHtml::text("<").into_iter_test(),
        text: "<",
    };
    assert_eq!(render(&page), "&lt;<p>&lt;");
}

trait IntoIterTest: Sized {
    fn into_iter_test(self) -> Self {
        self
    }
}
impl IntoIterTest for SafeHtml {}

#[allow(dead_code)]
fn object_safe(_: &dyn RenderContext) {}

#[derive(Template)]
#[template("attributes.html", crate = vauban_template)]
struct Attributes {
    flag: bool,
}

/// An attribute without a value, and one right after the element's name that is there only sometimes.
#[test]
fn attributes_that_come_and_go() {
    let html = render(&Attributes { flag: true });
    assert!(html.contains("<tr class=\"hot\"><td>"), "{html}");
    assert!(html.contains("<input required id=\"a\" disabled>"), "{html}");
    let html = render(&Attributes { flag: false });
    assert!(html.contains("<tr><td>"), "{html}");
    assert!(html.contains("<input required id=\"a\" >"), "{html}");
}
