//! The table in which a database keeps which keys of its encrypted fields there are. The framework's own: no model has it, and what is done
//! with it is done in the unit that needs it.

use std::sync::Arc;

use super::session::Session;
use crate::error::{Error, Result};
use crate::sql::statement::{Parameter, Statement, Text};
use crate::tree::expr::Bind;
use crate::tree::ring::{KeyName, KeyState, Known, MOST_LIVE, RootId};
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};

/// A key as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct KeyRow {
    pub(crate) label: String,
    pub(crate) key: KeyName,
    pub(crate) state: KeyState,
    /// In microseconds since 1970.
    pub(crate) since: i64,
    /// Whether rows may use it: it is said before the first does.
    pub(crate) used: bool,
}

impl KeyRow {
    pub(crate) fn known(&self) -> Known {
        Known {
            key: self.key,
            state: self.state,
        }
    }
}

const COLUMNS: &str = "\"label\", \"id\", \"root\", \"state\", \"since\", \"used\"";

/// A statement of the framework's own; `{n}` is its nth value, from 0.
pub(crate) struct Own<'a> {
    pub(crate) sql: &'a str,
    pub(crate) values: &'a [(Kind, Value)],
    /// For what the database's own policies step aside.
    pub(crate) aside: String,
}

impl Own<'_> {
    fn text(&self, session: Session<'_>) -> Arc<Text> {
        let mut sql = self.sql.to_owned();
        let (mark, first) = match session.dialect() {
            crate::sql::dialect::Dialect::Sqlite => ('?', 2),
            crate::sql::dialect::Dialect::Postgres => ('$', 2),
        };
        for nth in 0..self.values.len() {
            sql = sql.replace(&format!("{{{nth}}}"), &format!("{mark}{}", nth + first));
        }
        // The first parameter of every statement is who asks.
        let kinds = self.values.iter().map(|(kind, _)| Parameter::One(*kind));
        let parameters = std::iter::once(Parameter::One(Kind::Uuid)).chain(kinds);
        let mut text = Text::new(sql, parameters.collect(), Vec::new());
        text.aside.clone_from(&self.aside);
        Arc::new(text)
    }

    pub(crate) async fn fetch(
        &self,
        session: Session<'_>,
        row: impl FnMut(&mut RowReader<'_>) -> Result<()> + Send,
    ) -> Result<()> {
        let values: Vec<_> = self.values.iter().map(|(_, value)| Bind::One(value)).collect();
        let statement = Statement {
            text: &self.text(session),
            actor: None,
            values: &values,
        };
        session.fetch(&statement, row).await
    }

    pub(crate) async fn execute(&self, session: Session<'_>) -> Result<u64> {
        let values: Vec<_> = self.values.iter().map(|(_, value)| Bind::One(value)).collect();
        let statement = Statement {
            text: &self.text(session),
            actor: None,
            values: &values,
        };
        session.execute(&statement).await
    }
}

/// The keys of a label, or of all.
pub(crate) async fn keys(session: Session<'_>, label: Option<&str>) -> Result<Vec<KeyRow>> {
    let of_label = label.map(|label| (Kind::Text, Value::Text(label.to_owned())));
    let condition = label.map_or("", |_| " WHERE \"label\" = {0}");
    let sql = format!("SELECT {COLUMNS} FROM \"vauban_key\"{condition} ORDER BY \"label\", \"id\"");
    let mut found = Vec::new();
    let own = Own {
        sql: &sql,
        values: of_label.as_slice(),
        aside: String::new(),
    };
    own.fetch(session, |row| {
        found.push(read(row).map_err(|Mismatch| wrong())?);
        Ok(())
    })
    .await?;
    Ok(found)
}

fn read(row: &mut RowReader<'_>) -> Result<KeyRow, Mismatch> {
    let ValueRef::Text(label) = row.value()? else {
        return Err(Mismatch);
    };
    let id = u32::try_from(row.integer()?).map_err(|_| Mismatch)?;
    let ValueRef::Blob(root) = row.value()? else {
        return Err(Mismatch);
    };
    let root = root.try_into().map_err(|_| Mismatch)?;
    let ValueRef::Text(state) = row.value()? else {
        return Err(Mismatch);
    };
    Ok(KeyRow {
        label: label.to_owned(),
        key: KeyName { root, id },
        state: KeyState::named(state).ok_or(Mismatch)?,
        since: row.integer()?,
        used: row.integer()? != 0,
    })
}

fn wrong() -> Error {
    Error::Internal("the table `vauban_key` holds what the framework did not write".into())
}

/// Makes a key the one of its label that seals; the one before opens what it sealed.
pub(crate) async fn activate(session: Session<'_>, label: &str, key: KeyName) -> Result<()> {
    let label = (Kind::Text, Value::Text(label.to_owned()));
    let now = (
        Kind::BigInt,
        Value::Integer(jiff::Timestamp::now().as_microsecond()),
    );
    let before = Own {
        sql: "UPDATE \"vauban_key\" SET \"state\" = 'decrypt-only', \"since\" = {1} WHERE \"label\" = {0} AND \"state\" = 'active'",
        values: &[label.clone(), now.clone()],
        aside: String::new(),
    };
    before.execute(session).await?;
    let new = Own {
        sql: "INSERT INTO \"vauban_key\" (\"label\", \"id\", \"root\", \"state\", \"since\", \"used\") \
              VALUES ({0}, {2}, {3}, 'active', {1}, 1)",
        values: &[
            label,
            now,
            (Kind::BigInt, Value::Integer(i64::from(key.id))),
            (Kind::Bytes, Value::Blob(key.root.to_vec())),
        ],
        aside: String::new(),
    };
    new.execute(session).await.map(drop)
}

/// Sets the state of a key, and whether rows use it.
pub(crate) async fn set(
    session: Session<'_>,
    label: &str,
    id: u32,
    state: KeyState,
    used: bool,
) -> Result<()> {
    let set = Own {
        sql: "UPDATE \"vauban_key\" SET \"state\" = {2}, \"since\" = {3}, \"used\" = {4} WHERE \"label\" = {0} AND \"id\" = {1}",
        values: &[
            (Kind::Text, Value::Text(label.to_owned())),
            (Kind::BigInt, Value::Integer(i64::from(id))),
            (Kind::Text, Value::Text(state.name().to_owned())),
            (
                Kind::BigInt,
                Value::Integer(jiff::Timestamp::now().as_microsecond()),
            ),
            (Kind::BigInt, Value::Integer(i64::from(used))),
        ],
        aside: String::new(),
    };
    set.execute(session).await.map(drop)
}

/// The key of a label that seals.
#[derive(Debug, Clone)]
pub(crate) struct SealingKey {
    pub(crate) key: KeyName,
    /// The others that rows are found by.
    pub(crate) beside: Vec<KeyName>,
}

/// The key of a label that seals now, in the unit that is going to seal by it: the table says so before the first row does.
pub(crate) async fn sealing_key(session: Session<'_>, label: &str) -> Result<SealingKey> {
    let ring = session.ring();
    let Some(cipher) = ring.cipher() else {
        return Err(Error::Internal(
            "an encrypted field is written, and the database was opened without keys".into(),
        ));
    };
    let roots = cipher.roots();
    let rows = keys(session, Some(label)).await?;
    ring.learn(label, rows.iter().map(KeyRow::known).collect());
    let Some(current) = roots.first().copied() else {
        return Err(Error::Internal("there is no `secret_key` to seal by".into()));
    };
    let key = match sealing_row(&rows, &roots, current, label)? {
        None => next(session, label, current, &rows).await?,
        Some(row) => {
            if !row.used {
                set(session, label, row.key.id, row.state, true).await?;
            }
            row.key
        }
    };
    let is_beside = |row: &&KeyRow| row.used && row.state != KeyState::Retired && row.key != key;
    let beside = rows.iter().filter(is_beside).map(|row| row.key).collect();
    Ok(SealingKey { key, beside })
}

/// Which of a label's keys seals; `None`: a new one, under the current root.
fn sealing_row<'r>(
    rows: &'r [KeyRow],
    roots: &[RootId],
    current: RootId,
    label: &str,
) -> Result<Option<&'r KeyRow>> {
    let of_current = |row: &&KeyRow| row.key.root == current;
    let live = rows.iter().filter(|row| row.state != KeyState::Retired);
    let Some(active) = rows.iter().find(|row| row.state == KeyState::Active) else {
        // All of them were retired while no field had the label.
        return if live.count() < MOST_LIVE {
            Ok(None)
        } else {
            Err(too_many(label))
        };
    };
    if !roots.contains(&active.key.root) {
        // A newer program has a secret that this one was not started with: what is written goes on under the one that both have, if
        // there is one.
        let both = live.rev().find(of_current).ok_or_else(|| lacks_root(label))?;
        return Ok(Some(both));
    }
    // A secret makes one key by itself: processes that have the same secrets in another order would renew it at every write. Nor does it
    // make one that a search would not ask for.
    let is_new = !rows.iter().any(|row| of_current(&row)) && live.count() < MOST_LIVE;
    Ok((!is_new).then_some(active))
}

/// A new key of a label, under this root, which seals from now on.
pub(crate) async fn next(
    session: Session<'_>,
    label: &str,
    root: [u8; 6],
    rows: &[KeyRow],
) -> Result<KeyName> {
    let newest = rows.iter().map(|row| row.key.id).max().unwrap_or(0);
    let key = KeyName {
        root,
        id: newest.checked_add(1).ok_or_else(wrong)?,
    };
    activate(session, label, key).await?;
    let rows = keys(session, Some(label)).await?;
    session
        .ring()
        .learn(label, rows.iter().map(KeyRow::known).collect());
    Ok(key)
}

fn too_many(label: &str) -> Error {
    Error::Internal(format!(
        "{MOST_LIVE} keys of `{label}` open already, and none of them seals: retire those that no row uses, `keys retire`"
    ))
}

pub(crate) fn lacks_root(label: &str) -> Error {
    Error::Internal(format!(
        "the keys of `{label}` are of a `secret_key` that this program was not started with: give it as `secret_key` or in \
         `secret_key_fallbacks`, and start it again"
    ))
}
