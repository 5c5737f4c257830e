//! Sealing: what is written into encrypted columns, for its own row and by the key that is active in its unit (CWE-311).

use std::collections::BTreeMap;

use crate::backend::Session;
use crate::backend::key_table::{Own, SealingKey, lacks_root, sealing_key};
use crate::error::{Error, Result};
use crate::model::encrypted::index_of;
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::sql::{marks, sealed};
use crate::tree::meta::{ColumnMeta, ModelMeta, Sealing};
use crate::tree::ring::{KeyName, Unsealed};
use crate::tree::value::{Kind, Value, ValueRef};

/// Seals the values of some rows of a model, all by the same keys.
pub(super) struct Seal<'s> {
    session: Session<'s>,
    authority: &'s Authority,
    model: &'static ModelMeta,
    keys: BTreeMap<&'static str, SealingKey>,
    taken: Option<Taken>,
}

/// What another row has already, under a key that its index holds apart. CWE-203: it is said when the write has been allowed, and then
/// nothing of it is kept.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    table: &'static str,
    field: &'static str,
}

impl Taken {
    pub(super) fn error(self) -> Error {
        Error::Unique {
            table: self.table,
            fields: vec![self.field],
        }
    }
}

/// Writes; where something is taken, what was written is undone, and if it was allowed, that is what is said.
pub(super) async fn unless_taken<T>(
    taken: Option<Error>,
    session: Session<'_>,
    write: impl Future<Output = Result<T>>,
) -> Result<T> {
    // Boxed: it is rare, and a write that is awaited in another's nested parts is no larger for it.
    if taken.is_some() {
        Box::pin(session.begin_step()).await?;
    }
    let done = write.await;
    let Some(taken) = taken else {
        return done;
    };
    Box::pin(session.end_step(false)).await?;
    done.and(Err(taken))
}

impl<'s> Seal<'s> {
    /// For rows of a model; `None` where there is nothing to seal.
    pub(super) fn of(
        session: Session<'s>,
        authority: &'s Authority,
        model: &'static ModelMeta,
    ) -> Option<Self> {
        model.has_sealed().then(|| Self {
            session,
            authority,
            model,
            keys: BTreeMap::new(),
            taken: None,
        })
    }

    /// Seals a value for a row; what is not to be sealed stays as it is.
    pub(super) async fn value(
        &mut self,
        id: &[u8],
        column: &'static ColumnMeta,
        value: &Value,
    ) -> Result<Value> {
        let Value::Unsealed(unsealed) = value else {
            return Ok(value.clone());
        };
        let label = column.sealed.label().ok_or_else(|| self.cannot(column))?;
        if !self.keys.contains_key(label) {
            let keys = sealing_key(self.session, label).await?;
            self.keys.insert(label, keys);
        }
        let keys = self.keys.get(label).ok_or_else(|| self.cannot(column))?;
        let key = keys.key;
        let ring = self.session.ring();
        let sealed = match column.sealed {
            Sealing::Index { .. } => {
                if column.unique && self.is_taken(id, column, (label, &keys.beside), unsealed).await? {
                    self.taken.get_or_insert(Taken {
                        table: self.model.table,
                        field: column.field,
                    });
                }
                ring.index(label, key, unsealed.plain())
            }
            _ => ring.seal(label, key, id, unsealed.plain()),
        };
        sealed.map(Value::Blob).ok_or_else(|| self.cannot(column))
    }

    /// Seals the values of a new row, the first of which is its key.
    pub(super) async fn row(&mut self, values: &[Value]) -> Result<Vec<Value>> {
        let id = key(values.first())?;
        let mut sealed = Vec::with_capacity(values.len());
        for (column, value) in self.model.columns.iter().zip(values) {
            sealed.push(self.value(&id, column, value).await?);
        }
        Ok(sealed)
    }

    /// What was taken of the values since this was asked.
    pub(super) fn taken(&mut self) -> Option<Taken> {
        self.taken.take()
    }

    /// While rows are moved to a new key, the database holds the same value to be another. Nobody adds it meanwhile by the key that
    /// seals, which its own index holds apart. CWE-636: where a key cannot be asked about, nothing is added.
    async fn is_taken(
        &self,
        id: &[u8],
        column: &'static ColumnMeta,
        (label, beside): (&str, &[KeyName]),
        unsealed: &Unsealed,
    ) -> Result<bool> {
        let ring = self.session.ring();
        let sql = sealed::is_taken(self.model, column);
        let mut aside = String::new();
        if self.authority.listed.is_emitted() {
            marks::list(&mut aside, Action::View, self.model.table);
        }
        let mut is_taken = false;
        for key in beside {
            let other = ring.index(label, *key, unsealed.plain());
            let other = other.ok_or_else(|| lacks_root(label))?;
            let values = [
                (Kind::Bytes, Value::Blob(other)),
                (Kind::Uuid, Value::Blob(id.to_vec())),
            ];
            let own = Own {
                sql: &sql,
                values: &values,
                aside: aside.clone(),
            };
            own.fetch(self.session, |_| {
                is_taken = true;
                Ok(())
            })
            .await?;
        }
        Ok(is_taken)
    }

    fn cannot(&self, column: &ColumnMeta) -> Error {
        Error::Internal(format!("`{}.{}` cannot be sealed", self.model.name, column.field))
    }
}

/// The values of an encrypted column and of its index.
pub(super) fn with_index(
    model: &'static ModelMeta,
    column: &'static ColumnMeta,
) -> Option<&'static ColumnMeta> {
    index_of(model.columns, column)
}

/// CWE-353: of a set, each row has a ciphertext of its own, which is no statement for all of them.
pub(super) fn is_no_set(model: &ModelMeta, column: &ColumnMeta) -> Error {
    Error::Internal(format!(
        "`change_all` of `{}` sets the encrypted `{field}`, and a ciphertext is of one row: read the rows and change each of them, \
         `Changeable::change_each(rows, &db, |row, c| [c.{field}.set(…)])`",
        model.name,
        field = column.field
    ))
}

/// Whether it holds ciphertexts.
pub(super) fn is_sealed(column: &ColumnMeta) -> bool {
    matches!(column.sealed, Sealing::Encrypted { .. })
}

pub(super) fn key(id: Option<&Value>) -> Result<Vec<u8>> {
    match id.map(Value::as_ref) {
        Some(ValueRef::Blob(id)) => Ok(id.to_vec()),
        _ => Err(super::stored::no_key()),
    }
}
