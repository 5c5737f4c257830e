//! Tags of articles: many to many.

use vauban::Messages;
use vauban::prelude::*;

use super::{Article, ArticleTag};
use crate::organisations::Organisation;
use crate::urls;

/// A word by which articles are found. One without an organisation is everybody's; one of an organisation is its members'.
#[derive(Model)]
#[model(many(articles: Article through ArticleTag(tag, article)))]
pub struct Tag {
    pub id: Id<Self>,
    #[field(max_length = 40, index)]
    pub name: String,
    #[field(tenant, on_delete = cascade)]
    pub organisation: Option<ForeignKey<Organisation>>,
}

impl Policy for Tag {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        let member = who.is_member(&t.organisation);
        Rules {
            view: t.organisation.is_null() | member.clone(),
            add: member.clone() | who.is_staff(),
            delete: member,
            ..Rules::none()
        }
    }
}

/// Its name in lists of choices.
impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The derive of [`Article`] has written the links, and this is who may do what with them: whoever sees both ends sees a
/// link, the author and staff link, and an organisation's members take its tags away. A link is added and removed, and never
/// moved.
impl Policy for ArticleTag {
    fn rules(who: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
        let seen = l.article.visible(who) & l.tag.visible(who);
        let may = l.article.author.is(who) | who.is_staff();
        let members = who.is_member(&l.tag.organisation);
        Rules {
            delete: may.clone() | members,
            ..Rules::link(seen, may)
        }
    }
}

/// Which tags an article has: among those that whoever chooses may see.
#[derive(Form)]
pub struct TagsForm {
    #[field(choices = Tag::objects().order_by(|t| t.name.asc()), max_items = 10, required = false)]
    pub tags: Vec<Id<Tag>>,
}

#[derive(Template)]
#[template("articles/tags.html")]
pub struct TagsPage {
    form: Form<TagsForm>,
}

/// The boxes, ticked as the tags are.
#[view(get, "/articles/{slug}/tags/")]
pub async fn edit(_: SignedIn, db: Db, slug: Path<Slug>) -> Result<TagsPage> {
    let article = Article::objects()
        .get_to_change(&db, |a| a.slug.eq(&*slug))
        .await?;
    let chosen = Tag::objects().filter(|t| t.articles.any(|a| a.id.eq(article.id)));
    let tags = chosen.all(&db).await?.iter().map(|tag| tag.id).collect();
    let form = Form::filled_with(&db, &TagsForm { tags }).await?;
    Ok(TagsPage { form })
}

/// Sets what was ticked. A tag that whoever chooses does not see stays where it is.
#[view(post, "/articles/{slug}/tags/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    slug: Path<Slug>,
    form: Form<TagsForm>,
) -> Result<Redirect> {
    let article = Article::objects()
        .get_to_change(&db, |a| a.slug.eq(&*slug))
        .await?;
    let clean = form.clean(&db).await?.or_show(|form| TagsPage { form })?;
    article.id.links(|a| &a.tags).set(&db, clean.tags.clone()).await?;
    messages.success("The tags are kept.");
    Ok(Redirect::to(urls::article(&slug)))
}
