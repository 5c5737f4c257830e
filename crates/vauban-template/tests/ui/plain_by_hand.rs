#![deny(deprecated)]
use std::borrow::Cow;
use vauban_template::__private::{Ours, View};
use vauban_template::escape::Escape;
use vauban_template::runtime::value::Plain;

pub struct Loud(String);

impl Plain for Loud {
    const __OURS: Ours<Self> = Ours::__made();
    fn put_plain<C: Escape>(&self, out: &mut String) {
        out.push_str(&self.0);
    }
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }
    fn view(&self) -> View<'_> {
        View::None
    }
    fn truth(&self) -> bool {
        true
    }
}

#[derive(vauban_macros::Template)]
#[template(source = "<p>{{ text }}</p>", crate = vauban_template)]
struct Page {
    text: Loud,
}

fn main() {}
