mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn view(db: Db) -> Result<Vec<Article>> {
    Article::objects()
        .filter(|a| a.id.count().gt(3))
        .all(&db)
        .await
}

fn main() {}
