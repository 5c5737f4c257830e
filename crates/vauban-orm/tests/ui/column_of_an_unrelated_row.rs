mod site;
use site::*;
use vauban_orm::{Columns, Db, Result};

pub async fn view(db: Db, other: &Columns<User>) -> Result<Vec<Article>> {
    Article::objects().filter(|a| a.title.eq(&other.email)).all(&db).await
}

fn main() {}
