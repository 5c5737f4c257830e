//! Bringing a PostgreSQL database to what the files say, under a lock.

mod analyzed;
pub(super) mod asked;
mod attached;
mod guard;
mod kept;
mod made;
pub(super) mod recorded;
mod removed;
mod roles;
mod secure;
mod too_much;

use std::time::Duration;

use asked::{refused, refused_step, setup, texts};
use recorded::{begin, ready, record, recorded};
pub(crate) use secure::{secure, secured};

use super::apply::{Applied, Pending, compared};
use super::data::{self, DataMigrationMeta};
use super::ddl;
use super::found::Difference;
use super::owned::RECORD;
use super::plan::{self, Step, Target};
use super::record::{UsedKey, since};
use super::set::Set;
use super::state::State;
use super::{MigrationError, make};
use crate::backend::postgres::{Connection, Failure};
use crate::sql::dialect::Dialect;
use crate::tree::meta::ModelMeta;

/// How a database and these migrations differ. Writes nothing.
///
/// # Errors
/// Files that cannot be read; a database that cannot be asked.
pub(crate) async fn pending(connection: &Connection, sets: &[Set]) -> Result<Pending, MigrationError> {
    let recorded = recorded(connection).await.map_err(setup)?;
    let mut age = Duration::ZERO;
    if !recorded.is_empty() {
        let first = texts(connection, "SELECT min(\"applied\") FROM \"vauban_migration\"")
            .await
            .map_err(setup)?;
        age = first
            .first()
            .and_then(|row| row.first())
            .map_or(Duration::ZERO, |first| since(first));
    }
    let mut out = compared(sets, recorded, age)?;
    out.half = data::postgres::half(connection).await?;
    Ok(out)
}

/// The keys that rows may use.
///
/// # Errors
/// A database that cannot be asked.
pub(crate) async fn used_keys(connection: &Connection) -> Result<Vec<UsedKey>, MigrationError> {
    recorded::used_keys(connection).await.map_err(setup)
}

/// What is to be done with this database, in order. Writes nothing.
///
/// # Errors
/// As [`plan`](super::plan()).
pub(crate) async fn plan(
    connection: &Connection,
    sets: &[Set],
    target: &Target,
    models: &[&'static ModelMeta],
) -> Result<Vec<Step>, MigrationError> {
    let applied = recorded(connection).await.map_err(setup)?.into_keys().collect();
    let migrations = plan::ordered_for(sets, Dialect::Postgres, models)?;
    let (steps, _) = plan::steps(&migrations, &applied, target, Dialect::Postgres)?;
    Ok(steps)
}

/// Brings the database to `target`, each migration whole or not at all. Two processes may try at once: the second waits, and
/// finds the work done.
///
/// # Errors
/// As [`apply`](super::apply()).
pub(crate) async fn apply(
    connection: &Connection,
    sets: &[Set],
    target: &Target,
    models: &[&'static ModelMeta],
    functions: &[DataMigrationMeta],
    mut on_applied: impl FnMut(&Applied),
) -> Result<Vec<Applied>, MigrationError> {
    roles::may_migrate(connection, models).await?;
    ready(connection).await.map_err(setup)?;
    let changed = pending(connection, sets).await?.changed;
    if !changed.is_empty() {
        return Err(MigrationError::Changed { migrations: changed });
    }
    let (mut done, mut made_steps) = (Vec::new(), Vec::new());
    let steps = plan(connection, sets, target, models).await?;
    data::check(&steps, functions)?;
    data::postgres::refuse_half(connection, &steps).await?;
    for step in steps {
        let made = match data::goes_through_rows(&step) {
            true => data::postgres::run(connection, &step, functions).await,
            false => make_step(connection, &step).await,
        };
        if made.is_err() && connection.is_in_transaction() {
            // Where that fails, the connection is broken, and PostgreSQL undoes it by itself.
            let _ = connection.rollback().await;
        }
        if made? {
            let applied = Applied::of(&step);
            on_applied(&applied);
            done.push(applied);
            made_steps.push(step);
        }
    }
    analyzed::analyze(connection, &made_steps).await;
    Ok(done)
}

/// Makes the models' tables in an empty database, without files: for tests.
///
/// # Errors
/// What the database says.
pub(crate) async fn create_all(
    connection: &Connection,
    models: &[&'static ModelMeta],
) -> Result<(), MigrationError> {
    connection.batch(recorded::KEYS).await.map_err(setup)?;
    let statements = plan::statements(
        &make::from_nothing(models),
        &mut State::default(),
        Dialect::Postgres,
    );
    let statements = statements.map_err(MigrationError::Set)?;
    for statement in statements {
        let made = connection.batch(&statement).await;
        made.map_err(|failure| refused("create_all", &statement, failure))?;
    }
    Ok(())
}

/// How a database's tables differ from those of its program's models, as PostgreSQL's catalogue tells them.
///
/// # Errors
/// A database that cannot be asked.
pub(crate) async fn differences(
    connection: &Connection,
    models: &[&'static ModelMeta],
) -> Result<Difference, MigrationError> {
    let here = "c.relnamespace = current_schema()::regnamespace";
    let columns = format!(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attnotnull::text
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind = 'r' AND {here} AND a.attnum > 0 AND NOT a.attisdropped"
    );
    let columns = texts(connection, &columns).await.map_err(setup)?;
    let attached = attached::Attached::of(connection).await.map_err(setup)?;
    let mut out = Difference::default();
    for (table, state) in &State::of_models(models).tables {
        let mine: Vec<&[String]> = columns
            .iter()
            .filter(|row| row[0] == *table)
            .map(|row| &row[1..])
            .collect();
        if mine.is_empty() {
            out.missing.push(format!("the table `{table}`"));
            continue;
        }
        for column in &state.columns {
            let name = &column.name;
            let wanted = (ddl::postgres::plain_type_of(column.kind), !column.null);
            match mine.iter().find(|found| found[0] == *name) {
                None => out.missing.push(format!("the column `{name}` of `{table}`")),
                Some(found) if (found[1].as_str(), found[2] == "true") != wanted => {
                    let null = |needed| if needed { " NOT NULL" } else { "" };
                    out.missing.push(format!(
                        "the column `{name}` of `{table}` as {}{} (it is {}{})",
                        wanted.0,
                        null(wanted.1),
                        found[1],
                        null(found[2] == "true")
                    ));
                }
                Some(_) => {}
            }
        }
        let more = mine.iter().filter(|found| state.column(&found[0]).is_none());
        out.more
            .extend(more.map(|found| format!("the column `{}` of `{table}`", found[0])));
        let missing = attached.missing(table, state).into_iter();
        out.missing
            .extend(missing.map(|what| format!("the {what} of `{table}`")));
    }
    Ok(out)
}

/// Whether there was something to do still.
async fn make_step(connection: &Connection, step: &Step) -> Result<bool, MigrationError> {
    begin(connection).await.map_err(setup)?;
    // Under the lock: who had it before may have done it.
    let mut had = recorded(connection).await.map_err(setup)?;
    if had.contains_key(&step.id()) != step.back {
        connection.rollback().await.map_err(setup)?;
        return Ok(false);
    }
    // A COMMIT that the words hide would leave half of it: this place, or the transaction's number, would not be there then.
    let own = number(connection).await.map_err(setup)?;
    connection.savepoint(0).await.map_err(setup)?;
    let made = make_operations(connection, step).await;
    let ended = match &made {
        Ok(()) => connection.release(0).await,
        Err(_) => connection.rollback_to(0).await,
    };
    let is_whole = match ended {
        Ok(()) => number(connection).await.map_err(setup)? == own,
        Err(Failure::Other { .. }) => false,
        // The connection broke, and PostgreSQL undoes it.
        Err(failure) => return Err(made.err().unwrap_or_else(|| setup(failure))),
    };
    if !is_whole {
        return Err(MigrationError::Torn {
            migration: step.id(),
            error: made.err().map(|error| match error {
                MigrationError::Database { statement, error, .. } => format!("{error}\n  in: {statement}"),
                error => error.to_string(),
            }),
        });
    }
    made?;
    record(connection, step).await.map_err(setup)?;
    if step.back {
        had.remove(&step.id());
    } else {
        had.insert(step.id(), step.migration.checksum.clone());
    }
    // CWE-345: what was applied is written by what applied it, whatever way there was.
    if recorded(connection).await.map_err(setup)? != had {
        return Err(MigrationError::Forbidden {
            migration: step.id(),
            statement: "its SQL, or what it made (a trigger, a rule, a function)".to_owned(),
            problem: format!(
                "`{RECORD}` is the framework's record of what was applied, and other rows of it were changed"
            ),
        });
    }
    let committed = connection.commit().await;
    committed.map_err(|failure| refused(&step.id(), "COMMIT", failure))?;
    Ok(true)
}

async fn make_operations(connection: &Connection, step: &Step) -> Result<(), MigrationError> {
    let file = |problem| MigrationError::File {
        migration: step.id(),
        problem,
    };
    let mut state = step.before.clone();
    for operation in &step.operations {
        for statement in Dialect::Postgres.statements(operation, &state).map_err(file)? {
            if let Some(problem) = guard::forbidden(&statement) {
                return Err(MigrationError::Forbidden {
                    migration: step.id(),
                    statement,
                    problem,
                });
            }
        }
        state.apply(operation).map_err(file)?;
    }
    state = step.before.clone();
    for operation in &step.operations {
        secure::let_go(connection, operation).await.map_err(setup)?;
        if let Some((table, difference)) = kept::lost(connection, operation, &state).await.map_err(setup)? {
            return Err(difference.refuses(step.id(), table));
        }
        if made::is_made(connection, &step.id(), operation).await? {
            state.apply(operation).map_err(file)?;
            continue;
        }
        for statement in Dialect::Postgres.statements(operation, &state).map_err(file)? {
            let made = connection.batch(&statement).await;
            made.map_err(|failure| refused_step(&step.id(), operation, &statement, failure))?;
        }
        state.apply(operation).map_err(file)?;
    }
    Ok(())
}

/// The number of the transaction that is open.
async fn number(connection: &Connection) -> Result<Vec<Vec<String>>, Failure> {
    texts(connection, "SELECT txid_current()::text").await
}

#[cfg(test)]
mod tests;
