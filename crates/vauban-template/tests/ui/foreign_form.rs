use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<form method="post" action="https://example.com/"><button>{{ x }}</button></form>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
