use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p style="color: {{ x }}">text</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
