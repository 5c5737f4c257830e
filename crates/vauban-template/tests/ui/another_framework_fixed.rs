#[derive(vauban_macros::Template)]
#[template(source = "<p>{{ text }}</p>", crate = vauban_template)]
struct Page {
    text: String,
}

fn main() {
    let _ = vauban_macros::safe_html!(crate = vauban_template, "<p>{}</p>", "x");
}
