mod site;
use site::*;
use vauban_orm::{Columns, Db, Filter, Result};

fn is_news(a: &Columns<Article>) -> Filter<Article> { a.title.eq("News") }

pub async fn view(db: Db) -> Result<Vec<User>> {
    User::objects().filter(|u| u.articles.any(|a| is_news(a) & a.title.ne(""))).all(&db).await
}

fn main() {}
