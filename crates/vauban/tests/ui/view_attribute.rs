//! Mistakes in `#[view]`: one error each, though the table of routes names the views.
#![allow(dead_code, unused_variables)]

mod site;

pub mod views {
    use vauban::prelude::*;

    #[view(gett, "/a/")]
    pub async fn method(_: Public) -> Text {
        Text::new("a")
    }

    #[view(get, "/b/")]
    pub fn not_async(_: Public) -> Text {
        Text::new("b")
    }

    #[view(post, "/c/")]
    pub async fn no_answer(_: SignedIn) {}

    #[view(get, "d/")]
    pub async fn no_slash(_: Public) -> Text {
        Text::new("d")
    }
}

mod urls {
    vauban::routes! {
        method => super::views::method,
        not_async => super::views::not_async,
        no_answer => super::views::no_answer,
        no_slash => super::views::no_slash,
    }
}

fn main() {}
