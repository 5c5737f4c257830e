mod site;
use site::*;
use vauban_orm::{Db, Result};

#[allow(clippy::unwrap_used)]
pub async fn view(db: Db) -> Result<Vec<User>> {
    let query = User::objects().filter(|u| {
        let mut titled = None;
        let long = u.articles.any(|a| {
            titled = Some(u.email.eq("News"));
            a.title.ne("")
        });
        long & titled.unwrap()
    });
    query.all(&db).await
}

fn main() {}
