use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<script src="{{ x }}"></script>"##, crate = vauban_template)]
struct Page {
    x: vauban_template::ResourceUrl,
}

fn main() {}
