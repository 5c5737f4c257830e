mod site;
use site::*;
use vauban_orm::{Changeable, Db, Result, Write};

pub async fn view(db: Db<Write>, article: Changeable<Article>) -> Result<Article> {
    article.change(&db, |a| [a.author.email.set_to(&a.title)]).await
}

fn main() {}
