use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"{% if x %}<b>{% endif %}text</b>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
