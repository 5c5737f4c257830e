use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ done|yesno:"done,open" }}</p>"##, crate = vauban_template)]
struct Page {
    done: bool,
}

fn main() {}
