//! CWE-79: HTML from any string.

use vauban::{Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Text> {
    Ok(Text::new(String::from("<b>home</b>")))
}

fn main() {}
