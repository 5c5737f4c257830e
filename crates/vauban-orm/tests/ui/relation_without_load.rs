mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn titles(db: Db) -> Result<Vec<String>> {
    let articles = Article::objects().with(|a| a.author.email.asc()).all(&db).await?;
    Ok(articles.iter().map(|article| article.title.clone()).collect())
}

fn main() {}
