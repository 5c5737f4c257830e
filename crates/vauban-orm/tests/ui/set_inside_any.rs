mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn view(db: Db) -> Result<Vec<User>> {
    let query = User::objects().filter(|u| {
        u.articles.any(|a| {
            let _ = a.title.set("News");
            a.title.ne("")
        })
    });
    query.all(&db).await
}

fn main() {}
