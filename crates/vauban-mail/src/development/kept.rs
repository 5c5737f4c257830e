//! Letters that were sent nowhere.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::letter::Letter;

/// How many are kept.
const MOST: usize = 200;

/// The letters, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<VecDeque<Letter>>);

impl Kept {
    pub(crate) fn keep(&self, letter: Letter) {
        tracing::info!(
            target: "vauban::mail",
            to = %letter.to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            subject = letter.subject.as_str(),
            "a mail is kept, not sent: look at it at /dev/mail/"
        );
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back(letter);
    }

    pub(crate) fn all(&self) -> Vec<Letter> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().cloned().collect()
    }

    #[cfg(debug_assertions)]
    pub(crate) fn find(&self, id: &str) -> Option<Letter> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|letter| letter.id() == id).cloned()
    }
}
