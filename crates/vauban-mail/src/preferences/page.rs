//! The page behind the link: GET shows a button and changes nothing, for scanners follow every link; POST leaves, and what it answers
//! offers the way back.
//!
//! A mail program leaves by a POST of its own (RFC 8058), without a page, a cookie or a token against forgery. What lets it in is the
//! link, which whoever got the mail has and nobody can make up: the rule goes by it as by a signature, and the request has no
//! session, so that nothing of a browser's owner is at stake (CWE-352).

use std::sync::Arc;

use vauban::http::{Caching, Error, Refusal, Request, Response, Result};
use vauban::orm::{Db, Write};
use vauban::routing::{AccessRule, BySignature, Part, Path, Public, SignatureScheme};
use vauban::{PathSecret, Template, Url, view};

use super::{Choice, set_wants};
use crate::post::Post;

/// The token in the path is one of ours.
#[derive(Debug)]
pub enum LinkOfAMail {}

impl SignatureScheme for LinkOfAMail {
    type Loaded = Choice;

    async fn verify(cx: &Request, _: &bytes::Bytes) -> Result<Option<Choice>> {
        let post = cx
            .site()
            .part::<Arc<Post>>()
            .ok_or_else(|| Error::internal("no module sends mail"))?;
        let path = cx.path().trim_end_matches('/');
        let path = path.strip_suffix("/again").unwrap_or(path);
        let token = path.rsplit('/').next().unwrap_or_default();
        Ok(Choice::read(&post.links, token))
    }
}

/// Whoever has the link of a mail.
#[derive(Debug)]
pub struct ByLinkOfMail(Choice);

impl AccessRule for ByLinkOfMail {
    type Credential = BySignature<LinkOfAMail>;

    fn admit(_: &Request, choice: &Choice) -> Result<Self, Refusal> {
        Ok(Self(choice.clone()))
    }
}

/// Asks whether one wants to leave a bulk kind. A site may put a page of its own in its place:
/// `App::page::<mail::UnsubscribePage, …>()`. It has a form that is sent to its own address, by POST.
#[derive(Template)]
#[template("mail/unsubscribe.html", replaceable)]
pub struct UnsubscribePage {
    /// To which address its mails go.
    pub email: String,
    /// What people call the kind.
    pub title: String,
}

/// Says that a bulk kind is left, and offers it again. A site may put a page of its own in its place. It has a form without fields that is
/// sent to `again`, by POST.
#[derive(Template)]
#[template("mail/unsubscribed.html", replaceable)]
pub struct UnsubscribedPage {
    /// To which address its mails go.
    pub email: String,
    /// What people call the kind.
    pub title: String,
    /// Where the form is sent that has them come again.
    pub again: Url,
}

/// Says that a bulk kind comes again. A site may put a page of its own in its place.
#[derive(Template)]
#[template("mail/subscribed.html", replaceable)]
pub struct SubscribedPage {
    /// To which address its mails go.
    pub email: String,
    /// What people call the kind.
    pub title: String,
}

/// Asks. Following the link changes nothing.
#[view(get, "/unsubscribe/{token}/")]
pub async fn unsubscribe(_: Public, post: Part<Arc<Post>>, token: Path<PathSecret>) -> Result<Response> {
    let choice = Choice::read(&post.links, token.expose()).ok_or_else(Error::not_found)?;
    let page = UnsubscribePage {
        email: choice.email.to_string(),
        title: post.kinds.title(&choice.kind),
    };
    Ok(Response::of(page).caching(Caching::NoStore))
}

/// Leaves the kind, by the button as by one click.
#[view(post, "/unsubscribe/{token}/")]
pub async fn leave(
    who: ByLinkOfMail,
    post: Part<Arc<Post>>,
    db: Db<Write>,
    token: Path<PathSecret>,
) -> Result<Response> {
    let ByLinkOfMail(choice) = who;
    set_wants(&db, &choice.email, &choice.kind, false).await?;
    let page = UnsubscribedPage {
        email: choice.email.to_string(),
        title: post.kinds.title(&choice.kind),
        again: crate::urls::again(&token),
    };
    Ok(Response::of(page).caching(Caching::NoStore))
}

/// Comes back, for who left by mistake: whoever may leave by the link may, and nobody else.
#[view(post, "/unsubscribe/{token}/again/")]
pub async fn again(
    who: ByLinkOfMail,
    post: Part<Arc<Post>>,
    db: Db<Write>,
    token: Path<PathSecret>,
) -> Result<Response> {
    // The rule has read it.
    drop(token);
    let ByLinkOfMail(choice) = who;
    set_wants(&db, &choice.email, &choice.kind, true).await?;
    let page = SubscribedPage {
        email: choice.email.to_string(),
        title: post.kinds.title(&choice.kind),
    };
    Ok(Response::of(page).caching(Caching::NoStore))
}
