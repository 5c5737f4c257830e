//! CWE-345: a rule that calls itself by another's name. It is printed by its type.

use vauban::site::Identity;
use vauban::routing::BySession;
use vauban::{AccessRule, Request, Refusal};

struct Anybody;

impl AccessRule for Anybody {
    type Credential = BySession;
    const NAME: &'static str = "Superuser";
    fn admit(_: &Request, _: &Identity) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

fn main() {}
