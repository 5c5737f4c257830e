use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<meta http-equiv="refresh" content="0;url={{ x }}">"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
