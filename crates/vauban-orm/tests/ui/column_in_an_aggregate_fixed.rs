mod site;
use site::*;
use vauban_orm::{Db, Result};

pub async fn view(db: Db) -> Result<()> {
    let query = Article::objects();
    let title = query.group_by(|a| &a.title).values(|a| a.id.count()).all(&db).await?;
    drop(title);
    Ok(())
}

fn main() {}
