use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<b><i>{{ x }}</b></i>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
