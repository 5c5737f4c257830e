//! Reading and writing articles.

use serde::Deserialize;
use vauban::orm::{Cursor, LoadMany, Order, Problem, SearchText};
use vauban::prelude::*;
use vauban::sanitize::{Profile, markdown};
use vauban::{Messages, QuerySet, SafeHtml};

use super::comments::{HideComments, Thread};
use super::forms::{ArticleForm, ArticleFormGiven, ImportForm};
use super::tags::Tag;
use super::{Article, NewArticle};
use crate::figures;
use crate::urls;
use crate::users::User;

#[derive(Template)]
#[template("articles/list.html")]
pub struct ListPage {
    /// If it is a list of those alone.
    tag: Option<Tag>,
    articles: Page<With<Article, Vec<Tag>>>,
    /// Where the list goes on, for those who read it by key.
    more: Option<String>,
    /// Whether it was entered by key, so that its pages have no numbers.
    goes_on: bool,
    q: String,
    sorts: Vec<SortLine>,
}

struct SortLine {
    value: &'static str,
    label: &'static str,
    is_chosen: bool,
}

/// The orders that there are; an address with another one is a 400.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Choices)]
pub enum Sort {
    #[default]
    Newest,
    Oldest,
    Title,
}

impl Sort {
    fn order(self, a: &Columns<Article>) -> Order<Article> {
        match self {
            Self::Newest => a.created.desc(),
            Self::Oldest => a.created.asc(),
            Self::Title => a.title.asc(),
        }
    }
}

/// What a reader may choose of the list, and nothing else.
#[derive(Debug, Deserialize)]
pub struct Looking {
    q: Option<SearchText>,
    sort: Option<Sort>,
    page: Option<u32>,
    after: Option<Cursor>,
}

#[derive(Template)]
#[template("articles/show.html")]
pub struct ShowPage {
    article: Permitted<Article>,
    tags: Vec<Tag>,
    comments: Vec<Thread>,
    /// The reader is a moderator.
    may_hide: bool,
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

#[derive(Template)]
#[template("articles/import.html")]
pub struct ImportPage {
    form: Form<ImportForm>,
}

/// Articles, searched and sorted as the reader likes. Whose drafts are among them, the policy knows.
#[view(get, "/articles/")]
pub async fn list(_: Public, db: Db, looking: Query<Looking>) -> Result<ListPage> {
    listed(&db, Article::objects(), None, &looking).await
}

/// Articles with a tag. A tag that the reader may not see is not there: 404.
#[view(get, "/tags/{id}/")]
pub async fn tagged(_: Public, db: Db, id: Path<Id<Tag>>, looking: Query<Looking>) -> Result<ListPage> {
    let tag = Tag::objects().get(&db, |t| t.id.eq(*id)).await?;
    let with_it = Article::objects().filter(|a| a.tags.any(|t| t.id.eq(tag.id)));
    listed(&db, with_it, Some(tag), &looking).await
}

/// A page of articles with their tags: as many statements, however many there are.
async fn listed(
    db: &Db,
    articles: QuerySet<Article>,
    tag: Option<Tag>,
    looking: &Looking,
) -> Result<ListPage> {
    let sort = looking.sort.unwrap_or_default();
    let q = looking.q.clone().unwrap_or_default();
    let sorted = |articles: QuerySet<Article>| articles.order_by(|a| sort.order(a));
    let articles = sorted(articles.filter(|a| a.title.search(&q) | a.byline.search(&q))).per_page(10);
    let (articles, more) = match (looking.page, &looking.after) {
        (Some(number), None) => (articles.with(tags).page(db, number).await?, None),
        (_, after) => {
            let found = articles.page_after(db, after.as_ref()).await?;
            let ids: Vec<_> = found.rows.iter().map(|article| article.id).collect();
            let these = sorted(Article::objects().filter(|a| a.id.is_in(ids)));
            let page = Page {
                has_next: found.next.is_some(),
                rows: these.with(tags).all(db).await?,
                number: 1,
                per_page: found.per_page,
            };
            (page, found.next.map(|next| next.to_string()))
        }
    };
    let line = |one: &Sort| SortLine {
        value: one.as_str(),
        label: one.label(),
        is_chosen: *one == sort,
    };
    Ok(ListPage {
        tag,
        articles,
        more,
        goes_on: looking.after.is_some(),
        q: q.to_string(),
        sorts: Sort::ALL.iter().map(line).collect(),
    })
}

/// An article's tags by their names.
fn tags(a: &Columns<Article>) -> LoadMany<Article, QuerySet<Tag>> {
    a.tags.load().order_by(|t| t.name.asc())
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
        may_hide: db.actor().has::<HideComments>(),
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
    figures::count_soon(&db).await?;
    messages.success(if article.published {
        "Your article is published."
    } else {
        "Your draft is kept."
    });
    Ok(Redirect::to(urls::article(&article.slug)))
}

/// The empty form for many articles.
#[view(get, "/write/many/")]
pub async fn import(_: SignedIn) -> ImportPage {
    ImportPage { form: Form::empty() }
}

/// Adds an article for each line, or changes the one that has its address; all of them or none. What is wrong is said with the number
/// of its line: that an address is taken, for one, by an article that the writer may not see.
#[view(post, "/write/many/")]
pub async fn save_import(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    messages: Messages,
    form: Form<ImportForm>,
) -> Result<Redirect> {
    let page = |form| ImportPage { form };
    let clean = form.clean(&db).await?.or_show(page)?;
    let byline = if user.name.is_empty() {
        "Anonymous"
    } else {
        &user.name
    };
    let (mut numbers, mut new, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let lines = clean.lines.lines().enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let (title, body) = line.split_once(';').unwrap_or((line, ""));
        let (title, body) = (title.trim(), body.trim());
        match Slug::from_title(title) {
            Some(slug) if !body.is_empty() => {
                numbers.push(number + 1);
                new.push(NewArticle {
                    title: title.to_owned(),
                    slug,
                    body: body.to_owned(),
                    byline: byline.to_owned(),
                    author: user.id,
                    published: false,
                });
            }
            _ => wrong.push(of_line(number + 1, "a title, a semicolon, a text.")),
        }
    }
    if wrong.is_empty() {
        let lines = Article::create_all(new).or_change(|a| &a.slug, |a| (&a.title, &a.body));
        match lines.save(&db).await {
            Ok(saved) => {
                let added = saved.iter().filter(|(_, added)| *added).count();
                let told = match saved.len() - added {
                    0 => format!("New drafts: {added}."),
                    changed => format!("New drafts: {added}. Changed articles: {changed}."),
                };
                messages.success(told);
                return Ok(Redirect::to(urls::articles()));
            }
            Err(vauban::orm::Error::Rows(rows)) => {
                for row in rows {
                    let number = numbers.get(row.row).copied().unwrap_or_default();
                    let problems = row.error.problems();
                    // Of what is nobody's to correct in this form, no more than that.
                    let said = problems.first().map(|found| found.problem.to_string());
                    wrong.push(of_line(number, said.unwrap_or_else(|| "not allowed.".to_owned())));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let form = clean.refuse(|form| {
        wrong
            .into_iter()
            .for_each(|problem| form.lines.add_error(problem));
    });
    Err(form.shown_in(page))
}

fn of_line(number: usize, said: impl Into<vauban::orm::Argument>) -> Problem {
    Problem::new("line", "Line {line}: {said}")
        .with("line", number)
        .with("said", said)
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
    figures::count_soon(&db).await?;
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
    figures::count_soon(&db).await?;
    messages.success("The article is deleted.");
    Ok(Redirect::to(urls::articles()))
}
