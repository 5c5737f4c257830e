//! The README's first code: the three ideas on a small model.

#![allow(missing_docs, dead_code, unreachable_pub)]

use crate::User;
use vauban::prelude::*;

#[derive(Model)]
#[model(unique_oracle = waiver!(UniqueOracle, "a taken slug tells no more than its address"))]
pub struct Article {
    pub id: Id<Self>,
    #[field(unique)]
    pub slug: Slug,
    #[field(on_delete = cascade)]
    pub author: ForeignKey<User>,
    pub published: bool,
}

#[derive(Template)]
#[template(source = "<h1>{{ article.slug }}</h1>")]
pub struct ArticlePage {
    article: Article,
}

#[rustfmt::skip]
mod shown {
    use super::*;

#[view(get, "/articles/{slug}/")]                                   // 1. Every view states who may call it.
async fn show(_: Public, db: Db, slug: Path<Slug>) -> Result<ArticlePage> {
    let article = Article::objects().get(&db, |a| a.slug.eq(&*slug)).await?; // 404 if this reader may not see it
    Ok(ArticlePage { article })
}
impl Policy for Article {                                           // 2. Every row states who may do what to it.
    fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
        Rules { view: a.published.eq(true) | a.author.is(who), ..Rules::owner(a.author.is(who)) }
    }
}
async fn drafts_of_all(db: &Db) -> Result<u64> {                    // 3. Every exception is signed.
    Ok(Article::objects().count(&db.unscoped::<Article>(waiver!(Unscoped, "the digest counts all drafts"))).await?)
}
}
