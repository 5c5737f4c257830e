//! CWE-1004, CWE-614: cookies with attributes of one's own.

use std::sync::Arc;

use vauban::{Cx, Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public, _cx: Arc<Cx>) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
