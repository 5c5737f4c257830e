//! CWE-352: a GET that writes passes by the walls against request forgery.

use vauban::{Db, Public, Result, Text, Write, view};

#[view(post, "/")]
async fn home(_: Public, _db: Db<Write>) -> Result<Text> {
    Ok(Text::new("home"))
}

fn main() {}
