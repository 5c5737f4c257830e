//! CWE-79: a string is no page.

use vauban::{Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Text> {
    Ok(Text::new(String::from("<b>home</b>")))
}

fn main() {}
