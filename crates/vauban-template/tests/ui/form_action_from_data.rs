use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<form method="post" action="{{ x }}"><button>Go</button></form>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
