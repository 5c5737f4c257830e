// What has many values is shown by a control that takes many.
use vauban::prelude::*;

#[derive(Clone, Choices)]
enum Kind {
    Talk,
    Outing,
}

#[derive(Form)]
struct BookForm {
    #[field(widget = multiselect)]
    kinds: Vec<Kind>,
    #[field(widget = radio)]
    kind: Kind,
}

fn main() {}
