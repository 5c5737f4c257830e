use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<p>{{ x }}</p>"##, crate = vauban_template)]
struct Page {
    x: vauban_template::SafeHtml,
}

fn main() {}
