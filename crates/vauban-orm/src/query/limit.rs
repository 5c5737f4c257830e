//! At most so many rows, from one on.

use super::select::Select;
use crate::sql::dialect::Dialect;
use crate::sql::render::Renderer;
use crate::tree::expr::{Bind, push_number};
use crate::tree::value::Kind;

/// Up to here a limit stands in PostgreSQL's text: of a parameter it guesses that a tenth of all rows is wanted, finds no plan for
/// all values that is as good as one for these, and plans each time anew. CWE-770: one query is no more texts than this, whatever
/// a request takes for its limit. SQLite, told how few are wanted, rather sorts the whole table than go along an index.
const WRITTEN: i64 = 200;

impl Select {
    pub(super) fn limit_shape(&self, dialect: Dialect, key: &mut Vec<u8>, values: &mut Vec<Bind<'_>>) {
        let Some(limit) = self.limit else {
            key.push(0);
            return;
        };
        match self.written(dialect) {
            Some(limit) => {
                key.push(1);
                push_number(key, limit);
            }
            None => {
                key.push(2);
                values.push(Bind::Int(limit));
            }
        }
        key.push(u8::from(self.offset > 0));
        if self.offset > 0 {
            values.push(Bind::Int(self.offset));
        }
    }

    pub(super) fn limited(&self, renderer: &mut Renderer<'_>) -> String {
        if self.limit.is_none() {
            return String::new();
        }
        let limit = match self.written(renderer.dialect()) {
            Some(limit) => limit.to_string(),
            None => renderer.one(Kind::BigInt),
        };
        match self.offset {
            0 => format!(" LIMIT {limit}"),
            _ => format!(" LIMIT {limit} OFFSET {}", renderer.one(Kind::BigInt)),
        }
    }

    fn written(&self, dialect: Dialect) -> Option<usize> {
        let is_written = |limit: &i64| dialect == Dialect::Postgres && *limit <= WRITTEN;
        usize::try_from(self.limit.filter(is_written)?).ok()
    }
}
