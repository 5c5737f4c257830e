use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ at|time:"H:i" }}</p>"##, crate = vauban_template)]
struct Page {
    at: jiff::civil::Time,
}

fn main() {}
