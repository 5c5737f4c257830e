//! Articles: everybody reads what is published; the author and staff see and edit the rest.

pub mod comments;
pub mod forms;
pub mod tags;
pub mod tidying;
pub mod views;
pub mod welcome;

use vauban::prelude::*;

use self::comments::{Comment, HideComments};
use self::tags::Tag;
use crate::users::User;

/// A text under a title.
#[derive(Model)]
#[model(
    changes,
    many(tags: Tag through new ArticleTag(article, tag)),
    related(comments: Comment.article),
    unique_oracle = waiver!(UniqueOracle, "a taken title tells no more than its address would")
)]
pub struct Article {
    pub id: Id<Self>,
    #[field(max_length = 200, index)]
    pub title: String,
    /// The title as it stands in the address.
    #[field(unique)]
    pub slug: Slug,
    #[field(max_length = 20_000)]
    pub body: String,
    /// The name below the title: readers see it, and not the account behind it.
    #[field(max_length = 100)]
    pub byline: String,
    /// What somebody wrote goes with their account, and what others said of it.
    #[field(owner, on_delete = cascade)]
    pub author: ForeignKey<User>,
    pub published: bool,
    #[field(auto_now_add, index)]
    pub created: DateTime,
}

impl Policy for Article {
    fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
        let editor = a.author.is(who) | who.is_staff();
        Rules {
            view: a.published.eq(true) | editor.clone(),
            add: a.author.is(who),
            change: editor.clone(),
            delete: editor,
            ..Rules::none()
        }
    }
}

/// The model; its addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("articles")
        .model::<Article>()
        .model::<Tag>()
        .model::<ArticleTag>()
        .model::<Comment>()
        .service::<welcome::Welcome>()
        .hook::<welcome::welcome>()
        .permission::<HideComments>()
        .data_migration::<tidying::TidyBylines>()
}
