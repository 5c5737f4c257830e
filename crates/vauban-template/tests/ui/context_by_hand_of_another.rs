#![deny(deprecated)]
use vauban_template::__private::OfTheFramework;
use vauban_template::{RenderContext, SafeHtml, Template, page};

#[derive(vauban_macros::Template)]
#[template(source = "<form method=\"post\" action=\"\">{% csrf_token %}</form>", crate = vauban_template)]
struct Form {}

struct Mine<'a>(&'a dyn RenderContext, String);

impl RenderContext for Mine<'_> {
    fn __of_the_framework(&self) -> OfTheFramework {
        self.0.__of_the_framework()
    }
    fn nonce(&self) -> &str {
        self.0.nonce()
    }
    fn write_csrf_token(&self, _: Option<&str>, out: &mut String) {
        out.push_str(&self.1);
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        self.0.write_static_url(path, out);
    }
    fn mount(&self, route: &'static str) -> &str {
        self.0.mount(route)
    }
    fn user(&self) -> &page::User {
        self.0.user()
    }
    fn messages(&self) -> &[page::Message] {
        self.0.messages()
    }
    fn path(&self) -> &str {
        self.0.path()
    }
    fn query(&self) -> &str {
        self.0.query()
    }
}

pub fn markup(cx: &dyn RenderContext, text: String) -> SafeHtml {
    Form {}.to_html(&Mine(cx, text))
}

fn main() {}
