use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<input aria-label="a" disabled="{{ x }}">"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
