//! CWE-352, CWE-639: a view gets its rows through `Db`: as who asks, and to write only where the method says so.

use std::sync::Arc;
use vauban::{Request, Db, Public, Text, Write, view};

fn written(_: &Db<Write>) {}

#[view(post, "/count/")]
async fn count(_: Public, _cx: Arc<Request>, db: Db<Write>) -> Text {
    written(&db);
    Text::new("counted")
}

fn main() {}
