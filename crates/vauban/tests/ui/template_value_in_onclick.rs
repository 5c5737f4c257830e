use vauban::prelude::*;

#[derive(Template)]
#[template(source = r#"<button onclick="share('{{ title }}')">Share</button>"#)]
pub struct Share {
    title: String,
}

fn main() {}
