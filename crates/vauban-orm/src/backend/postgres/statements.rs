//! Prepared statements of a connection, by their text: so many of them and so many bytes (CWE-770); what was not used for
//! the longest time goes first, and PostgreSQL forgets it with us.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio_postgres::Statement;

use crate::sql::statement::Parameter;

/// Statements of a connection.
const MOST: usize = 256;
/// Bytes of their texts; PostgreSQL keeps some ten times as many.
const MOST_BYTES: usize = 1 << 20;
/// Bytes of a text that is kept: a larger one is prepared for one use.
pub(super) const LARGEST: usize = MOST_BYTES / 32;

/// Prepared once: who needs it meanwhile waits for that.
pub(super) type Cell = Arc<OnceCell<Statement>>;

#[derive(Default)]
pub(super) struct Statements {
    by_text: HashMap<Arc<str>, Kept>,
    /// Who goes next, unless used meanwhile.
    order: VecDeque<Arc<str>>,
    bytes: usize,
}

struct Kept {
    cell: Cell,
    /// Its parameters' types: one text with others is another statement.
    parameters: Box<[Parameter]>,
    /// Since it was last passed over.
    used: bool,
}

impl Statements {
    /// The statement of this text, prepared or not; nothing for one that is not kept.
    pub(super) fn get(&mut self, text: &str, parameters: &[Parameter]) -> Option<Cell> {
        if let Some(kept) = self.by_text.get_mut(text) {
            if *kept.parameters != *parameters {
                return None;
            }
            kept.used = true;
            return Some(Arc::clone(&kept.cell));
        }
        if text.len() > LARGEST {
            return None;
        }
        while self.by_text.len() >= MOST || self.bytes + text.len() > MOST_BYTES {
            if !self.drop_oldest() {
                break;
            }
        }
        let key: Arc<str> = text.into();
        let cell = Cell::default();
        self.bytes += text.len();
        self.order.push_back(Arc::clone(&key));
        let kept = Kept {
            cell: Arc::clone(&cell),
            parameters: parameters.into(),
            used: false,
        };
        self.by_text.insert(key, kept);
        Some(cell)
    }

    /// Forgets one that cannot be used any more.
    pub(super) fn forget(&mut self, text: &str) {
        if self.by_text.remove(text).is_some() {
            self.bytes -= text.len();
            self.order.retain(|key| &**key != text);
        }
    }

    fn drop_oldest(&mut self) -> bool {
        while let Some(key) = self.order.pop_front() {
            match self.by_text.get_mut(&key) {
                Some(kept) if kept.used => {
                    kept.used = false;
                    self.order.push_back(key);
                }
                _ => {
                    self.by_text.remove(&key);
                    self.bytes -= key.len();
                    return true;
                }
            }
        }
        false
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::value::Kind;

    /// CWE-770. Attack: a new text for each number of words, for ever.
    #[test]
    fn statements_are_bounded_in_number_and_in_bytes_and_the_oldest_go_first() {
        for length in [10, 20_000] {
            let mut statements = Statements::default();
            let common = statements.get("common", &[]).unwrap();
            for i in 0..600 {
                statements.get(&format!("{i:0length$}"), &[]).unwrap();
                assert!(
                    Arc::ptr_eq(&statements.get("common", &[]).unwrap(), &common),
                    "what is used stays"
                );
                assert!(statements.by_text.len() <= MOST && statements.bytes <= MOST_BYTES);
                assert_eq!(statements.order.len(), statements.by_text.len());
            }
            let newest = format!("{:0length$}", 599);
            assert!(statements.by_text.contains_key(newest.as_str()));
            statements.forget(&newest);
            assert!(!statements.by_text.contains_key(newest.as_str()));
            let held: usize = statements.order.iter().map(|key| key.len()).sum();
            assert_eq!(statements.bytes, held);
        }
        let mut statements = Statements::default();
        statements.get("SELECT $1", &[Parameter::One(Kind::Int)]).unwrap();
        assert!(
            statements
                .get("SELECT $1", &[Parameter::One(Kind::Text)])
                .is_none()
        );
        assert!(Statements::default().get(&"x".repeat(LARGEST + 1), &[]).is_none());
    }
}
