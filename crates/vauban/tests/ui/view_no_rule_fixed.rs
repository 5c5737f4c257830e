//! ASVS 8.1.1, CWE-862: a view says who may call it.

use vauban::{Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
