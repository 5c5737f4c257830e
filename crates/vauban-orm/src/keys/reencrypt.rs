//! Moving rows to the key that is active: in batches, each of them saved by itself, beside programs that serve.

use uuid::Uuid;

use super::fields::{SealedField, of_label};
use crate::backend::Session;
use crate::backend::key_table::{self, Own, sealing_key};
use crate::error::{Error, Result};
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::query::constraint::translate;
use crate::sabotage::{Control, removed};
use crate::sql::sealed;
use crate::tree::ring::{KeyName, KeyState, key_of};
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};
use crate::unit::{Database, Steps};

/// Rows that are moved together: so long others wait for the turn.
const BATCH: usize = 200;
/// The same where nothing bounds what a row holds: letters with attachments, somebody's whole data (CWE-770: they are in memory together).
const BATCH_OF_LARGE: usize = 8;

/// How many rows were looked at, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows that were looked at.
    pub seen: u64,
    /// Rows that are sealed by the active key now, and were not.
    pub moved: u64,
    /// Rows that do not open, and stay as they are.
    pub unopened: u64,
    /// Rows of a unique field whose value another row has under the active key; they stay as they are.
    pub taken: u64,
}

impl Database {
    /// The labels of the program's encrypted fields.
    pub fn encrypted_labels(&self) -> Vec<&'static str> {
        super::labels(self.listed().models())
    }

    /// Moves all rows of a label to the key that is active. Killed anywhere, it goes on when it is run again; what is written meanwhile
    /// keeps its newer value. What does not open stays, and so does what is unique and there twice: both are told row by row in the log. Then the keys that no row uses any more are noted
    /// as unused, so that their `secret_key` need not be kept.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reencrypt(&self, label: &str, mut told: impl FnMut(Moved)) -> Result<Moved> {
        self.learn_keys().await?;
        let listed = self.listed();
        let mut all = Moved::default();
        for field in of_label(listed.models(), label) {
            let mut after = None;
            loop {
                let found = self.reading(Found { field, after }).await?;
                let Some(last) = found.last() else { break };
                after = Some(last.id);
                let seen = found.len() as u64;
                let batch = self.writing(&Batch { field, label, found }).await?;
                all.seen += seen;
                all.moved += batch.moved;
                all.unopened += batch.unopened;
                all.taken += batch.taken;
                told(all);
            }
        }
        self.writing(&Settle(label)).await?;
        Ok(all)
    }
}

/// What is sealed in one row.
struct Cell {
    id: Uuid,
    sealed: Vec<u8>,
    index: Option<Vec<u8>>,
}

/// The next rows, by their keys.
struct Found {
    field: SealedField,
    after: Option<Uuid>,
}

impl Steps for Found {
    type Found = Vec<Cell>;

    async fn run(&self, authority: &Authority, session: Session<'_>, _: &mut String) -> Result<Vec<Cell>> {
        let SealedField { model, column, index } = self.field;
        let after = self.after.map(|id| (Kind::Uuid, Value::Uuid(id)));
        let batch = match column.max_bytes() {
            Some(_) => BATCH,
            None => BATCH_OF_LARGE,
        };
        let sql = sealed::next_rows(model, column, index, after.is_some(), batch);
        let mut found = Vec::new();
        let own = Own {
            sql: &sql,
            values: after.as_slice(),
            aside: self.field.aside(authority, &[Action::View]),
        };
        own.fetch(session, |row| {
            let mut bytes = || match row.value() {
                Ok(ValueRef::Blob(bytes)) => Ok(Some(bytes.to_vec())),
                Ok(ValueRef::Null) => Ok(None),
                _ => Err(Mismatch),
            };
            let cell = (|| {
                let id = bytes()?.ok_or(Mismatch)?;
                let id = Uuid::from_slice(&id).map_err(|_| Mismatch)?;
                let sealed = bytes()?.ok_or(Mismatch)?;
                let index = bytes()?;
                Ok(Cell { id, sealed, index })
            })();
            let wrong = |Mismatch| Error::Internal(format!("`{}` holds what is no ciphertext", model.table));
            found.push(cell.map_err(wrong)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

/// Moves these.
struct Batch<'l> {
    field: SealedField,
    label: &'l str,
    found: Vec<Cell>,
}

impl Steps for Batch<'_> {
    type Found = Moved;

    async fn run(&self, authority: &Authority, session: Session<'_>, _: &mut String) -> Result<Moved> {
        let key = sealing_key(session, self.label).await?.key;
        let mut batch = Moved::default();
        for cell in &self.found {
            if self.is_there(cell, key) {
                continue;
            }
            let plain = match session.ring().open(self.label, cell.id.as_bytes(), &cell.sealed) {
                Ok(plain) => plain,
                Err(why) => {
                    self.stays(cell, &why);
                    batch.unopened += 1;
                    continue;
                }
            };
            match self.change_alone(cell, &plain, key, authority, session).await {
                Ok(moved) => batch.moved += moved,
                Err(Error::Unique { .. }) => {
                    self.stays(cell, &"its field is unique, and another row has its value");
                    batch.taken += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(batch)
    }

    fn is_large(&self) -> bool {
        true
    }
}

impl Batch<'_> {
    /// Whether it is sealed, and found, by the active key.
    fn is_there(&self, cell: &Cell, key: KeyName) -> bool {
        let index = match (self.field.index, &cell.index) {
            (None, _) => true,
            (Some(_), Some(index)) => index.starts_with(&key.id.to_be_bytes()),
            (Some(_), None) => false,
        };
        key_of(&cell.sealed) == Some(key) && index
    }

    fn stays(&self, cell: &Cell, why: &dyn std::fmt::Display) {
        let SealedField { model, column, .. } = self.field;
        tracing::error!(
            target: "vauban::orm", table = model.table, column = column.column, row = %cell.id, %why,
            "a row that is not moved to the active key stays as it is"
        );
    }

    /// One row that cannot be moved keeps no other from it (CWE-754).
    async fn change_alone(
        &self,
        cell: &Cell,
        plain: &[u8],
        key: KeyName,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<u64> {
        let change = self.change(cell, plain, key, authority, session);
        if !self.field.index.is_some_and(|index| index.unique) {
            return change.await;
        }
        session.begin_step().await?;
        let done = change.await;
        session.end_step(done.is_ok()).await?;
        done.map_err(|error| translate(error, self.field.model))
    }

    async fn change(
        &self,
        cell: &Cell,
        plain: &[u8],
        key: KeyName,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<u64> {
        let SealedField { model, column, index } = self.field;
        let ring = session.ring();
        let cannot = || Error::Internal(format!("`{}.{}` cannot be sealed", model.table, column.column));
        let again = ring
            .seal(self.label, key, cell.id.as_bytes(), plain)
            .ok_or_else(cannot)?;
        let mut values = vec![
            (Kind::Bytes, Value::Blob(again)),
            (Kind::Uuid, Value::Uuid(cell.id)),
            (Kind::Bytes, Value::Blob(cell.sealed.clone())),
        ];
        if index.is_some() {
            let found_by = ring.index(self.label, key, plain).ok_or_else(cannot)?;
            values.push((Kind::Bytes, Value::Blob(found_by)));
        }
        // CWE-362: what somebody has saved since it was read stays.
        let same = match removed(Control::ReencryptBeside) {
            true => "{2} IS NOT NULL".to_owned(),
            false => format!("\"{}\" = {{2}}", column.column),
        };
        let sql = sealed::sealed_anew(model, column, index, &same);
        let own = Own {
            sql: &sql,
            values: &values,
            aside: self.field.aside(authority, &[Action::View, Action::Change]),
        };
        own.execute(session).await
    }
}

/// Notes which keys no row uses any more.
struct Settle<'l>(&'l str);

impl Steps for Settle<'_> {
    type Found = ();

    async fn run(&self, authority: &Authority, session: Session<'_>, _: &mut String) -> Result<()> {
        let known = key_table::keys(session, Some(self.0)).await?;
        // A table that is empty, as that of letters mostly is, has no batch, which would have asked for today's key: without one the label
        // would go on naming the secret of before, and a release without it would not serve (CWE-320).
        if known.iter().any(|row| row.used) {
            sealing_key(session, self.0).await?;
        }
        let rows = key_table::keys(session, Some(self.0)).await?;
        for row in rows
            .iter()
            .filter(|row| row.used && row.state == KeyState::DecryptOnly)
        {
            let mut used = 0;
            for field in of_label(authority.listed.models(), self.0) {
                used += field.rows_of(row.key, authority, session).await?;
            }
            if used == 0 {
                key_table::set(session, self.0, row.key.id, row.state, false).await?;
            }
        }
        Ok(())
    }

    fn is_large(&self) -> bool {
        true
    }
}

/// The two halves of a batch, for tests in which somebody writes between them.
#[cfg(test)]
impl Database {
    pub(crate) async fn found_to_move(&self, label: &str) -> Result<ToMove> {
        let listed = self.listed();
        let field = of_label(listed.models(), label)[0];
        Ok(ToMove(field, self.reading(Found { field, after: None }).await?))
    }

    pub(crate) async fn move_these(&self, label: &str, ToMove(field, found): ToMove) -> Result<()> {
        self.writing(&Batch { field, label, found }).await.map(drop)
    }

    /// What somebody does to the tables past the framework.
    pub(crate) async fn tamper(&self, sql: &str) -> Result<()> {
        struct Tamper<'s>(&'s str);
        impl Steps for Tamper<'_> {
            type Found = ();
            async fn run(&self, _: &Authority, session: Session<'_>, _: &mut String) -> Result<()> {
                for sql in self.0.split(';') {
                    let own = Own {
                        sql,
                        values: &[],
                        aside: String::new(),
                    };
                    own.execute(session).await?;
                }
                Ok(())
            }
        }
        self.writing(&Tamper(sql)).await
    }
}

#[cfg(test)]
pub(crate) struct ToMove(SealedField, Vec<Cell>);
