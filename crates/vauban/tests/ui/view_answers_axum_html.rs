//! CWE-79: HTML from any string.

use axum::response::Html;
use vauban::{Public, Result, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Html<String>> {
    Ok(Html(String::from("<b>home</b>")))
}

fn main() {}
