use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<{{ x }}>text</{{ x }}>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
