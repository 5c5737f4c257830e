//! CWE-601: a redirect to any string.

use vauban::{Public, Redirect, Result, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Redirect> {
    Ok(Redirect::to(__url_home()))
}

fn main() {}
