mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn view(db: Db) -> Result<Vec<User>> {
    User::objects().filter(|u| u.articles.any(|a| a.title.eq(&u.id))).all(&db).await
}

fn main() {}
