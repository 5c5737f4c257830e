use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<a href="{{ x }}://example.com">text</a>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
