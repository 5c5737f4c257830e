mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn view(db: Db) -> Result<()> {
    let query = Article::objects();
    let title = query.aggregate(&db, |a| (&a.title, a.id.count())).await?;
    drop(title);
    Ok(())
}

fn main() {}
