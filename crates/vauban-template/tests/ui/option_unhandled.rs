use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ subtitle }}</p>"##, crate = vauban_template)]
struct Page {
    subtitle: Option<String>,
}

fn main() {}
