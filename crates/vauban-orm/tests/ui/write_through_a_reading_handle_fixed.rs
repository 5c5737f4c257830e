mod site;
use site::*;
use vauban_orm::{Db, Id, Result, Write};

pub async fn view(db: Db<Write>, author: Id<User>) -> Result<Article> {
    Article::create(NewArticle { title: "x".to_owned(), author }).save(&db).await
}

fn main() {
    let _unused: Option<Db<Write>> = None;
}
