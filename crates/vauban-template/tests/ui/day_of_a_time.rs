use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ at|date:"j F" }}</p>"##, crate = vauban_template)]
struct Page {
    at: jiff::civil::Time,
}

fn main() {}
