// CWE-697: no number is a day.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if due == other %}x{% endif %}</p>")]
struct Page {
    due: Date,
    other: Date,
}

fn main() {}
