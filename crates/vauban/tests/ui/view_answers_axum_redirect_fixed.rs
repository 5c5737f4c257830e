//! CWE-601: a redirect to any string.

use vauban::{Public, Redirect, Result, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Redirect> {
    Ok(Redirect::to(urls::home()))
}

mod urls {
    vauban::routes! { home => super::home }
}

fn main() {}
