// A list has entries.
use vauban::prelude::*;

#[derive(Form)]
struct BookForm {
    #[field(max_length = 20, widget = radio, choices = vec!["S".to_owned(), "M".to_owned()])]
    size: String,
}

fn main() {}
