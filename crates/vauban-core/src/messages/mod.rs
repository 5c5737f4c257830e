//! One-time messages: said by one view, shown by the next page.
//!
//! They travel in a signed cookie, so that they need no session and nobody else can put words into the
//! site's mouth (CWE-345). Templates show them as text.

use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};

use crate::http::{Cookie, Cx, Result};
use crate::middleware::SecurityEvent;
use crate::routing::{BySession, Call, Kind, Param};
use crate::signing::{self, TokenError};

/// The purpose of the keys.
pub(crate) const PURPOSE: &str = "messages";
const COOKIE: &str = "messages";
/// For how long an unseen message is kept, in seconds.
const LIFE: u64 = 600;
/// Most messages kept, and longest text, so that the cookie stays below 4 KB.
const MOST: usize = 8;
const LONGEST: usize = 240;

pub use vauban_template::page::{Level, Message};

/// A message in the cookie: level and text.
#[derive(Serialize, Deserialize)]
struct Kept(u8, String);

impl From<Message> for Kept {
    fn from(message: Message) -> Self {
        let level = match message.level {
            Level::Debug => 0,
            Level::Info => 1,
            Level::Success => 2,
            Level::Warning => 3,
            Level::Error => 4,
        };
        Self(level, message.text)
    }
}

impl From<Kept> for Message {
    fn from(Kept(level, text): Kept) -> Self {
        let level = match level {
            0 => Level::Debug,
            2 => Level::Success,
            3 => Level::Warning,
            4 => Level::Error,
            _ => Level::Info,
        };
        Self { level, text }
    }
}

/// The messages of one request: those that came, and those that were added.
#[derive(Debug, Default)]
pub(crate) struct Store {
    came: OnceLock<Vec<Message>>,
    added: Mutex<Vec<Message>>,
}

impl Cx {
    /// Says something on the next page, unless this request fails.
    pub fn say(&self, level: Level, text: impl Into<String>) {
        let mut text: String = text.into();
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
        }
        let mut added = self
            .messages
            .added
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if added.len() < MOST {
            added.push(Message { level, text });
        }
    }

    /// The messages that came with this request; who asks for them shows them.
    pub fn take_messages(&self) -> &[Message] {
        self.messages.came.get_or_init(|| read(self))
    }
}

impl Store {
    /// Keeps what was added and not shown, forgets what was shown.
    pub(crate) fn write_cookie(&self, cx: &Cx) {
        let mut added = self
            .added
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let shown = self.came.get().is_some();
        if added.is_empty() {
            if shown && cx.own_cookie(COOKIE).is_some() {
                cx.set_cookie(Cookie::removal(COOKIE, cx.is_secure()));
            }
            return;
        }
        let mut keep = if shown { Vec::new() } else { read(cx) };
        keep.append(&mut added);
        keep.truncate(MOST);
        let keep: Vec<Kept> = keep.into_iter().map(Kept::from).collect();
        if let Ok(text) = serde_json::to_vec(&keep) {
            let token = cx.site.messages.sign(&text, &[], signing::now() + LIFE);
            cx.set_cookie(Cookie::new(COOKIE, &token, cx.is_secure()));
        }
    }

    /// Forgets what was added: the request failed.
    pub(crate) fn drop_added(&self) {
        self.added
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clear();
    }
}

fn read(cx: &Cx) -> Vec<Message> {
    let Some(cookie) = cx.own_cookie(COOKIE).filter(|value| !value.is_empty()) else {
        return Vec::new();
    };
    match cx.site.messages.verify(cookie, &[], signing::now()) {
        Ok(text) => {
            let kept: Vec<Kept> = serde_json::from_slice(&text).unwrap_or_default();
            kept.into_iter().map(Message::from).collect()
        }
        Err(TokenError::Expired | TokenError::UnknownKey) => Vec::new(),
        Err(_) => {
            SecurityEvent::COOKIE_FORGED.log(Some(cx));
            Vec::new()
        }
    }
}

/// A parameter with which a view says something on the next page: `messages.success("Saved.")`.
#[derive(Debug, Clone)]
pub struct Messages(Arc<Cx>);

impl Messages {
    /// Something to know.
    pub fn info(&self, text: impl Into<String>) {
        self.0.say(Level::Info, text);
    }

    /// It worked.
    pub fn success(&self, text: impl Into<String>) {
        self.0.say(Level::Success, text);
    }

    /// Careful.
    pub fn warning(&self, text: impl Into<String>) {
        self.0.say(Level::Warning, text);
    }

    /// It did not work.
    pub fn error(&self, text: impl Into<String>) {
        self.0.say(Level::Error, text);
    }
}

impl<K: Kind> Param<K, BySession> for Messages {
    async fn take(call: &mut Call<K, BySession>) -> Result<Self> {
        Ok(Self(Arc::clone(call.cx())))
    }
}
