//! CWE-1004, CWE-614: cookies with attributes of one's own.

use axum_extra::extract::CookieJar;
use vauban::{Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public, _jar: CookieJar) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
