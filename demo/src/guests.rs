//! The guest book of the package `guestbook`, in this site's layout: the package's pages, made into ours.

use guestbook::entries::{Entry, EntryForm};
use guestbook::views;
use vauban::prelude::*;

/// The book. Its file extends our `base.html` and includes the package's `book.html`.
#[derive(Template)]
#[template("guests/book.html", extends = guestbook)]
pub struct BookPage {
    entries: Page<Permitted<Entry>>,
    form: Form<EntryForm>,
}

impl From<views::BookPage> for BookPage {
    fn from(page: views::BookPage) -> Self {
        Self {
            entries: page.entries,
            form: page.form,
        }
    }
}

/// Asks before an entry is taken out.
#[derive(Template)]
#[template("guests/delete.html", extends = guestbook)]
pub struct DeletePage {
    entry: Deletable<Entry>,
}

impl From<views::DeletePage> for DeletePage {
    fn from(page: views::DeletePage) -> Self {
        Self { entry: page.entry }
    }
}
