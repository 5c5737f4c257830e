//! Whoever signs up finds a draft of theirs to begin with.

use vauban::accounts::hooks::SignedUp;
use vauban::prelude::*;

use super::{Article, NewArticle};
use crate::users::User;

service! {
    /// Puts a first draft on somebody's desk.
    pub Welcome: Add<Article>, View<User>;
    waiver!(ServiceRights, "the first draft is there before its author has written anything")
}

/// In the very unit in which the account is made: there is no account without it, and no draft without an account.
#[hook]
pub async fn welcome(_: AsService<Welcome>, db: Db<Write>, who: &SignedUp) -> Result<()> {
    let user = User::objects()
        .get(&db, |u| u.id.eq(who.user.id::<User>()))
        .await?;
    let address = format!("first article {}", user.id);
    let draft = NewArticle {
        title: "My first article".to_owned(),
        slug: Slug::from_title(&address).ok_or_else(|| Error::internal("an id has letters"))?,
        body: "Nobody else sees this draft. Write over it, and publish it when you like.".to_owned(),
        byline: user.to_string(),
        author: user.id,
        published: false,
    };
    Article::create(draft).save(&db).await?;
    Ok(())
}
