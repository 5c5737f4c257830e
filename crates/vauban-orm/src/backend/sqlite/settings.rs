//! What every connection to SQLite has set, whatever it is for.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

/// Sets it: whoever opens a connection calls this before the first statement.
///
/// # Errors
/// What SQLite says.
pub(crate) fn settle(sqlite: &Connection) -> rusqlite::Result<()> {
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // CWE-89: a double-quoted name that does not exist is an error, not a text. A condition with a mistyped column would be
    // true for every row.
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    sqlite.pragma_update(None, "trusted_schema", false)?;
    sqlite.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    sqlite.pragma_update(None, "foreign_keys", true)
}
