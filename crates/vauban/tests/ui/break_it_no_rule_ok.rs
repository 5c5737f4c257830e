use vauban::prelude::*;

#[view(get, "/articles/")]
pub async fn list(_: Public, db: Db) -> Result<Text> {
    let _ = db;
    Ok(Text::new("articles"))
}

fn main() {}
