// `min` and `max` are of numbers.
use vauban::prelude::*;

#[derive(Form)]
struct BookForm {
    #[field(max_length = 200, min_length = 3)]
    title: String,
    address: Slug,
    due: Option<Date>,
}

fn main() {}
