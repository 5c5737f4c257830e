//! A parameter of the path that the function does not take.

use vauban::{Path, Public, Result, Text, view};

#[view(get, "/articles/{slug}/")]
async fn show(_: Public, slug: Path<String>) -> Result<Text> {
    Ok(Text::new(slug.into_inner()))
}

fn main() {}
