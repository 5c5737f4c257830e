use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"{% if subtitle %}<p>{{ subtitle }}</p>{% endif %}"##, crate = vauban_template)]
struct Page {
    subtitle: Option<String>,
}

fn main() {}
