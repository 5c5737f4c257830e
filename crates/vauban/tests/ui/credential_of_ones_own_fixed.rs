//! CWE-352: whether a browser sends a proof by itself, so that a request needs a token, is not the application's to say.

use vauban::routing::{Proven, TokenScheme};
use vauban::{Request, Result};

struct Careful;

impl TokenScheme for Careful {
    type Loaded = ();
    async fn find(_: &Request, _: &str) -> Result<Option<Proven<()>>> {
        Ok(None)
    }
}

fn main() {}
