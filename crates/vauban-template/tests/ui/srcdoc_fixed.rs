use vauban_macros::Template;

// A frame of this site needs a policy that allows it.
#[allow(unused_must_use)]
#[derive(Template)]
#[template(source = r##"<iframe src="/frame/"></iframe><p>{{ x }}</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
