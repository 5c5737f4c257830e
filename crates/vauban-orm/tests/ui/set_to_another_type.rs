mod site;
use site::*;
use vauban_orm::{Changeable, Db, Result, Write};

pub async fn view(db: Db<Write>, article: Changeable<Article>) -> Result<Article> {
    article.change(&db, |a| [a.title.set_to(a.title.length())]).await
}

fn main() {}
