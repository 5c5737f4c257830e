mod site;
use site::*;
use vauban_orm::{Db, Filter, Result};

pub async fn view(db: Db, of_ann: Filter<Article>) -> Result<Vec<Article>> {
    Article::objects().filter(|a| a.title.eq("News") & of_ann).all(&db).await
}

fn main() {}
