#![deny(deprecated)]
use vauban_template::{RenderContext, SafeHtml, Template};

#[derive(vauban_macros::Template)]
#[template(source = "<form method=\"post\" action=\"\">{% csrf_token %}</form>", crate = vauban_template)]
struct Form {}

pub fn markup(cx: &dyn RenderContext) -> SafeHtml {
    Form {}.to_html(cx)
}

fn main() {}
