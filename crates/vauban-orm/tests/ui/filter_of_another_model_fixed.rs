mod site;
use site::*;
use vauban_orm::{Db, Filter, Result};

pub async fn view(db: Db, written_by_ann: Filter<Article>) -> Result<Vec<Article>> {
    Article::objects().filter(|_| written_by_ann).all(&db).await
}

fn main() {}
