// CWE-697: a day is no moment.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if due == day %}x{% endif %}</p>")]
struct Page {
    due: Date,
    at: DateTime,
    day: Date,
}

fn main() {}
