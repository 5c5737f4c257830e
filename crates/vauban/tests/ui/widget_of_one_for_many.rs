// What has many values is shown by a control that takes many.
use vauban::prelude::*;

#[derive(Clone, Choices)]
enum Kind {
    Talk,
    Outing,
}

#[derive(Form)]
struct BookForm {
    #[field(widget = select)]
    kinds: Vec<Kind>,
    #[field(widget = checkboxes)]
    kind: Kind,
}

fn main() {}
