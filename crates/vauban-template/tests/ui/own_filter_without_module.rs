use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ x|shout }}</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
