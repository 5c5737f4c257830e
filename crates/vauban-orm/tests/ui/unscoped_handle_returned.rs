mod site;
use site::*;
use vauban_orm::{Db, Result, Unscoped};
use vauban_waiver::waiver;

pub async fn count(all: &Unscoped<'_, Article>) -> Result<u64> {
    Article::objects().count(all).await
}

pub fn all(db: &Db) -> Unscoped<'_, Article> { db.unscoped(waiver!(Unscoped, "the digest counts all users' articles")) }

fn main() {}
