use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ day|date:"j F Y H:i" }}</p>"##, crate = vauban_template)]
struct Page {
    day: jiff::civil::Date,
}

fn main() {}
