//! Sealing: what is written into encrypted columns, for its own row and by the key that is active in its unit (CWE-311).

use std::collections::BTreeMap;

use crate::backend::Session;
use crate::backend::key_table::{Own, sealing_key};
use crate::error::{Error, Result};
use crate::model::encrypted::index_of;
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::sql::{marks, sealed};
use crate::tree::meta::{ColumnMeta, ModelMeta, Sealing};
use crate::tree::ring::{KeyName, MOST_LIVE, Unsealed};
use crate::tree::value::{Kind, Value, ValueRef};

/// Seals the values of some rows of a model, all by the same keys.
pub(super) struct Seal<'s> {
    session: Session<'s>,
    authority: &'s Authority,
    model: &'static ModelMeta,
    keys: BTreeMap<&'static str, KeyName>,
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
        let key = match self.keys.get(label) {
            Some(key) => *key,
            None => {
                let key = sealing_key(self.session, label).await?;
                self.keys.insert(label, key);
                key
            }
        };
        let ring = self.session.ring();
        let sealed = match column.sealed {
            Sealing::Index { .. } => {
                if column.unique {
                    self.is_the_only_one(id, column, label, unsealed).await?;
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

    /// While rows are moved to a new key, the database holds the same value to be another. Nobody adds it meanwhile by the newest key,
    /// which its own index holds apart.
    async fn is_the_only_one(
        &self,
        id: &[u8],
        column: &'static ColumnMeta,
        label: &str,
        unsealed: &Unsealed,
    ) -> Result<()> {
        let ring = self.session.ring();
        let sql = sealed::is_taken(self.model, column);
        let mut aside = String::new();
        if self.authority.listed.is_emitted() {
            marks::list(&mut aside, Action::View, self.model.table);
        }
        let mut is_taken = false;
        for nth in 1..MOST_LIVE {
            let other = ring.sought(label, nth, unsealed.plain());
            if other.is_empty() {
                continue;
            }
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
        if is_taken {
            return Err(Error::Unique {
                table: self.model.table,
                fields: vec![column.field],
            });
        }
        Ok(())
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
