//! ASVS 8.1.1, CWE-862: the first parameter is an access rule, not just anything.

use vauban::{Db, Public, Result, Text, view};

#[view(get, "/")]
async fn home(_: Public, _db: Db) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
