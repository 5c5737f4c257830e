use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"{% if x %}<b>text</b>{% endif %}"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
