//! A type that cannot stand in a path.

use vauban::{Path, Public, Result, Text, view};

#[view(get, "/articles/{tags}/")]
async fn show(_: Public, tags: Path<Vec<String>>) -> Result<Text> {
    Ok(Text::new(tags.join(",")))
}

fn main() {}
