//! A type that cannot stand in a path.

use vauban::{Path, Public, Result, Text, view};

#[view(get, "/articles/{tags}/")]
async fn show(_: Public, tags: Path<String>) -> Result<Text> {
    Ok(Text::new(tags.into_inner()))
}

fn main() {}
