//! CWE-352: a view that a token may call as well takes neither the session nor the user's row.

use vauban::routing::{ByToken, Proven, TokenScheme};
use vauban::accounts::Session;
use vauban::{AccessRule, Request, Refusal, Result, SignedIn, Text, view};

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
#[view(get, "/tickets/")]
async fn list(_: SignedIn, _session: Session) -> Result<Text> {
    Ok(Text::new("tickets"))
}

fn main() {}
