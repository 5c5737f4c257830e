//! `instr` in linear time, and counted (CWE-400, CWE-407).
//!
//! SQLite's own tries the text at every place, inside one step of its machine: a long pattern over a few hundred rows
//! takes half a second that no limit on steps sees. Ours searches in linear time, and what it looks at is charged to the
//! statement's work.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

/// Bytes that are looked at for the price of one stride of steps.
const BYTES: usize = 4096;

/// Puts it in the place of SQLite's own, on this connection.
pub(super) fn install(sqlite: &Connection, work: &Arc<AtomicI64>) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    let work = Arc::clone(work);
    sqlite.create_scalar_function("instr", 2, flags, move |call| instr(call, &work))
}

/// The place of the second in the first, from 1; 0 if it is not there; nothing where one is nothing.
fn instr(call: &Context<'_>, work: &AtomicI64) -> rusqlite::Result<Option<i64>> {
    let (text, pattern) = (call.get_raw(0), call.get_raw(1));
    let (Some(inside), Some(looked_for)) = (bytes(text), bytes(pattern)) else {
        return Ok(None);
    };
    // The progress handler ends the statement once nothing is left.
    let cost = (inside.len() + looked_for.len()) / BYTES;
    if cost > 0 {
        work.fetch_sub(i64::try_from(cost).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
    let found = memchr::memmem::find(&inside, &looked_for);
    let blobs = matches!((text, pattern), (ValueRef::Blob(_), ValueRef::Blob(_)));
    Ok(Some(match found {
        None => 0,
        // Blobs are counted in bytes, texts in characters.
        Some(at) if blobs => at as i64 + 1,
        Some(at) => inside[..at].iter().filter(|byte| **byte & 0xc0 != 0x80).count() as i64 + 1,
    }))
}

fn bytes(value: ValueRef<'_>) -> Option<Cow<'_, [u8]>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into_bytes().into()),
        ValueRef::Real(number) => Some(number.to_string().into_bytes().into()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same answers as SQLite's own.
    #[test]
    fn it_answers_as_sqlite_does() {
        let (own, ours) = (
            Connection::open_in_memory().unwrap(),
            Connection::open_in_memory().unwrap(),
        );
        install(&ours, &Arc::new(AtomicI64::new(0))).unwrap();
        for call in [
            "instr('abc', 'c')",
            "instr('abc', '')",
            "instr('', '')",
            "instr('', 'a')",
            "instr('\u{e4}\u{f6}\u{fc}', '\u{fc}')",
            "instr('aab', 'ab')",
            "instr(NULL, 'a')",
            "instr('a', NULL)",
            "instr(12345, 34)",
            "instr(x'010203', x'03')",
            "instr(x'c3a4', x'a4')",
            "instr('abc', x'63')",
        ] {
            let ask = |c: &Connection| {
                c.query_row(&format!("SELECT {call}"), [], |row| row.get::<_, Option<i64>>(0))
                    .unwrap()
            };
            assert_eq!(ask(&ours), ask(&own), "{call}");
        }
    }
}
