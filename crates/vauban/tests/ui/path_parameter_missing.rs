//! A parameter of the path that the function does not take.

use vauban::{Public, Result, Text, view};

#[view(get, "/articles/{slug}/")]
async fn show(_: Public) -> Result<Text> {
    Ok(Text::new("article"))
}

fn main() {}
