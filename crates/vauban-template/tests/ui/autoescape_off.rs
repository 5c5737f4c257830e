use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"{% autoescape off %}{{ x }}{% endautoescape %}"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
