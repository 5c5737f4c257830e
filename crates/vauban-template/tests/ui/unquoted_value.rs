use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p title={{ x }}>text</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
