use vauban_macros::Template;

#[derive(Template)]
#[template(source = r##"<script type="module">import { start } from "/static/start.js"; start("{{ name }}");</script>"##, crate = vauban_template)]
struct Page {
    name: String,
}

fn main() {}
