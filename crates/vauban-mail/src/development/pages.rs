//! `/dev/mail/`: the list, and each mail with its text, its HTML in a frame that can do nothing, and its headers.

use std::sync::Arc;

use vauban::http::{Csp, Error, Result};
use vauban::routing::{Part, Path, Public, Routes};
use vauban::{Template, view};

use crate::letter::Letter;
use crate::post::Post;

vauban::routes! {
    dev_mails => mails,
    dev_mail => mail,
    dev_mail_html => html,
}

/// In this module's own templates.
pub(crate) fn table() -> Routes {
    self::routes().for_development()
}

#[derive(Template)]
#[template("mail/dev_list.html")]
struct ListPage {
    letters: Vec<Shown>,
}

/// Its view widens the policy by frames of this site.
#[allow(unused_must_use)]
#[derive(Template)]
#[template("mail/dev_show.html")]
struct ShowPage {
    letter: Shown,
    text: String,
    head: String,
    files: Vec<String>,
}

struct Shown {
    id: String,
    to: String,
    subject: String,
    name: String,
    date: String,
    kind: String,
}

impl Shown {
    fn of(letter: &Letter) -> Self {
        let to = letter.to.iter().chain(&letter.cc).chain(&letter.bcc);
        let date = i64::try_from(letter.date)
            .ok()
            .and_then(|date| jiff::Timestamp::from_second(date).ok());
        Self {
            id: letter.id().to_owned(),
            to: to.map(ToString::to_string).collect::<Vec<_>>().join(", "),
            subject: letter.subject.to_string(),
            name: letter.name.clone(),
            date: date.map(|date| date.to_string()).unwrap_or_default(),
            kind: letter.kind.clone().unwrap_or_default(),
        }
    }
}

/// The mails that were kept, newest first.
#[view(get, "/dev/mail/")]
pub async fn mails(_: Public, post: Part<Arc<Post>>) -> Result<ListPage> {
    let letters = post.kept.all();
    Ok(ListPage {
        letters: letters.iter().rev().map(Shown::of).collect(),
    })
}

/// The page shows a frame of its own site.
const FRAMES: Csp = Csp::strict().own_frames();

/// One mail, with its text, its HTML and its headers.
#[view(get, "/dev/mail/{id}/", csp = FRAMES)]
pub async fn mail(_: Public, post: Part<Arc<Post>>, id: Path<String>) -> Result<ShowPage> {
    let letter = post.kept.find(&id).ok_or_else(Error::not_found)?;
    let wire = letter.wire()?;
    let wire = String::from_utf8_lossy(&wire.bytes).into_owned();
    let head = wire
        .split("\r\n\r\n")
        .next()
        .unwrap_or_default()
        .replace("\r\n", "\n");
    Ok(ShowPage {
        text: letter.text.clone(),
        head,
        files: letter
            .attachments
            .iter()
            .map(|file| format!("{} ({} bytes)", file.name(), file.bytes().len()))
            .collect(),
        letter: Shown::of(&letter),
    })
}

/// Its HTML, in the frame.
#[view(get, "/dev/mail/{id}/html/")]
pub async fn html(_: Public, post: Part<Arc<Post>>, id: Path<String>) -> Result<vauban::http::Framed> {
    let letter = post.kept.find(&id).ok_or_else(Error::not_found)?;
    #[allow(deprecated)]
    let framed = vauban::http::Framed::__of(letter.html);
    Ok(framed)
}
