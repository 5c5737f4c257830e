mod site;
use site::*;
use vauban_orm::{Db, Id, Result, Write};
use vauban_waiver::waiver;

pub async fn view(db: Db<Write>, author: Id<User>) -> Result<Article> {
    let new = Article::create(NewArticle { title: "x".to_owned(), author });
    new.save(&db.unscoped::<Article>(waiver!(Unscoped, "the digest handles all users' articles"))).await
}

fn main() {}
