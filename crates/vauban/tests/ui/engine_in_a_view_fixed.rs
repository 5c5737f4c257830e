//! The rows are had through `Db`, as who asks.
#![deny(deprecated)]

use vauban::{Db, Public, Text, view};

#[view(get, "/all/")]
async fn all(_: Public, db: Db) -> Text {
    Text::new(format!("{db:?}"))
}

fn main() {}
