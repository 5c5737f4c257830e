//! CWE-352: a view that only reads runs a command of its own making, whose unit would write whoever asks.
#![deny(deprecated)]

use std::sync::Arc;
use vauban::commands::{Out, Run};
use vauban::{Request, Public, Text, view};

#[view(get, "/all/")]
async fn all(_: Public, cx: Arc<Request>) -> Text {
    let run = Run::__of(cx.site(), Vec::new(), &Out::buffer());
    Text::new(format!("{run:?}"))
}

fn main() {}
