//! CWE-601: a redirect takes a route, not a string.

use vauban::{Public, Redirect, Result, view};

#[view(get, "/{next}/")]
async fn go(_: Public, next: vauban::Path<String>) -> Result<Redirect> {
    Ok(Redirect::to(next.into_inner()))
}

mod urls {
    vauban::routes! { go => super::go }
}

fn main() {}
