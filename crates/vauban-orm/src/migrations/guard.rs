//! What no migration's SQL may do, whoever wrote it: end the transaction that makes it whole or nothing, or write the record
//! of what was applied.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::owned::{KEYS, RECORD};

/// Looks at every statement before it runs.
pub(super) struct Guard {
    watches: Arc<AtomicBool>,
    refused: Arc<Mutex<Option<String>>>,
}

impl Guard {
    /// Looks at the statements of this connection from now on, while it [watches](Self::watching).
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        let guard = Self {
            watches: Arc::default(),
            refused: Arc::default(),
        };
        let (watches, refused) = (Arc::clone(&guard.watches), Arc::clone(&guard.refused));
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            let problem = watches
                .load(Ordering::Relaxed)
                .then(|| forbidden(&context))
                .flatten();
            let Some(problem) = problem else {
                return Authorization::Allow;
            };
            *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            Authorization::Deny
        }))?;
        Ok(guard)
    }

    /// Looks at no statement any more.
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn remove(self, connection: &mut Connection) -> rusqlite::Result<()> {
        connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
    }

    /// Runs a migration's own SQL.
    pub(super) fn watching<T>(&self, run: impl FnOnce() -> T) -> T {
        self.watches.store(true, Ordering::Relaxed);
        let out = run();
        self.watches.store(false, Ordering::Relaxed);
        out
    }

    /// What was refused last, and what to write instead.
    pub(super) fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn forbidden(context: &AuthContext<'_>) -> Option<String> {
    let table = match context.action {
        // CWE-460: what ran before it would stay, unrecorded, when a later step fails.
        AuthAction::Transaction { .. } => {
            return Some(
                "a migration is one transaction, which Vauban begins and ends: take BEGIN, COMMIT and ROLLBACK out"
                    .to_owned(),
            );
        }
        AuthAction::Insert { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Delete { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. } => table_name,
        _ => return None,
    };
    // CWE-345: what was applied is written by what applied it.
    if table.eq_ignore_ascii_case(RECORD) {
        return Some(format!(
            "`{RECORD}` is the framework's record of what was applied: take it out"
        ));
    }
    // CWE-324: which keys there are, and what they are for, is written by what seals.
    let keys = table.eq_ignore_ascii_case(KEYS);
    keys.then(|| format!("`{KEYS}` is the framework's record of its keys: take it out"))
}
