//! CWE-352: a call knows its kind: in a GET there is no writer to ask for.

use vauban::routing::{Call, Credential, Param, Writing};
use vauban::{Db, Result, Write};

struct Bundle {
    db: Db<Write>,
}

impl<C: Credential> Param<Writing, C> for Bundle {
    async fn take(call: &mut Call<Writing, C>) -> Result<Self> {
        Ok(Self { db: call.writer()? })
    }
}

fn main() {
    let _ = |bundle: Bundle| bundle.db;
}
