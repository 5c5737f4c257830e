//! Reading and writing articles.

use vauban::prelude::*;
use vauban::sanitize::{Profile, markdown};
use vauban::{Messages, QuerySet, SafeHtml};

use super::Article;
use super::comments::Thread;
use super::forms::{ArticleForm, ArticleFormGiven};
use super::tags::Tag;
use crate::paging::Paging;
use crate::urls;
use crate::users::User;

#[derive(Template)]
#[template("articles/list.html")]
pub struct ListPage {
    /// If it is a list of those alone.
    tag: Option<Tag>,
    articles: Page<With<Article, Vec<Tag>>>,
}

#[derive(Template)]
#[template("articles/show.html")]
pub struct ShowPage {
    article: Permitted<Article>,
    tags: Vec<Tag>,
    comments: Vec<Thread>,
    body: SafeHtml,
}

#[derive(Template)]
#[template("articles/form.html")]
pub struct FormPage {
    heading: &'static str,
    form: Form<ArticleForm>,
}

#[derive(Template)]
#[template("articles/delete.html")]
pub struct DeletePage {
    article: Deletable<Article>,
}

/// The newest articles. Whose drafts are among them, the policy knows.
#[view(get, "/articles/")]
pub async fn list(_: Public, db: Db, page: Query<Paging>) -> Result<ListPage> {
    let articles = newest(&db, Article::objects(), page.number()).await?;
    Ok(ListPage { tag: None, articles })
}

/// The newest articles with a tag. A tag that the reader may not see is not there: 404.
#[view(get, "/tags/{id}/")]
pub async fn tagged(_: Public, db: Db, id: Path<Id<Tag>>, page: Query<Paging>) -> Result<ListPage> {
    let tag = Tag::objects().get(&db, |t| t.id.eq(*id)).await?;
    let with_it = Article::objects().filter(|a| a.tags.any(|t| t.id.eq(tag.id)));
    let articles = newest(&db, with_it, page.number()).await?;
    Ok(ListPage {
        tag: Some(tag),
        articles,
    })
}

/// Articles with their tags: two statements, however many there are.
async fn newest(
    db: &Db,
    articles: QuerySet<Article>,
    page: u32,
) -> Result<Page<With<Article, Vec<Tag>>>, vauban::orm::Error> {
    let articles = articles.order_by(|a| a.created.desc()).per_page(10);
    articles
        .with(|a| a.tags.load().order_by(|t| t.name.asc()))
        .page(db, page)
        .await
}

/// An article. If the reader may not see it, it is not there: 404.
#[view(get, "/articles/{slug}/")]
pub async fn show(_: Public, db: Db, slug: Path<Slug>) -> Result<ShowPage> {
    let found = Article::objects()
        .with_may()
        .with(|a| {
            let first = a.comments.load().filter(|c| c.reply_to.is_null());
            let first = first.order_by(|c| c.created.asc()).limit(50);
            let threads = first.with(|c| {
                let replies = c.replies.load().order_by(|c| c.created.asc()).limit(20);
                replies.with(|c| c.replies.load().order_by(|c| c.created.asc()).limit(20))
            });
            (a.tags.load().order_by(|t| t.name.asc()), threads)
        })
        .get(&db, |a| a.slug.eq(&*slug))
        .await?;
    let With { row: article, loaded } = found;
    let (tags, comments) = loaded;
    // CWE-79: made safe when it is shown, so a stricter policy holds for old articles, too.
    let body = markdown(&article.body, Profile::RichText);
    Ok(ShowPage {
        article,
        tags,
        comments,
        body,
    })
}

/// The empty form.
#[view(get, "/write/")]
pub async fn new(_: SignedIn) -> FormPage {
    FormPage {
        heading: "Write an article",
        form: Form::empty(),
    }
}

/// Adds what was written, under the writer's name.
#[view(post, "/write/")]
pub async fn create(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    messages: Messages,
    form: Form<ArticleForm>,
) -> Result<Redirect> {
    let page = |form| FormPage {
        heading: "Write an article",
        form,
    };
    let clean = form.clean(&db).await?.or_show(page)?;
    let Some(slug) = Slug::from_title(&clean.title) else {
        return Err(clean
            .refuse(|f| f.title.add_error("Use at least one letter or digit."))
            .shown_in(page));
    };
    let byline = if user.name.is_empty() {
        "Anonymous"
    } else {
        &user.name
    };
    let given = |slug| ArticleFormGiven {
        slug,
        byline: byline.to_owned(),
        author: user.id,
    };
    // Two titles may have one address ("C#", "C++"): the second gets a number.
    let added = slug.unique(|slug| clean.new_row(given(slug)).save(&db)).await;
    let article = match added {
        Ok(article) => article,
        Err(error) => return Err(clean.explain(error, page)),
    };
    messages.success(if article.published {
        "Your article is published."
    } else {
        "Your draft is kept."
    });
    Ok(Redirect::to(urls::article(&article.slug)))
}

/// The form, filled. Who may only read the article gets 403, who may not see it 404.
#[view(get, "/articles/{slug}/edit/")]
pub async fn edit(_: SignedIn, db: Db, slug: Path<Slug>) -> Result<FormPage> {
    let article = Article::objects()
        .get_to_change(&db, |a| a.slug.eq(&*slug))
        .await?;
    Ok(FormPage {
        heading: "Edit the article",
        form: Form::edit(&db, &article).await?,
    })
}

/// Keeps what was changed. Its address stays.
#[view(post, "/articles/{slug}/edit/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    slug: Path<Slug>,
    form: Form<ArticleForm>,
) -> Result<Redirect> {
    let article = Article::objects()
        .get_to_change(&db, |a| a.slug.eq(&*slug))
        .await?;
    let page = |form| FormPage {
        heading: "Edit the article",
        form,
    };
    let clean = form.clean(&db).await?.or_show(page)?;
    let done = match (article.published, clean.published) {
        (false, true) => "Your article is published.",
        (true, false) => "Your article is a draft again.",
        _ => "Your changes are kept.",
    };
    // Whose text somebody else has changed meanwhile sees both.
    clean.save(&db, article, page).await?;
    messages.success(done);
    Ok(Redirect::to(urls::article(&slug)))
}

/// Asks first: a link never deletes.
#[view(get, "/articles/{slug}/delete/")]
pub async fn confirm_delete(_: SignedIn, db: Db, slug: Path<Slug>) -> Result<DeletePage> {
    let article = Article::objects()
        .get_to_delete(&db, |a| a.slug.eq(&*slug))
        .await?;
    Ok(DeletePage { article })
}

/// Deletes the article.
#[view(post, "/articles/{slug}/delete/")]
pub async fn delete(_: SignedIn, db: Db<Write>, messages: Messages, slug: Path<Slug>) -> Result<Redirect> {
    Article::objects()
        .get_to_delete(&db, |a| a.slug.eq(&*slug))
        .await?
        .delete(&db)
        .await?;
    messages.success("The article is deleted.");
    Ok(Redirect::to(urls::articles()))
}
