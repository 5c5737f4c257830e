mod site;
use site::*;
use vauban_orm::{Db, Id, Result};

pub async fn view(db: Db, id: Id<User>) -> Result<Article> {
    Article::objects().get(&db, |a| a.id.eq(id)).await
}

fn main() {}
