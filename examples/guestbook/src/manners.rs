//! What the operator decides: how many entries a page has, whether the book is open, and which words it does not take.

use vauban::Request;
use vauban::checks::Finding;
use vauban::commands::Failure;
use vauban::http::StatusCode;
use vauban::http::{ErrorFacts, ErrorPage, SecurityEvent};
use vauban::module::Wiring;
use vauban::pipeline::Gate;
use vauban::prelude::*;
use vauban::settings::{ModuleSettings, SettingRow};

use crate::views;

/// The section `[guestbook]` of `vauban.toml`, and `VAUBAN_GUESTBOOK_…` of the environment.
#[derive(Debug, Clone)]
pub struct Book {
    pub per_page: usize,
    pub open: bool,
    pub refused_words: String,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            per_page: 20,
            open: true,
            refused_words: String::new(),
        }
    }
}

impl ModuleSettings for Book {
    const SECTION: &'static str = "guestbook";

    fn rows() -> Vec<SettingRow<Self>> {
        vec![
            SettingRow::new(
                "per_page",
                "entries on a page of the guest book",
                |s: &mut Self| &mut s.per_page,
            )
            .checked("is from 1 to 200"),
            SettingRow::new("open", "whether the guest book takes entries", |s: &mut Self| {
                &mut s.open
            }),
            SettingRow::new(
                "refused_words",
                "words that no entry may have, separated by commas",
                |s: &mut Self| &mut s.refused_words,
            ),
        ]
    }

    fn check(&self) -> Vec<Finding> {
        match self.per_page {
            1..=200 => Vec::new(),
            n => vec![Finding::error(
                "guestbook.per_page",
                format!("guestbook.per_page is {n}"),
                "Write 1 to 200.",
            )],
        }
    }
}

/// An entry with a refused word, for whoever watches the log.
pub const ENTRY_REFUSED: SecurityEvent = SecurityEvent::new(
    "guestbook_entry_refused",
    "An entry of the guest book with a refused word.",
);

/// The part that the views ask: made once, from the settings.
#[derive(Debug)]
pub struct Manners {
    pub per_page: u32,
    words: Vec<String>,
}

impl Manners {
    pub(crate) fn new(wiring: &Wiring<'_>) -> Result<Self, Failure> {
        let book: Book = wiring.settings.of();
        let words = book
            .refused_words
            .split(',')
            .map(|word| word.trim().to_lowercase());
        Ok(Self {
            per_page: u32::try_from(book.per_page)?,
            words: words.filter(|word| !word.is_empty()).collect(),
        })
    }

    /// Whether a text has a word that the book does not take.
    pub fn refuses(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().any(|word| text.contains(word))
    }
}

/// Before anybody is looked up: a closed book takes no entries.
pub(crate) struct Closing;

impl Gate for Closing {
    async fn enter(&self, request: &Request) -> Result<Option<Response>> {
        if request.is_for::<views::sign>() && !request.settings().of::<Book>().open {
            return Err(Error::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The guest book is closed.",
            ));
        }
        Ok(None)
    }
}

/// What a site without pages of its own for errors shows then.
#[derive(Template)]
#[template("closed.html")]
pub struct ClosedPage {
    message: String,
    typed: Option<vauban::SafeHtml>,
}

impl ErrorPage for ClosedPage {
    fn for_error(facts: ErrorFacts) -> Self {
        Self {
            message: facts.message,
            typed: facts.typed,
        }
    }
}
