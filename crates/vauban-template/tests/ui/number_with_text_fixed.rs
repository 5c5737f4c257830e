use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{% if count == 3 %}x{% endif %}</p>"##, crate = vauban_template)]
struct Page {
    count: u32,
}

fn main() {}
