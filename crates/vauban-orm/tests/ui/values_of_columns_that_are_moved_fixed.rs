mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn view(db: Db) -> Result<Vec<(String, Option<String>)>> {
    let query = Article::objects();
    let values = query.values(|a| (&a.title, &a.author.email));
    values.all(&db).await
}

fn main() {}
