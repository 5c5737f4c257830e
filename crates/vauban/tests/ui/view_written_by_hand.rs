//! CWE-862, CWE-352: a view that answers without being asked through its rule.

use std::sync::Arc;

use vauban::routing::{Public, View, ViewFuture, methods};
use vauban::{Request, Response, Text};

struct Open;

impl View for Open {
    type Method = methods::Get;
    type Rule = Public;
    const PATTERN: &'static str = "/";
    const RULE: &'static str = "Superuser";
    fn handle(_: Arc<Request>) -> ViewFuture {
        Box::pin(async { Response::of(Text::new("")) })
    }
}

fn main() {}
