//! CWE-613, CWE-269: what a rule saw of one request becomes nobody's actor in another.

use std::sync::Mutex;

use vauban::routing::{Proven, TokenScheme};
use vauban::{AccessRule, Actor, Refusal, Request, Result};

static KEPT: Mutex<Option<Actor>> = Mutex::new(None);

pub struct Keeps;
impl AccessRule for Keeps {
    type Credential = vauban::routing::BySession;
    fn admit(_: &Request, who: &vauban::site::Identity) -> Result<Self, Refusal> {
        *KEPT.lock().unwrap() = Some(who.actor());
        Ok(Self)
    }
}

pub struct Tokens;
impl TokenScheme for Tokens {
    type Loaded = ();
    async fn find(_: &Request, _: &str) -> Result<Option<Proven<()>>> {
        let actor = KEPT.lock().unwrap().unwrap();
        let _ = actor;
        Ok(Some(Proven::nobody(())))
    }
}

fn main() {}
