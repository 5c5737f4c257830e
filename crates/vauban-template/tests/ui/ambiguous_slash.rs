use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<script>if (a) /b/.test(c); const d = {{ x }};</script>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
