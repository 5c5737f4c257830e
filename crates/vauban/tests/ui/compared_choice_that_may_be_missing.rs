// CWE-697: a misspelt choice is one that nothing equals.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if state != \"clsoed\" %}x{% endif %}</p>")]
struct Page {
    state: Option<State>,
}

#[derive(Clone, Choices)]
enum State {
    Open,
    Closed,
}

fn main() {}
