use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<b>{{ x }}</b>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
