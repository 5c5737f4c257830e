// CWE-697: no number is a day.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if due == 3 %}x{% endif %}</p>")]
struct Page {
    due: Date,
    other: Date,
}

fn main() {}
