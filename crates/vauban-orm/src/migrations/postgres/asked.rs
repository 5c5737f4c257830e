//! Asking PostgreSQL, and what it says.

use super::super::MigrationError;
use super::super::operation::Operation;
use crate::backend::postgres::{Connection, Failure};
use crate::error::DatabaseError;
use crate::tree::value::ValueRef;

/// Rows of texts; what is no text is empty.
pub(in crate::migrations) async fn texts(
    connection: &Connection,
    sql: &str,
) -> Result<Vec<Vec<String>>, Failure> {
    let mut rows = Vec::new();
    connection
        .fetch(sql, &[], [].into_iter(), |row| {
            let text = |at| match row.value(at) {
                Ok(ValueRef::Text(text)) => text.to_owned(),
                _ => String::new(),
            };
            rows.push((0..row.len()).map(text).collect());
            Ok::<_, Failure>(())
        })
        .await?;
    Ok(rows)
}

/// The first text of the first row.
pub(super) async fn one(connection: &Connection, sql: &str) -> Result<Option<String>, Failure> {
    let rows = texts(connection, sql).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()))
}

/// As [`refused`], with what to do about it.
pub(in crate::migrations) fn refused_step(
    migration: &str,
    operation: &Operation,
    statement: &str,
    failure: Failure,
) -> MigrationError {
    let mut told = refused(migration, statement, failure);
    if let MigrationError::Database { error, .. } = &mut told {
        *error = DatabaseError::new(operation.with_remedy(&error.to_string()), None);
    }
    told
}

/// What PostgreSQL said of a statement.
pub(in crate::migrations) fn refused(migration: &str, statement: &str, failure: Failure) -> MigrationError {
    match failure {
        Failure::LockTimeout => MigrationError::Locked,
        failure => MigrationError::Database {
            migration: migration.to_owned(),
            statement: statement.to_owned(),
            error: DatabaseError::new(failure.to_string(), None),
        },
    }
}

/// What it said of what is asked around them.
pub(in crate::migrations) fn setup(failure: Failure) -> MigrationError {
    refused("(the list of applied ones)", "vauban_migration", failure)
}

/// Runs a statement that is part of no migration.
pub(super) async fn run(connection: &Connection, sql: &str) -> Result<(), MigrationError> {
    let done = connection.batch(sql).await;
    done.map_err(|failure| refused("row security", sql, failure))
}
