mod site;
use site::*;
use vauban_orm::{Db, One, Result, With};

pub fn author(article: &With<Article, One<User>>) -> Option<&str> {
    article.loaded.get().map(|author| author.email.as_str())
}

pub async fn view(db: Db) -> Result<Option<String>> {
    let article = Article::objects().get(&db, |a| a.title.eq("Walls")).await?;
    Ok(author(&article).map(str::to_owned))
}

fn main() {}
