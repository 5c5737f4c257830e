//! What cannot work under the default policy is told while building, with the template's place.
#![deny(unused_must_use)]
use vauban_macros::Template;

#[derive(Template)]
#[template(source = "<p>a</p>\n<iframe src=\"/map/\"></iframe>", crate = vauban_template)]
struct Page {}

fn main() {}
