//! CWE-79: a page is written the same whatever traits its module has in scope.
#![allow(missing_docs, dead_code, clippy::unwrap_used)]

mod support;

use std::cell::Cell;
use support::TestContext;
use vauban_macros::Template;
use vauban_template::{RenderContext, Slots, Template};

const RAW: &str = "<script>alert(1)</script>";

/// Methods by value come before those of `String` and `Cell` that take a reference: were generated code to call them as
/// methods, these would be meant.
trait Sneak: Sized {
    fn push_str(self, _: &str);
    fn len(self) -> usize;
    fn reserve(self, _: usize);
    fn split_off(self, _: usize) -> String;
}
impl Sneak for &mut String {
    fn push_str(self, _: &str) {
        self.insert_str(0, RAW);
    }
    fn len(self) -> usize {
        self.insert_str(0, RAW);
        0
    }
    fn reserve(self, _: usize) {
        self.insert_str(0, RAW);
    }
    fn split_off(self, _: usize) -> String {
        RAW.to_owned()
    }
}
trait Swap: Sized {
    fn take(self) -> String;
    fn set(self, _: String);
}
impl Swap for Cell<String> {
    fn take(self) -> String {
        RAW.to_owned()
    }
    fn set(self, _: String) {}
}
impl Swap for &Cell<String> {
    fn take(self) -> String {
        RAW.to_owned()
    }
    fn set(self, _: String) {}
}
trait Count: Sized {
    fn get(self) -> usize;
    fn replace(self, _: bool) -> bool;
}
impl Count for &Cell<usize> {
    fn get(self) -> usize {
        1
    }
    fn replace(self, _: bool) -> bool {
        true
    }
}
trait Answer: Sized {
    fn nonce(self) -> &'static str;
    fn path(self) -> &'static str;
    fn query(self) -> &'static str;
    fn cookie(self, _: &str) -> &'static str;
    fn write_csrf_token(self, _: Option<&str>, out: &mut String);
}
impl Answer for &dyn RenderContext {
    fn nonce(self) -> &'static str {
        RAW
    }
    fn path(self) -> &'static str {
        RAW
    }
    fn query(self) -> &'static str {
        RAW
    }
    fn cookie(self, _: &str) -> &'static str {
        RAW
    }
    fn write_csrf_token(self, _: Option<&str>, out: &mut String) {
        out.insert_str(0, RAW);
    }
}
trait Fill: Sized {
    fn write(self, _: &str, _: &dyn RenderContext, out: &mut String) -> bool;
}
impl Fill for &dyn Slots {
    fn write(self, _: &str, _: &dyn RenderContext, out: &mut String) -> bool {
        out.insert_str(0, RAW);
        true
    }
}
impl<T: Template> Fill for &T {
    fn write(self, _: &str, _: &dyn RenderContext, out: &mut String) -> bool {
        out.insert_str(0, RAW);
        true
    }
}
trait Render: Sized {
    fn render_with(self, _: &dyn RenderContext, _: &dyn Slots, out: &mut String);
    fn render_into(self, _: &dyn RenderContext, out: &mut String);
}
impl<T: Template> Render for &T {
    fn render_with(self, _: &dyn RenderContext, _: &dyn Slots, out: &mut String) {
        out.insert_str(0, RAW);
    }
    fn render_into(self, _: &dyn RenderContext, out: &mut String) {
        out.insert_str(0, RAW);
    }
}

#[derive(Template)]
#[template(source = "<b>{{ title }}{% slot content %}-{% endslot %}</b>", crate = vauban_template)]
pub struct Card {
    title: String,
}

#[derive(Template)]
#[template(
    source = "{% fragment rows %}{% spaceless %}<ul> {% for row in rows %}<li class=\"{% cycle 'a' 'b' %}\">{{ row }}</li>{% endfor %} </ul>{% endspaceless %}{% endfragment %}{% component self::Card title=title %}{{ title }}{% endcomponent %}<form method=\"post\" action=\"\"><p>{{ path }}</p></form><script nonce=\"{{ csp_nonce }}\">let a = {{ title }};</script>",
    crate = vauban_template
)]
struct Page {
    rows: Vec<String>,
    title: String,
}

#[test]
fn what_is_appended_is_no_method_of_another_trait() {
    let page = Page {
        rows: vec!["<1>".to_owned(), "2".to_owned()],
        title: "<t>".to_owned(),
    };
    let cx = TestContext::default();
    let rows = "<ul><li class=\"a\">&lt;1&gt;</li><li class=\"b\">2</li></ul>";
    let html = page.render(&cx);
    assert!(
        html.starts_with(&format!("{rows}<b>&lt;t&gt;&lt;t&gt;</b><form")),
        "{html}"
    );
    assert!(!html.contains(RAW), "{html}");
    let mut part = String::new();
    assert!(page.fragment_into("rows", &cx, &mut part));
    assert_eq!(part, rows);
}
