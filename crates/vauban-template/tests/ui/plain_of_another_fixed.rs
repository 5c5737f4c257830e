#![deny(deprecated)]

pub struct Loud(String);

impl std::fmt::Display for Loud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(vauban_macros::Template)]
#[template(source = "<p>{{ text }}</p>", crate = vauban_template)]
struct Page {
    text: Loud,
}

fn main() {}
