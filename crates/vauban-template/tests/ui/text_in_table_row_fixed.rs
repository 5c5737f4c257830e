use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<table><tr><td>{{ x }}</td></tr></table>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
