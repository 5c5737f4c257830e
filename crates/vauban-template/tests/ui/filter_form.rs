use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ done|yesno:"done" }}</p>"##, crate = vauban_template)]
struct Page {
    done: bool,
}

fn main() {}
