//! Comments on articles, in threads: a comment answers an article or another comment.

use vauban::Messages;
use vauban::prelude::*;

use super::Article;
use crate::urls;
use crate::users::User;

permission!(pub HideComments = "comments.hide", "may hide the comments of others");

/// What somebody says about an article.
#[derive(Model)]
#[model(related(replies: Comment.reply_to), index(article, created))]
pub struct Comment {
    pub id: Id<Self>,
    #[field(owner, on_delete = cascade_owned)]
    pub article: ForeignKey<Article>,
    /// The comment that it answers.
    #[field(owner, on_delete = cascade_owned)]
    pub reply_to: Option<ForeignKey<Comment>>,
    #[field(owner, on_delete = cascade)]
    pub author: ForeignKey<User>,
    /// The name beside it: readers see it, and not the account behind it.
    #[field(max_length = 100)]
    pub byline: String,
    #[field(max_length = 2_000)]
    pub body: String,
    /// A moderator has taken it out of sight.
    #[field(privileged, default = false)]
    pub hidden: bool,
    #[field(auto_now_add)]
    pub created: DateTime,
}

impl Policy for Comment {
    fn rules(who: Who<Self>, c: &Columns<Self>) -> Rules<Self> {
        // To an article that one reads, or to a comment on it that is at most a reply itself: three levels, and no more.
        let on_the_page = c.reply_to.article.eq(&c.article);
        let not_too_deep = c.reply_to.reply_to.is_null() | c.reply_to.reply_to.reply_to.is_null();
        Rules {
            view: c.article.visible(who)
                & (c.hidden.eq(false) | c.author.is(who) | who.has::<HideComments>()),
            add: c.author.is(who) & (c.reply_to.is_null() | (on_the_page & not_too_deep)),
            change: who.has::<HideComments>(),
            ..Rules::none()
        }
        .may_set(&c.hidden, who.has::<HideComments>())
    }
}

/// A comment with the replies to it, and with those to them.
pub type Thread = With<Comment, Vec<With<Comment, Vec<Comment>>>>;

/// What people may send about an article.
#[derive(Form)]
#[form(creates = Comment, given(article: Id<Article>, reply_to: Option<Id<Comment>>, author: Id<User>, byline: String))]
pub struct CommentForm {
    #[field(label = "Your comment", max_length = 2_000, widget = textarea)]
    pub body: String,
}

#[derive(Template)]
#[template("articles/form.html")]
pub struct CommentPage {
    heading: &'static str,
    form: Form<CommentForm>,
}

const COMMENT: &str = "Comment on the article";
const REPLY: &str = "Reply to the comment";

fn page(heading: &'static str) -> impl Fn(Form<CommentForm>) -> CommentPage + Copy {
    move |form| CommentPage { heading, form }
}

fn given(article: Id<Article>, reply_to: Option<Id<Comment>>, user: &User) -> CommentFormGiven {
    let name = if user.name.is_empty() {
        "Anonymous"
    } else {
        &user.name
    };
    CommentFormGiven {
        article,
        reply_to,
        author: user.id,
        byline: name.to_owned(),
    }
}

/// The empty form, for an article that one may read.
#[view(get, "/articles/{slug}/comment/")]
pub async fn new(_: SignedIn, db: Db, slug: Path<Slug>) -> Result<CommentPage> {
    Article::objects().get(&db, |a| a.slug.eq(&*slug)).await?;
    Ok(page(COMMENT)(Form::empty()))
}

/// Adds a comment to the article.
#[view(post, "/articles/{slug}/comment/")]
pub async fn create(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    slug: Path<Slug>,
    form: Form<CommentForm>,
) -> Result<Redirect> {
    let article = Article::objects().get(&db, |a| a.slug.eq(&*slug)).await?;
    let clean = form.clean(&db).await?.or_show(page(COMMENT))?;
    clean
        .create(&db, given(article.id, None, &user), page(COMMENT))
        .await?;
    Ok(Redirect::to(urls::article(&slug)))
}

/// The empty form, for a comment that one may read.
#[view(get, "/comments/{id}/reply/")]
pub async fn reply(_: SignedIn, db: Db, id: Path<Id<Comment>>) -> Result<CommentPage> {
    Comment::objects().get(&db, |c| c.id.eq(*id)).await?;
    Ok(page(REPLY)(Form::empty()))
}

/// Adds a reply. A comment that one may not see is answered by nobody: 404.
#[view(post, "/comments/{id}/reply/")]
pub async fn save_reply(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    id: Path<Id<Comment>>,
    form: Form<CommentForm>,
) -> Result<Redirect> {
    let comment = Comment::objects()
        .with(|c| c.article.load())
        .get(&db, |c| c.id.eq(*id))
        .await?;
    let clean = form.clean(&db).await?.or_show(page(REPLY))?;
    let on = comment.article.id();
    clean
        .create(&db, given(on, Some(comment.id), &user), page(REPLY))
        .await?;
    Ok(match comment.loaded.get() {
        Some(article) => Redirect::to(urls::article(&article.slug)),
        None => Redirect::to(urls::articles()),
    })
}

/// Takes a comment out of sight, and its replies with it.
#[view(post, "/comments/{id}/hide/")]
pub async fn hide(
    _: HasPerm<HideComments>,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Comment>>,
) -> Result<Redirect> {
    let comment = Comment::objects().get_to_change(&db, |c| c.id.eq(*id)).await?;
    comment.change(&db, |c| [c.hidden.set(true)]).await?;
    messages.success("The comment is hidden.");
    Ok(Redirect::to(urls::articles()))
}
