// CWE-697: a choice is compared with what is stored, not with its label.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if state == \"In progress\" %}x{% endif %}</p>")]
struct Page {
    state: State,
}

#[derive(Clone, Choices)]
enum State {
    InProgress,
    Closed,
}

fn main() {}
