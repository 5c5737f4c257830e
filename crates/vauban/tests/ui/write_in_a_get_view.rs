//! CWE-352, CWE-639: a view gets its rows through `Db`: as who asks, and to write only where the method says so.

use std::sync::Arc;
use vauban::{Actor, Request, Db, Public, Text, Write, view};

fn written(_: &Db<Write>) {}

#[view(get, "/count/")]
async fn count(_: Public, cx: Arc<Request>) -> Text {
    let unit = cx.site().database().unwrap().bind(Actor::nobody());
    written(&unit.db());
    Text::new("counted")
}

fn main() {}
