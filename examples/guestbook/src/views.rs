//! Reading and signing the book.

use std::sync::Arc;

use serde::Deserialize;
use vauban::Request;
use vauban::prelude::*;

use crate::entries::{Entry, EntryForm, NewEntry};
use crate::manners::{self, Manners};
use crate::urls;

/// The book. A site may put a page of its own in its place: `App::page::<BookPage, …>()`.
#[derive(Template)]
#[template("list.html", replaceable)]
pub struct BookPage {
    pub entries: Page<Permitted<Entry>>,
    pub form: Form<EntryForm>,
}

/// Asks before an entry is taken out.
#[derive(Template)]
#[template("delete.html", replaceable)]
pub struct DeletePage {
    pub entry: Deletable<Entry>,
}

/// Which page of the book.
#[derive(Debug, Deserialize)]
pub struct Leaf {
    page: Option<u32>,
}

/// The entries of a page, newest first, each with whether who asks may take it out.
async fn leaf(db: &Db, manners: &Manners, number: u32) -> Result<Page<Permitted<Entry>>> {
    let newest = Entry::objects().order_by(|e| e.created.desc()).with_may();
    Ok(newest.per_page(manners.per_page).page(db, number).await?)
}

/// The entries, newest first, and the form.
#[view(get, "/")]
pub async fn book(_: Public, db: Db, manners: Part<Manners>, leaf: Query<Leaf>) -> Result<BookPage> {
    let entries = self::leaf(&db, &manners, leaf.page.unwrap_or(1)).await?;
    Ok(BookPage {
        entries,
        form: Form::empty(),
    })
}

/// Adds an entry in the guest's own name.
#[view(post, "/")]
pub async fn sign(
    _: SignedIn,
    author: UserId,
    request: Arc<Request>,
    db: Db<Write>,
    manners: Part<Manners>,
    messages: Messages,
    form: Form<EntryForm>,
) -> Result<Redirect> {
    let entries = leaf(&db, &manners, 1).await?;
    let page = |form| BookPage { entries, form };
    let clean = match form.clean(&db).await?.into_result() {
        Ok(clean) if manners.refuses(&clean.text) => {
            manners::ENTRY_REFUSED.log(Some(&request));
            Err(clean.refuse(|form| {
                form.text
                    .add_error("The guest book does not take one of these words.");
            }))
        }
        other => other,
    };
    let clean = clean.map_err(|form| form.shown_in(page))?;
    let new = NewEntry {
        name: clean.name.clone(),
        text: clean.text.clone(),
        author,
    };
    Entry::create(new).save(&db).await?;
    messages.success("Thank you for signing the guest book.");
    Ok(Redirect::to(urls::book()))
}

/// Asks first: a link never deletes.
#[view(get, "/{id}/delete/")]
pub async fn confirm_delete(_: SignedIn, db: Db, id: Path<Id<Entry>>) -> Result<DeletePage> {
    let entry = Entry::objects().get_to_delete(&db, |e| e.id.eq(*id)).await?;
    Ok(DeletePage { entry })
}

/// Takes an entry out of the book.
#[view(post, "/{id}/delete/")]
pub async fn delete(_: SignedIn, db: Db<Write>, messages: Messages, id: Path<Id<Entry>>) -> Result<Redirect> {
    let entry = Entry::objects().get_to_delete(&db, |e| e.id.eq(*id)).await?;
    entry.delete(&db).await?;
    messages.success("The entry is taken out.");
    Ok(Redirect::to(urls::book()))
}
