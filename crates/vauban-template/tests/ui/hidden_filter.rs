use vauban_macros::Template;
use vauban_template::ResourceUrl;

#[derive(Template)]
#[template(source = r##"<script src="{{ from|self::ResourceUrl::__literal }}"></script>"##, crate = vauban_template)]
struct Page {
    from: &'static str,
}

fn main() {
    let _ = std::mem::size_of::<ResourceUrl>();
}
