//! Against a PostgreSQL of the tests' own.

mod connections;
mod differences;
mod failures;
pub(crate) mod held;
mod pools;
mod secure;
mod values;

use std::sync::Arc;

use super::*;
use crate::tree::expr::Bind;
use crate::tree::value::{Kind, Value, ValueRef};

/// A database, and connections to it.
struct Site {
    database: cluster::Database,
    pool: Arc<Pool>,
}

fn site() -> Site {
    site_with(PoolOptions::default())
}

fn site_with(options: PoolOptions) -> Site {
    let database = cluster::database();
    let pool = Pool::new(&database.url(), options).unwrap();
    Site { database, pool }
}

impl Site {
    async fn writing(&self) -> Pooled {
        self.pool.get(Access::Write).await.unwrap()
    }
}

/// A value that was read, with what it owns.
fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(i) => Value::Integer(i),
        ValueRef::Real(r) => Value::Real(r),
        ValueRef::Text(text) => Value::Text(text.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// All rows; a value that the ORM has none of is an error of its own.
async fn rows(
    connection: &Connection,
    text: &str,
    values: &[(Kind, Value)],
) -> Result<Vec<Vec<Value>>, Failure> {
    let parameters: Vec<_> = values.iter().map(|(kind, _)| Parameter::One(*kind)).collect();
    let mut all = Vec::new();
    let binds = values.iter().map(|(_, value)| Bind::One(value));
    connection
        .fetch(text, &parameters, binds, |row| {
            let values = (0..row.len()).map(|at| row.value(at).map(owned));
            all.push(values.collect::<Result<_, _>>().map_err(|_| Failure::Mismatch)?);
            Ok(())
        })
        .await
        .map(|()| all)
}

async fn execute(connection: &Connection, text: &str, values: &[(Kind, Value)]) -> Result<u64, Failure> {
    let parameters: Vec<_> = values.iter().map(|(kind, _)| Parameter::One(*kind)).collect();
    connection
        .execute(
            text,
            &parameters,
            values.iter().map(|(_, value)| Bind::One(value)),
        )
        .await
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
