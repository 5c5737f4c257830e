//! CWE-352: a view that only reads runs a command of its own making, whose unit would write whoever asks.
#![deny(deprecated)]

use std::sync::Arc;
use vauban::commands::{Command, Run};
use vauban::{Request, Public, Text, view};

#[view(get, "/all/")]
async fn all(_: Public, cx: Arc<Request>) -> Text {
    Text::new(format!("{:?}", cx.site().package().name()))
}

fn command() -> Command {
    Command::new("tidy", "Tidies up.", |_: Run| async { Ok(()) })
}

fn main() {}
