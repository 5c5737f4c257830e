use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ rows|first|default:"none" }}</p>"##, crate = vauban_template)]
struct Page {
    rows: Vec<String>,
}

fn main() {}
