use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<button data-id="{{ x }}">Buy</button>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
