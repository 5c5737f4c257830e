use vauban_macros::Template;
use vauban_template::{RenderContext, SafeHtml};

trait Sneak {
    fn sneak(&self, cx: &dyn RenderContext, out: &mut String);
}
impl<T> Sneak for T {
    fn sneak(&self, _: &dyn RenderContext, out: &mut String) {
        out.push_str("<script>alert(1)</script>");
    }
}

#[derive(Template)]
#[template(source = "<p>{{ text }}</p>", crate = vauban_template)]
struct Page {
    text: String,
}

fn main() {
    let _ = std::mem::size_of::<SafeHtml>();
}
