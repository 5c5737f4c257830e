use vauban_macros::Template;
use vauban_template::ResourceUrl;

#[derive(Template)]
#[template(source = r##"<script src="{{ from }}"></script>"##, crate = vauban_template)]
struct Page {
    from: ResourceUrl,
}

fn main() {
    let _ = std::mem::size_of::<ResourceUrl>();
}
