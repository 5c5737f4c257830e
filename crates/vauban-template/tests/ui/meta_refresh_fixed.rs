use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<meta name="description" content="{{ x }}">"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
