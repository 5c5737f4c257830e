//! What people may send about articles.

use vauban::prelude::*;

use super::Article;
use crate::users::User;

/// Writing and editing: each field is the article's column of its name, and saving goes by the version that was shown. What
/// is given comes from the view, and no request can set it.
#[derive(Form)]
#[form(edits = Article, creates = Article, given(slug: Slug, byline: String, author: Id<User>))]
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
}

/// Many articles at once.
#[derive(Form)]
pub struct ImportForm {
    #[field(
        label = "Articles",
        max_length = 100_000,
        widget = textarea,
        help = "A line for each: its title, a semicolon, its text. They are drafts until you publish them. Where an article that you may change has that address (for staff: anybody's), it is given the line's title and text instead of its own."
    )]
    pub lines: String,
}
