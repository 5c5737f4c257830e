// A list has entries.
use vauban::prelude::*;

#[derive(Form)]
struct BookForm {
    #[field(max_length = 20, widget = radio)]
    size: String,
}

fn main() {}
