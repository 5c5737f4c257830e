//! The encrypted fields of a label, and which of their rows use a key.

use crate::backend::Session;
use crate::backend::key_table::Own;
use crate::error::{Error, Result};
use crate::model::encrypted::index_of;
use crate::policy::actor::Action;
use crate::policy::authority::Authority;
use crate::sql::{marks, sealed};
use crate::tree::meta::{ColumnMeta, ModelMeta, Sealing};
use crate::tree::ring::{KeyName, header_of};
use crate::tree::value::{Kind, Mismatch, Value};

/// A field, by its columns.
#[derive(Clone, Copy)]
pub(super) struct SealedField {
    pub(super) model: &'static ModelMeta,
    pub(super) column: &'static ColumnMeta,
    pub(super) index: Option<&'static ColumnMeta>,
}

/// The fields with this label: one, unless the program is told of two.
pub(super) fn of_label(models: &[&'static ModelMeta], label: &str) -> Vec<SealedField> {
    let columns = models
        .iter()
        .flat_map(|&model| model.columns.iter().map(move |column| (model, column)));
    let mine = columns
        .filter(|(_, column)| matches!(column.sealed, Sealing::Encrypted { label: own } if own == label));
    mine.map(|(model, column)| SealedField {
        model,
        column,
        index: index_of(model.columns, column),
    })
    .collect()
}

impl SealedField {
    /// For what the database's own policies step aside: each row is another's, and none of them is shown.
    pub(super) fn aside(&self, authority: &Authority, actions: &[Action]) -> String {
        let mut aside = String::new();
        if authority.listed.is_emitted() {
            for action in actions {
                marks::list(&mut aside, *action, self.model.table);
            }
        }
        aside
    }

    /// In how many rows a key seals, or is what they are found by.
    pub(super) async fn rows_of(
        &self,
        key: KeyName,
        authority: &Authority,
        session: Session<'_>,
    ) -> Result<u64> {
        let sql = sealed::rows_of(self.model, self.column, self.index);
        let mut values = vec![(Kind::Bytes, Value::Blob(header_of(key)))];
        if self.index.is_some() {
            values.push((Kind::Bytes, Value::Blob(key.id.to_be_bytes().to_vec())));
        }
        let mut count = 0;
        let own = Own {
            sql: &sql,
            values: &values,
            aside: self.aside(authority, &[Action::View]),
        };
        own.fetch(session, |row| {
            let found = row.integer().map_err(|Mismatch| no_count())?;
            count = u64::try_from(found).unwrap_or(0);
            Ok(())
        })
        .await?;
        Ok(count)
    }
}

fn no_count() -> Error {
    Error::Internal("a count is no number".into())
}
