//! A site whose escaper has failed: it shows what the address says as HTML. The waiver for it is test-only. What
//! is left is the policy, and the test says what that is worth.

use std::process::ExitCode;

use vauban::prelude::*;
use vauban::{SafeHtml, waiver};

#[derive(Template)]
#[template("unescaped.html")]
struct UnescapedPage {
    injected: SafeHtml,
}

#[derive(serde::Deserialize)]
struct Injected {
    html: Option<String>,
}

#[view(get, "/")]
async fn unescaped(_: Public, query: Query<Injected>) -> UnescapedPage {
    let html = query.html.clone().unwrap_or_default();
    UnescapedPage {
        injected: SafeHtml::trust(
            html,
            waiver!(TrustHtml, "test only: what the policy is worth alone"),
        ),
    }
}

#[view(get, "/healthz/")]
async fn healthz(_: Public) -> Text {
    Text::new("ok\n")
}

mod urls {
    vauban::routes! {
        unescaped => super::unescaped,
        healthz => super::healthz,
    }
}

fn main() -> ExitCode {
    vauban::main(App::new(vauban::package!()).module(Module::new("unescaped").routes(urls::routes())))
}
