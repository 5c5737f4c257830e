//! Data migrations on PostgreSQL.

use uuid::Uuid;

use super::super::MigrationError;
use super::super::owned::{PROGRESS, RECORD};
use super::super::plan::Step;
use super::super::postgres::asked::{refused, setup, texts};
use super::super::postgres::recorded::{begin, is_recorded, record};
use super::each::Each;
use super::function::DataMigrationMeta;
use super::progress::{self, Half, Progress, hex, unhex};
use crate::backend::postgres::{Connection, Failure};
use crate::sql::dialect::Dialect;
use crate::sql::statement::Parameter;
use crate::tree::expr::Bind;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// The data migrations that are half made or half undone, as far as this database knows.
///
/// # Errors
/// What the database says.
pub(in crate::migrations) async fn half(connection: &Connection) -> Result<Vec<String>, MigrationError> {
    Ok(progress(connection).await.map_err(setup)?.into_keys().collect())
}

/// See [`refuse_half`](progress::refuse_half).
///
/// # Errors
/// Those of it.
pub(in crate::migrations) async fn refuse_half(
    connection: &Connection,
    steps: &[Step],
) -> Result<(), MigrationError> {
    progress::refuse_half(&progress(connection).await.map_err(setup)?, steps)
}

/// Goes through the rows, some in a transaction, and on from where it was. Of one that fails, the transaction is left open.
///
/// # Errors
/// What the database or a function says; what was done before is kept.
pub(in crate::migrations) async fn run(
    connection: &Connection,
    step: &Step,
    functions: &[DataMigrationMeta],
) -> Result<bool, MigrationError> {
    let all = Each::all(step, functions)?;
    let mut any = false;
    loop {
        begin(connection).await.map_err(setup)?;
        // Under the lock: another process may have gone on with it, or ended it.
        if is_recorded(connection, &step.id()).await.map_err(setup)? != step.back {
            connection.rollback().await.map_err(setup)?;
            return Ok(any);
        }
        any = true;
        let now = progress(connection).await.map_err(setup)?.remove(&step.id());
        let mut now = now.unwrap_or_else(|| Progress::begun(step.back));
        let is_done = match all.get(now.operation) {
            None => true,
            Some(each) => {
                if !batch(connection, each, &mut now.last).await? {
                    now.operation += 1;
                    now.last = String::new();
                }
                false
            }
        };
        if is_done {
            forget(connection, step).await.map_err(setup)?;
            record(connection, step).await.map_err(setup)?;
        } else {
            keep(connection, step, &now).await.map_err(setup)?;
        }
        let committed = connection.commit().await;
        committed.map_err(|failure| refused(&step.id(), "COMMIT", failure))?;
        if is_done {
            return Ok(true);
        }
    }
}

/// The next rows; whether there were some.
async fn batch(connection: &Connection, each: &Each<'_>, last: &mut String) -> Result<bool, MigrationError> {
    if each.has_nothing_to_do() {
        return Ok(false);
    }
    let select = each.select(Dialect::Postgres);
    let refused = |failure: Failure| each.refused(&select, failure.to_string());
    let first = Value::Uuid(Uuid::from_slice(&unhex(last)).unwrap_or_default());
    // No key is before the first one.
    let key = [Parameter::One(Kind::Uuid)];
    let mut rows: Vec<Result<(Uuid, Vec<Value>), Mismatch>> = Vec::new();
    connection
        .fetch(&select, &key, std::iter::once(Bind::One(&first)), |row| {
            let read = || {
                let ValueRef::Blob(id) = row.value(0)? else {
                    return Err(Mismatch);
                };
                let values = (1..=each.columns.len()).map(|at| row.value(at).map(owned));
                Ok((
                    Uuid::from_slice(id).map_err(|_| Mismatch)?,
                    values.collect::<Result<_, _>>()?,
                ))
            };
            rows.push(read());
            Ok::<_, Failure>(())
        })
        .await
        .map_err(refused)?;
    // CWE-252: what cannot be read is not empty, or a function that fills what is would write over it.
    let rows: Result<Vec<_>, Mismatch> = rows.into_iter().collect();
    let rows =
        rows.map_err(|Mismatch| each.refused(&select, "a row does not have its columns' types".to_owned()))?;
    for (id, values) in &rows {
        let changed = each.changed(*id, values)?;
        if changed.is_empty() {
            continue;
        }
        let columns: Vec<_> = changed.iter().map(|(at, _)| *at).collect();
        let update = each.update(Dialect::Postgres, &columns);
        let kinds = columns
            .iter()
            .map(|at| Parameter::One(each.columns[*at].kind.on_a_server()));
        let parameters: Vec<_> = key.into_iter().chain(kinds).collect();
        let bound: Vec<_> = std::iter::once(Value::Uuid(*id))
            .chain(changed.into_iter().map(|(_, value)| value))
            .collect();
        let done = connection.execute(&update, &parameters, bound.iter().map(Bind::One));
        done.await
            .map_err(|failure| each.refused(&format!("{update} (the row {id})"), failure.to_string()))?;
    }
    match rows.last() {
        None => Ok(false),
        Some((id, _)) => {
            *last = hex(id.as_bytes());
            Ok(true)
        }
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(text.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

async fn is_there(connection: &Connection) -> Result<bool, Failure> {
    let found = texts(
        connection,
        &format!("SELECT 'there' WHERE to_regclass('{PROGRESS}') IS NOT NULL"),
    )
    .await?;
    Ok(!found.is_empty())
}

async fn progress(connection: &Connection) -> Result<Half, Failure> {
    if !is_there(connection).await? {
        return Ok(Half::new());
    }
    let rows = texts(
        connection,
        &format!(
            "SELECT \"package\" || '/' || \"name\", \"back\", \"operation\", \"last\" FROM \"{PROGRESS}\""
        ),
    )
    .await?;
    let rows = rows
        .into_iter()
        .filter_map(|row| <[String; 4]>::try_from(row).ok());
    let each = |[id, back, operation, last]: [String; 4]| {
        let progress = Progress {
            back: back == "back",
            operation: operation.parse().unwrap_or(0),
            last,
        };
        (id, progress)
    };
    Ok(rows.map(each).collect())
}

async fn keep(connection: &Connection, step: &Step, now: &Progress) -> Result<(), Failure> {
    if !is_there(connection).await? {
        let column = |name: &str| format!("\"{name}\" text COLLATE \"C\" NOT NULL");
        let columns = ["package", "name", "back", "operation", "last"]
            .map(column)
            .join(", ");
        connection
            .batch(&format!(
                "CREATE TABLE \"{PROGRESS}\" ({columns}, PRIMARY KEY (\"package\", \"name\"))"
            ))
            .await?;
        // Where one role migrates and another asks: who may read what was applied may read how far it is.
        let grants = format!(
            "SELECT format('GRANT SELECT ON %I TO %I', '{PROGRESS}', pg_get_userbyid(a.grantee))
               FROM pg_class c, aclexplode(c.relacl) a
              WHERE c.oid = to_regclass('{RECORD}') AND a.privilege_type = 'SELECT' AND a.grantee NOT IN (0, c.relowner)"
        );
        for grant in texts(connection, &grants).await?.into_iter().flatten() {
            connection.batch(&grant).await?;
        }
    }
    let direction = if now.back { "back" } else { "forward" };
    let values = [
        step.migration.package.clone(),
        step.migration.name.clone(),
        direction.to_owned(),
        now.operation.to_string(),
        now.last.clone(),
    ];
    let values = values.map(Value::Text);
    let sql = format!(
        "INSERT INTO \"{PROGRESS}\" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (\"package\", \"name\") DO UPDATE \
         SET \"back\" = $3, \"operation\" = $4, \"last\" = $5"
    );
    let done = connection.execute(
        &sql,
        &[Parameter::One(Kind::Text); 5],
        values.iter().map(Bind::One),
    );
    done.await.map(drop)
}

async fn forget(connection: &Connection, step: &Step) -> Result<(), Failure> {
    if !is_there(connection).await? {
        return Ok(());
    }
    let values = [&step.migration.package, &step.migration.name].map(|text| Value::Text(text.clone()));
    let sql = format!("DELETE FROM \"{PROGRESS}\" WHERE \"package\" = $1 AND \"name\" = $2");
    let done = connection.execute(
        &sql,
        &[Parameter::One(Kind::Text); 2],
        values.iter().map(Bind::One),
    );
    done.await.map(drop)
}
