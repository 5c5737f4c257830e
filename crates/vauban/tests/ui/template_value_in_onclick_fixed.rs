use vauban::prelude::*;

#[derive(Template)]
#[template(source = r#"<button data-title="{{ title }}">Share</button>"#)]
pub struct Share {
    title: String,
}

fn main() {}
