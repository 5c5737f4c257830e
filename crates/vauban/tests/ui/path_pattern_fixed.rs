//! A parameter is a whole segment.

use vauban::{Path, Public, Result, Text, view};

#[view(get, "/articles/{year}/{month}/")]
async fn show(_: Public, year: Path<u16>, month: Path<u8>) -> Result<Text> {
    Ok(Text::new(format!("{}-{}", *year, *month)))
}

fn main() {}
