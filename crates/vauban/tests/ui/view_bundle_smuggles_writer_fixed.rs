//! CWE-352: a parameter of one's own that fetches a writer in a GET, which passes by the walls against request forgery.

use vauban::routing::{Call, Credential, Param, Writing};
use vauban::{Db, Result, Write};

struct Bundle {
    db: Db<Write>,
}

impl<C: Credential> Param<Writing, C> for Bundle {
    async fn take(call: &mut Call<Writing, C>) -> Result<Self> {
        let db = <Db<Write> as Param<Writing, C>>::take(call).await?;
        Ok(Self { db })
    }
}

fn main() {
    let _ = |bundle: Bundle| bundle.db;
}
