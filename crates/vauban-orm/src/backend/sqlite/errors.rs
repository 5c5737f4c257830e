//! What SQLite says is wrong, by kind.

use rusqlite::{ErrorCode, ffi};

use crate::error::{DatabaseError, Error, Refusal};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let code = match &error {
            rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => {
                Some(error.code)
            }
            _ => None,
        };
        match code {
            Some(ErrorCode::OperationInterrupted) => Self::TooMuchWork,
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Busy("another process holds it"),
            Some(ErrorCode::DiskFull) => Self::Unavailable("the disk is full"),
            _ => Self::Database(error.into()),
        }
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(error.to_string(), refusal(&error))
    }
}

/// Which constraint refuses, from a text like `UNIQUE constraint failed: task.team_id, task.number`.
fn refusal(error: &rusqlite::Error) -> Option<Refusal> {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return None;
    };
    let what = message.as_deref().unwrap_or_default();
    let what = what.split_once(": ").map_or(what, |(_, what)| what);
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            // Of an index that is of more than columns, its name is all that is said.
            let named = what
                .strip_prefix("index '")
                .and_then(|rest| rest.strip_suffix('\''));
            if let Some(name) = named {
                return Some(Refusal::UniqueKey(name.to_owned()));
            }
            Some(Refusal::Unique(what.split(", ").map(str::to_owned).collect()))
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => Some(Refusal::NotNull(what.to_owned())),
        ffi::SQLITE_CONSTRAINT_CHECK => Some(Refusal::Check(what.to_owned())),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => Some(Refusal::ForeignKey),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever statement meets another process's lock: come again, not "our fault".
    #[test]
    fn a_busy_database_is_busy_and_not_broken() {
        for (code, status) in [
            (ffi::SQLITE_BUSY, 503),
            (ffi::SQLITE_BUSY | (1 << 8), 503), // RECOVERY
            (ffi::SQLITE_BUSY | (2 << 8), 503), // SNAPSHOT
            (ffi::SQLITE_BUSY | (3 << 8), 503), // TIMEOUT
            (ffi::SQLITE_LOCKED, 503),
            (ffi::SQLITE_LOCKED | (1 << 8), 503), // SHAREDCACHE
            (ffi::SQLITE_PROTOCOL, 503),
            (ffi::SQLITE_FULL, 503),
            (ffi::SQLITE_INTERRUPT, 503),
            (ffi::SQLITE_CORRUPT, 500),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(Error::from(error).status(), status, "{code}");
        }
    }

    #[test]
    fn a_refusal_names_what_refuses() {
        let sqlite = rusqlite::Connection::open_in_memory().unwrap();
        sqlite
            .execute_batch(
                "PRAGMA foreign_keys = ON; CREATE TABLE one (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER, \
                 c INTEGER REFERENCES one (id), UNIQUE (a, b), CONSTRAINT small CHECK (b < 9)); \
                 CREATE UNIQUE INDEX folded ON one (-b) WHERE b > 6; \
                 INSERT INTO one VALUES (1, 1, 1, NULL), (3, 3, 7, NULL)",
            )
            .unwrap();
        for (row, expected) in [
            (
                "2, 1, 1, NULL",
                Refusal::Unique(vec!["one.a".into(), "one.b".into()]),
            ),
            ("1, 2, 1, NULL", Refusal::Unique(vec!["one.id".into()])),
            ("2, NULL, 1, NULL", Refusal::NotNull("one.a".into())),
            ("2, 2, 9, NULL", Refusal::Check("small".into())),
            ("2, 2, 2, 7", Refusal::ForeignKey),
            ("4, 4, 7, NULL", Refusal::UniqueKey("folded".into())),
        ] {
            let error = sqlite
                .execute_batch(&format!("INSERT INTO one VALUES ({row})"))
                .unwrap_err();
            assert_eq!(DatabaseError::from(error).refusal(), Some(&expected), "{row}");
        }
    }
}
