//! ASVS 8.1.1, CWE-862: a view says who may call it.

use vauban::{Result, Text, view};

#[view(get, "/")]
async fn home() -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
