//! What people may send about articles.

use vauban::prelude::*;

use super::Article;

/// Writing and editing. What is not listed here, like `author`, no request can set.
#[derive(Form)]
pub struct ArticleForm {
    #[field(max_length = 200, help = "It also becomes the article's address.")]
    pub title: String,
    #[field(
        label = "Text",
        max_length = 20_000,
        widget = textarea,
        help = "Markdown: *emphasis*, **strong**, ## a heading, - a list, [a link](https://example.com/)."
    )]
    pub body: String,
    #[field(help = "Everybody may read it. Until then it is a draft, for you and for staff.")]
    pub published: bool,
    #[field(widget = hidden)]
    pub version: Option<Version>,
}

impl ArticleForm {
    /// The form as it starts for an article that is there.
    pub fn of(article: &Article, version: Version) -> Self {
        Self {
            title: article.title.clone(),
            body: article.body.clone(),
            published: article.published,
            version: Some(version),
        }
    }
}
