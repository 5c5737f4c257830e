//! A response for tests.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout
)]

use vauban_template::page::{Level, Message, User};
use vauban_template::{RenderContext, Template, UrlTo};

pub struct TestContext {
    pub user: User,
    pub messages: Vec<Message>,
    pub query: String,
}

impl Default for TestContext {
    fn default() -> Self {
        Self {
            user: User {
                name: "Ann <a>".into(),
                is_signed_in: true,
                ..User::default()
            },
            messages: vec![Message {
                level: Level::Success,
                text: "Saved & sound".into(),
            }],
            query: "page=2&q=a+b".into(),
        }
    }
}

impl RenderContext for TestContext {
    #[allow(deprecated)]
    fn __of_the_framework(&self) -> vauban_template::__private::OfTheFramework {
        vauban_template::__private::OfTheFramework::__made()
    }
    fn nonce(&self) -> &str {
        "NONCE"
    }
    fn write_csrf_token(&self, action: Option<&str>, out: &mut String) {
        out.push_str("TOKEN");
        out.push_str(action.unwrap_or(""));
    }
    fn write_static_url(&self, path: &str, out: &mut String) {
        out.push_str("/static/");
        out.push_str(path);
    }
    fn mount(&self, _route: &'static str) -> &str {
        ""
    }
    fn user(&self) -> &User {
        &self.user
    }
    fn messages(&self) -> &[Message] {
        &self.messages
    }
    fn path(&self) -> &str {
        "/here/"
    }
    fn query(&self) -> &str {
        &self.query
    }
}

pub struct TestUrl(pub String);

impl UrlTo for TestUrl {
    #[allow(deprecated)]
    const __OURS: vauban_template::__private::Ours<Self> = vauban_template::__private::Ours::__made();
    fn __write_url(&self, _cx: &dyn RenderContext, out: &mut String) {
        out.push_str(&self.0);
    }
}

pub fn render(page: &impl Template) -> String {
    page.render(&TestContext::default())
}
