// CWE-697: no text equals an amount.
use vauban::prelude::*;

#[derive(Template)]
#[template(source = "<p>{% if price == \"3\" %}x{% endif %}</p>")]
struct Page {
    price: Decimal,
}

fn main() {}
