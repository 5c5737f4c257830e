use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ x|truncatechars:"long" }}</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
