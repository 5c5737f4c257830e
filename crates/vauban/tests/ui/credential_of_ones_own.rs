//! CWE-352: whether a browser sends a proof by itself, so that a request needs a token, is not the application's to say.

use vauban::routing::Credential;

struct Careless;

impl Credential for Careless {
    type Loaded = ();
}

fn main() {}
