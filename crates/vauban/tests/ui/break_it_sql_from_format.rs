use vauban::prelude::*;

#[derive(Model)]
pub struct Article {
    pub id: Id<Self>,
    #[field(max_length = 200)]
    pub title: String,
}

impl Policy for Article {
    fn rules(_: Who, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

pub async fn longer(db: &Db, than: &str) -> Result<Vec<Article>> {
    Ok(Article::objects().filter(|a| format!("length(title) > {than}")).all(db).await?)
}

fn main() {}
