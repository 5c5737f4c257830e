// `min` and `max` are of numbers.
use vauban::prelude::*;

#[derive(Form)]
struct BookForm {
    #[field(max_length = 200, min = 3)]
    title: String,
    #[field(min = 3)]
    address: Slug,
    #[field(max = 9)]
    due: Option<Date>,
}

fn main() {}
