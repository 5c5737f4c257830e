mod site;
use site::*;
use vauban_orm::{Db, Result, sql};

pub async fn view(db: Db, from_outside: String) -> Result<Vec<Article>> {
    Article::objects().filter(|a| sql!("length({}) > 0 AND CAST(query_to_xml({}, true, true, '') AS text) = ''", a.title, from_outside)).all(&db).await
}

fn main() {
    let _ = |a: &vauban_orm::Columns<Article>| sql!("length({}) > 5", a.title);
}
