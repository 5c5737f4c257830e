//! CWE-79: a page is written the same whatever traits its module has in scope.
#![allow(
    missing_docs,
    dead_code,
    unused,
    unreachable_pub,
    non_snake_case,
    non_upper_case_globals,
    clippy::unwrap_used
)]

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

/// Whatever the module calls by the names of what generated code uses, the page is the same.
mod names {
    use super::Template as Derive;
    pub struct String;
    pub struct Cell;
    pub struct Option;
    pub struct RenderContext;
    pub struct Component;
    pub struct Slots;
    pub struct SafeHtml;
    #[allow(non_camel_case_types)]
    pub struct usize;
    #[allow(non_camel_case_types)]
    pub struct bool;
    #[allow(non_camel_case_types)]
    pub struct str;
    pub const fn Some(_: u8) {}
    pub const fn Ok(_: u8) {}
    pub const None: u8 = 0;
    pub mod escape {
        pub struct Text;
    }
    pub mod levels {}
    pub fn write(_: &dyn super::RenderContext, out: &mut std::string::String) {
        out.push_str(super::RAW);
    }
    pub fn literal(_: &std::primitive::str, out: &mut std::string::String) {
        out.push_str(super::RAW);
    }
    macro_rules! concat {
        ($($t:tt)*) => {
            super::RAW
        };
    }
    macro_rules! cfg {
        ($($t:tt)*) => {
            super::RAW
        };
    }

    #[derive(Derive)]
    #[template(
        source = "{% fragment one %}<p>{{ text }}{% if text == None %}-{% endif %}{% if debug %}{% endif %}</p>{% endfragment %}{% for x in all %}{{ forloop.revcounter }}{{ x|default:\"-\" }}{% endfor %}{% component self::Box text=text %}{{ text }}{% endcomponent %}",
        crate = vauban_template
    )]
    pub(super) struct Page {
        pub(super) text: std::string::String,
        pub(super) all: std::vec::Vec<std::string::String>,
    }

    #[derive(Derive)]
    #[template(source = "<i>{{ text }}{% slot content %}-{% endslot %}</i>", crate = vauban_template)]
    pub(super) struct Box {
        text: std::string::String,
    }
}

#[test]
fn what_is_written_has_no_name_of_the_modules() {
    let page = names::Page {
        text: "<t>".to_owned(),
        all: vec!["&".to_owned()],
    };
    assert_eq!(
        page.render(&TestContext::default()),
        "<p>&lt;t&gt;</p>1&amp;<i>&lt;t&gt;&lt;t&gt;</i>"
    );
}
