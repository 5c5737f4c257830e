#![deny(deprecated)]
use vauban_template::__private::{Derived, Ours};
use vauban_template::{RenderContext, SafeHtml, Template};

struct Page {
    text: String,
}

impl Template for Page {
    const __DERIVED: Ours<Self, Derived> = Ours::__made();
    const SIZE_HINT: usize = 0;
    const USES_TOKEN: bool = false;
    const USES_NONCE: bool = false;
    fn render_into(&self, _: &dyn RenderContext, out: &mut String) {
        out.push_str(&self.text);
    }
}

pub fn markup(cx: &dyn RenderContext, text: String) -> SafeHtml {
    Page { text }.to_html(cx)
}

fn main() {}
