//! A parameter that the path does not have.

use vauban::{Path, Public, Result, Text, view};

#[view(get, "/articles/{slug}/")]
async fn show(_: Public, slug: Path<String>) -> Result<Text> {
    Ok(Text::new(slug.into_inner()))
}

fn main() {}
