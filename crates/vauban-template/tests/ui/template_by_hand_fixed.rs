#![deny(deprecated)]
use vauban_template::{RenderContext, SafeHtml, Template};

#[derive(vauban_macros::Template)]
#[template(source = "{{ text }}", crate = vauban_template)]
struct Page {
    text: String,
}

pub fn markup(cx: &dyn RenderContext, text: String) -> SafeHtml {
    Page { text }.to_html(cx)
}

fn main() {}
