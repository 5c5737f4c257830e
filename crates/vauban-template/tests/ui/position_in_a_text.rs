use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ title.0 }}</p>"##, crate = vauban_template)]
struct Page {
    title: String,
}

fn main() {}
