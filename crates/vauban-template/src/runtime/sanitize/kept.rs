//! What was made of a text is kept, so that a page that many read costs its rich text once (CWE-400: whoever asks for a long
//! article again and again has the site read it once).

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use crate::runtime::safe::SafeHtml;

/// Bytes of texts and markup in each of two generations: what was not asked for while one filled goes with it.
const GENERATION: usize = 4 * 1024 * 1024;
/// A shorter text is made as fast as it is found.
const SHORTEST: usize = 256;

/// What makes markup of a text, by name.
pub(super) type Maker = &'static str;

/// The whole text is the key: no two texts are ever taken for each other.
type Made = HashMap<(Maker, Box<str>), SafeHtml>;

#[derive(Default)]
pub(super) struct Kept {
    young: Made,
    old: Made,
    /// Of the young ones.
    bytes: usize,
}

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

/// What `make` makes of the text, or has made of it before.
pub(super) fn kept(maker: Maker, text: &str, make: impl FnOnce(&str) -> SafeHtml) -> SafeHtml {
    if text.len() < SHORTEST {
        return make(text);
    }
    let lock = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (maker, Box::from(text));
    if let Some(html) = lock().get_or_insert_default().get(&key) {
        return html;
    }
    // Not under the lock: others need not wait for a long text.
    let html = make(text);
    lock().get_or_insert_default().put(key, html.clone());
    html
}

#[cfg(test)]
pub(super) fn holds(maker: Maker, text: &str) -> bool {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get_or_insert_default()
        .get(&(maker, Box::from(text)))
        .is_some()
}

impl Kept {
    fn get(&mut self, key: &(Maker, Box<str>)) -> Option<SafeHtml> {
        if let Some(html) = self.young.get(key) {
            return Some(html.clone());
        }
        let (key, html) = self.old.remove_entry(key)?;
        self.put(key, html.clone());
        Some(html)
    }

    fn put(&mut self, key: (Maker, Box<str>), html: SafeHtml) {
        let bytes = key.1.len() + html.as_str().len();
        if bytes > GENERATION / 4 {
            return;
        }
        if self.bytes + bytes > GENERATION {
            self.old = mem::take(&mut self.young);
            self.bytes = 0;
        }
        if self.young.insert(key, html).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// CWE-400. Attack: asking for one long text again and again.
    #[test]
    fn cwe_400_a_text_is_made_once() {
        let times = Cell::new(0);
        let make = |text: &str| {
            times.set(times.get() + 1);
            SafeHtml::text(text)
        };
        let long = "a long article, ".repeat(50);
        let html = kept("comment", &long, make);
        for _ in 0..10 {
            assert_eq!(kept("comment", &long, make).as_str(), html.as_str());
        }
        assert_eq!(times.get(), 1);
        // By another profile it is another text, and so is one that differs in its last letter.
        kept("rich", &long, make);
        kept("comment", &format!("{long}."), make);
        assert_eq!(times.get(), 3);
    }

    /// CWE-770. Attack: as many long texts as one likes.
    #[test]
    fn cwe_770_what_is_kept_is_bounded() {
        let mut kept = Kept::default();
        let key = |nth: usize| ("comment", format!("{nth:1000}").into_boxed_str());
        let html = SafeHtml::text("x");
        for nth in 0..20_000 {
            kept.put(key(nth), html.clone());
            // What is asked for stays.
            assert!(kept.get(&key(0)).is_some(), "{nth}");
        }
        assert!(kept.bytes <= GENERATION);
        let bytes = |made: &Made| made.keys().map(|(_, text)| text.len()).sum::<usize>();
        assert!(bytes(&kept.young) + bytes(&kept.old) <= 2 * GENERATION);
        assert!(kept.get(&key(1)).is_none());
        kept.put(("comment", " ".repeat(GENERATION).into()), html);
        assert!(bytes(&kept.young) <= GENERATION);
    }
}
