//! CWE-601: a redirect to any string.

use axum::response::Redirect;
use vauban::{Public, Result, view};

#[view(get, "/")]
async fn home(_: Public) -> Result<Redirect> {
    Ok(Redirect::to("https://elsewhere.example/"))
}

mod urls {
    vauban::routes! { home => super::home }
}

fn main() {}
