use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{% if size == 3 %}x{% endif %}</p>"##, crate = vauban_template)]
struct Page {
    size: String,
}

fn main() {}
