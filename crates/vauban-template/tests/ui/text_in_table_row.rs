use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<table><tr>{{ x }}</tr></table>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
