//! ASVS 8.2.1, CWE-862: a rule asks for a permission, and not for whatever type has the right name.

use vauban::{HasPerm, Result, Text, view};

pub struct PublishArticles;

#[view(post, "/publish/")]
async fn publish(_: HasPerm<PublishArticles>) -> Result<Text> {
    Ok(Text::new("published"))
}

fn main() {}
