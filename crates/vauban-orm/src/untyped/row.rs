//! A row as values by columns.

use std::fmt;

use super::column::AnyColumn;
use super::given::AnyKey;
use crate::error::{Error, Result};
use crate::model::assignment::Assignment;
use crate::model::record::Record;
use crate::model::types::{Id, Related};
use crate::query::{Changeable, Deletable, DeletePreview};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::{Kind, Mismatch, RowReader, Value};
use crate::unit::handles::{Db, Write};

/// A row whose type is not known: its values by columns. What the struct keeps to its module is not in it, nor what is secret.
#[derive(Clone)]
pub struct AnyRow {
    model: &'static ModelMeta,
    id: Id<Self>,
    /// `None`: told to nobody.
    values: Vec<Option<Value>>,
    related: Vec<(usize, Option<Self>)>,
    /// By the foreign key of theirs.
    pub(super) loaded: Vec<(&'static ColumnMeta, Vec<Self>)>,
}

impl AnyRow {
    /// What is known of its model.
    pub fn model(&self) -> &'static ModelMeta {
        self.model
    }

    /// By which it is found, and what other rows refer to it by.
    pub fn key(&self) -> AnyKey {
        AnyKey {
            model: self.model,
            id: self.id.uuid(),
        }
    }

    /// What stands in a column.
    ///
    /// # Errors
    /// [`Error::Internal`] for a column of another table, or of a related row.
    pub fn value(&self, column: &AnyColumn) -> Result<&Value> {
        let position = self.position(column)?;
        Ok(self
            .values
            .get(position)
            .and_then(Option::as_ref)
            .unwrap_or(&Value::Null))
    }

    /// What stands in a column, as text: empty where there is no value.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn text(&self, column: &AnyColumn) -> Result<String> {
        column.shown(self.value(column)?)
    }

    /// The row that a foreign key refers to, if the query [loaded](super::AnyQuerySet::related) it. Where it refers to nothing,
    /// nothing was loaded.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn related(&self, column: &AnyColumn) -> Result<Related<'_, Self>> {
        let position = self.position(column)?;
        let loaded = self.related.iter().find(|(at, _)| *at == position);
        Ok(match loaded {
            None => Related::NotLoaded,
            Some((_, None)) => Related::Hidden,
            Some((_, Some(row))) => Related::Row(row),
        })
    }

    /// The rows that refer to it by this foreign key of theirs, if the query [loaded](super::AnyQuerySet::load) them.
    ///
    /// # Errors
    /// [`Error::Internal`] if it did not.
    pub fn loaded(&self, key: &AnyColumn) -> Result<&[Self]> {
        let loaded = self.loaded.iter().find(|(by, _)| std::ptr::eq(*by, key.meta()));
        let rows = loaded.map(|(_, rows)| rows.as_slice());
        rows.ok_or_else(|| {
            Error::Internal(format!(
                "the query did not load what refers to a `{}` by `{key:?}`: `.load(column.load()?)`",
                self.model.name
            ))
        })
    }

    /// What to call it in a list: its first text that is not empty, or its key.
    pub fn label(&self) -> String {
        let columns = self.model.columns.iter().zip(&self.values);
        let mut texts = columns.filter_map(|(column, value)| match value {
            Some(Value::Text(text)) if column.kind == Kind::Text && !text.is_empty() => Some(text.clone()),
            _ => None,
        });
        texts.next().unwrap_or_else(|| self.id.to_string())
    }

    fn position(&self, column: &AnyColumn) -> Result<usize> {
        let own = column.own_of(self.model)?;
        self.model.position(own).ok_or(Error::NotFound)
    }
}

/// Which row, and nothing of what stands in it (CWE-532).
impl fmt::Debug for AnyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyRow({} {})", self.model.name, self.id)
    }
}

impl Record for AnyRow {
    fn read(model: &'static ModelMeta, row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        let mut values = Vec::with_capacity(model.columns.len());
        for column in model.columns {
            values.push(column.read(row.value()?)?);
        }
        Self::made(model, values)
    }

    fn of_values(model: &'static ModelMeta, values: &[Value]) -> Result<Self, Mismatch> {
        let columns = model.columns.iter().zip(values);
        let values = columns.map(|(column, value)| match value {
            // It is told to nobody here.
            Value::Unsealed(_) => Ok(Value::Null),
            value => column.read(value.as_ref()),
        });
        Self::made(model, values.collect::<Result<_, _>>()?)
    }

    fn take_related(&mut self, position: usize, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        let target = self.model.columns[position].target.ok_or(Mismatch)?();
        // The joined row's first column is its primary key: NULL means that the rule in ON hid it.
        if row.peek_is_null() {
            row.skip(target.columns.len());
            if !matches!(self.values[position], Some(Value::Null)) {
                self.related.push((position, None));
            }
        } else {
            self.related.push((position, Some(Self::read(target, row)?)));
        }
        Ok(())
    }

    fn key(&self) -> Id<Self> {
        self.id
    }
}

impl AnyRow {
    fn made(model: &'static ModelMeta, values: Vec<Value>) -> Result<Self, Mismatch> {
        let Some(Value::Uuid(id)) = values.first() else {
            return Err(Mismatch);
        };
        let id = Id::from_uuid(*id);
        let shown = model.columns.iter().zip(values);
        // CWE-200
        let values = shown.map(|(column, value)| (!column.is_secret()).then_some(value));
        Ok(Self {
            model,
            id,
            values: values.collect(),
            related: Vec::new(),
            loaded: Vec::new(),
        })
    }
}

impl Changeable<AnyRow> {
    /// Changes the row: `row.change(&db, [title.set("…")?, published.set(true)?])`.
    ///
    /// # Errors
    /// As the change of a typed row: [`Error::Conflict`] if it was changed since it was read; [`Error::Forbidden`] if the actor
    /// may not change it into this; [`Error::Invalid`], [`Error::Unique`] by field.
    pub async fn change(
        self,
        db: &Db<Write>,
        changes: impl IntoIterator<Item = Assignment<AnyRow>>,
    ) -> Result<AnyRow> {
        let model = self.model;
        self.change_in(model, db.asker(), changes).await
    }
}

impl Deletable<AnyRow> {
    /// Deletes the row, and what goes with it (`on_delete`).
    ///
    /// # Errors
    /// As the deletion of a typed row: [`Error::Restricted`], [`Error::Forbidden`].
    pub async fn delete(self, db: &Db<Write>) -> Result<()> {
        let model = self.model;
        self.delete_in(model, db.asker()).await
    }

    /// What the deletion would take with it: as a typed row's.
    ///
    /// # Errors
    /// Those of the deletion, which it would have now.
    pub async fn preview(&self, db: &Db) -> Result<DeletePreview> {
        self.preview_in(self.model, db.asker()).await
    }
}
