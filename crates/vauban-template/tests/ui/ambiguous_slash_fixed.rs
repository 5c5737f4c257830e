use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<script>const d = {{ x }}; if (a) /b/.test(c);</script>"##, crate = vauban_template)]
struct Page {
    x: String,
}

fn main() {}
