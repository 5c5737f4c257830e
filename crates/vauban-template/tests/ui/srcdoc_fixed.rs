use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<iframe src="/frame/"></iframe><p>{{ x }}</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
