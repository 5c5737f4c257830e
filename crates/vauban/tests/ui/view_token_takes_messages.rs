//! CWE-352: a view by token has no session, and nothing that a browser sends by itself.

use vauban::routing::{ByToken, Proven, TokenScheme};
use vauban::{AccessRule, Request, Messages, Refusal, Result, Text, view};

pub struct Tokens;
impl TokenScheme for Tokens {
    type Loaded = ();
    async fn find(_: &Request, _: &str) -> Result<Option<Proven<()>>> {
        Ok(None)
    }
}

pub struct ApiToken;
impl AccessRule for ApiToken {
    type Credential = ByToken<Tokens>;
    fn admit(_: &Request, (): &()) -> Result<Self, Refusal> {
        Ok(Self)
    }
}
#[view(post, "/api/")]
async fn create(_: ApiToken, _messages: Messages) -> Result<Text> {
    Ok(Text::new("created"))
}

fn main() {}
