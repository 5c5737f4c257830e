//! CWE-79: a string is no page.

use vauban::{Public, Result, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<String> {
    Ok(String::from("<b>home</b>"))
}

fn main() {}
