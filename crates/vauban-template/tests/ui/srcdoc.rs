use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<iframe srcdoc="{{ x }}"></iframe>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
