use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ tags|join:", " }}</p>"##, crate = vauban_template)]
struct Page {
    tags: Vec<String>,
}

fn main() {}
