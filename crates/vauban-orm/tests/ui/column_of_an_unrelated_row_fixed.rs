mod site;
use site::*;
use vauban_orm::{Columns, Db, Result};

pub async fn view(db: Db, other: &Columns<User>) -> Result<Vec<Article>> {
    Article::objects().filter(|a| { let _ = other; a.title.eq(&a.author.email) }).all(&db).await
}

fn main() {}
