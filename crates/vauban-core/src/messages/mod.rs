//! One-time messages: said by one view, shown by the next page.
//!
//! They travel in a signed cookie, so that they need no session and nobody else can put words into the
//! site's mouth (CWE-345). Templates show them as text.
//!
//! CWE-359: what was said to somebody who was signed in is shown to them alone, whoever sits at the browser next; whoever
//! signs out takes what was unseen along. What was said to nobody, as the page that signs somebody in does, is shown to
//! whoever comes next.

use serde::{Deserialize, Serialize};

mod store;

pub use crate::routing::Messages;
pub(crate) use store::Store;

use crate::http::{Cookie, Request, SecurityEvent, cookie};
use crate::signing::{self, TokenError};

/// The purpose of the keys.
pub(crate) const PURPOSE: &str = "messages";
const COOKIE: &str = "messages";
/// For how long an unseen message is kept, in seconds.
const LIFE: u64 = 600;
/// Longest text of one message, in characters; a longer one is cut and ends in `…`.
const LONGEST: usize = 240;
/// Most messages of one request (CWE-770): no page would show more.
const MOST: usize = 64;
/// The level under which the cookie counts the messages that did not fit.
const NO_ROOM: u8 = u8::MAX;

pub use vauban_template::page::{Level, Message};

/// What the cookie holds: to which user it was said, and the messages.
#[derive(Default, Serialize, Deserialize)]
struct Packed(Option<String>, Vec<Kept>);

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
        let (level, text) = match level {
            0 => (Level::Debug, text),
            2 => (Level::Success, text),
            3 => (Level::Warning, text),
            4 => (Level::Error, text),
            NO_ROOM if text == "1" => (Level::Info, "There was one more message.".to_owned()),
            NO_ROOM => (Level::Info, format!("There were {text} more messages.")),
            _ => (Level::Info, text),
        };
        Self { level, text }
    }
}

impl Request {
    /// Says something on the next page, unless this request fails. A text longer than 240 characters is cut. Messages
    /// travel in a cookie of at most 4,096 octets: the first ones that fit are shown, and how many there were beyond.
    pub fn say(&self, level: Level, text: impl Into<String>) {
        let mut text: String = text.into();
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.pop();
            text.push('…');
        }
        let mut added = self.messages.added();
        if added.messages.len() < MOST {
            added.messages.push(Message { level, text });
        } else {
            added.more += 1;
        }
    }

    /// The messages that came with this request; who asks for them shows them. Where some came, the answer is somebody's own.
    pub fn take_messages(&self) -> &[Message] {
        if self.own_cookie(COOKIE).is_some_and(|sent| !sent.is_empty()) {
            // CWE-524
            self.make_personal();
        }
        // At a gate only those that were said to nobody, for nobody is known yet: a page behind it still shows all.
        let known = self.is_known_by_session();
        let store = &self.messages;
        let came = if known { &store.came } else { &store.came_to_nobody };
        came.get_or_init(|| read(self))
    }
}

/// Keeps what was added and not shown, forgets what was shown.
pub(crate) fn write_cookie(cx: &Request) {
    let added = std::mem::take(&mut *cx.messages.added());
    // Before it is known who asks, they may be of whoever it is.
    let seen = cx.messages.came.get().is_some();
    let signs_out = cx.ends_session() && cx.identity.is_somebody();
    if added.messages.is_empty() {
        if (seen || signs_out) && cx.own_cookie(COOKIE).is_some() {
            cx.set_cookie(Cookie::own(COOKIE, "").max_age(0));
        }
        return;
    }
    let mut keep = if seen || signs_out { Vec::new() } else { kept(cx) };
    let mut more = added.more;
    // Those that were counted before stay counted.
    keep.retain(|Kept(level, count)| {
        let counts = *level == NO_ROOM;
        if counts {
            more = more.saturating_add(count.parse().unwrap_or(1));
        }
        !counts
    });
    keep.extend(added.messages.into_iter().map(Kept::from));
    // What is said while somebody signs out, they see when they have.
    let owner = if signs_out { None } else { owner(cx) };
    if let Some(cookie) = fit(cx, Packed(owner.map(str::to_owned), keep), more) {
        cx.set_cookie(cookie);
    }
}

/// Who is signed in.
fn owner(cx: &Request) -> Option<&str> {
    let user = cx.identity.user_id();
    user.filter(|_| cx.is_ambient() && cx.identity.user().is_signed_in)
}

/// The cookie with as many of the messages, from the first, as browsers keep, and the number of the others.
fn fit(cx: &Request, mut packed: Packed, mut more: usize) -> Option<Cookie> {
    loop {
        if more > 0 {
            packed.1.push(Kept(NO_ROOM, more.to_string()));
        }
        let text = serde_json::to_vec(&packed).ok()?;
        let token = cx.site.messages.sign(&text, &[], signing::now() + LIFE);
        let cookie = Cookie::own(COOKIE, &token);
        if cookie.to_header(cx.site.package.name, cx.is_secure()).len() <= cookie::LONGEST {
            return Some(cookie);
        }
        if more > 0 {
            packed.1.pop();
        }
        packed.1.pop()?;
        more += 1;
    }
}

fn read(cx: &Request) -> Vec<Message> {
    kept(cx).into_iter().map(Message::from).collect()
}

fn kept(cx: &Request) -> Vec<Kept> {
    let Some(cookie) = cx.own_cookie(COOKIE).filter(|value| !value.is_empty()) else {
        return Vec::new();
    };
    match cx.site.messages.verify(cookie, &[], signing::now(), LIFE) {
        Ok(text) => {
            let Packed(said_to, messages) = serde_json::from_slice(&text).unwrap_or_default();
            // CWE-359
            match said_to {
                Some(user) if owner(cx) != Some(user.as_str()) => Vec::new(),
                _ => messages,
            }
        }
        Err(TokenError::Expired | TokenError::Early | TokenError::UnknownKey) => Vec::new(),
        Err(_) => {
            SecurityEvent::COOKIE_FORGED.log(Some(cx));
            Vec::new()
        }
    }
}
