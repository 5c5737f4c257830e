use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ rows.0 }}</p>"##, crate = vauban_template)]
struct Page {
    rows: Vec<String>,
}

fn main() {}
