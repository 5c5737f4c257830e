//! CWE-1004, CWE-614: cookies with attributes of one's own.

use std::sync::Arc;

use vauban::{Request, Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public, _cx: Arc<Request>) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
