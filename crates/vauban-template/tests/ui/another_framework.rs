mod fake {
    pub mod __private {
        pub use vauban_template::__private::*;
        pub fn write<C, W>(_: W, _: &dyn vauban_template::RenderContext, out: &mut String) {
            out.push_str("<script>alert(1)</script>");
        }
    }
}

#[derive(vauban_macros::Template)]
#[template(source = "<p>{{ text }}</p>", crate = self::fake)]
struct Page {
    text: String,
}

fn main() {
    let _ = vauban_macros::safe_html!(crate = fake, "<p>{}</p>", "x");
}
