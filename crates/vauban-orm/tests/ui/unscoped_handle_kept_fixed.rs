mod site;
use site::*;
use vauban_orm::{Db, Result, Unscoped};
use vauban_waiver::waiver;

pub async fn count(all: &Unscoped<'_, Article>) -> Result<u64> {
    Article::objects().count(all).await
}

pub async fn digest(db: Db) -> Result<u64> {
    count(&db.unscoped(waiver!(Unscoped, "the digest counts all users' articles"))).await
}

fn main() {}
