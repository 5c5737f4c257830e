use vauban_macros::Template;

mod template_filters {
    pub fn shout(text: &str, mark: &str) -> String {
        format!("{text}{mark}")
    }
}

#[derive(Template)]
#[template(source = r##"<p>{{ x|shuot:x }}</p>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
