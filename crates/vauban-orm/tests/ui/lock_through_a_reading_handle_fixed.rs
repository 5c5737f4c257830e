mod site;
use site::*;
use vauban_orm::{Changeable, Db, Result, Write};

pub async fn view(db: Db<Write>) -> Result<Vec<Changeable<Article>>> {
    Article::objects().for_update().all(&db).await
}

fn main() {
    let _: Option<Db<Write>> = None;
}
