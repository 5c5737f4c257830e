//! The tables of a program, by metadata.

use super::column::AnyColumn;
use super::create::AnyNewRow;
use super::given::AnyKey;
use super::query::AnyQuerySet;
use super::row::AnyRow;
use crate::error::{Error, Result};
use crate::model::assignment::Assignment;
use crate::model::types::Id;
use crate::sabotage::{Control, removed};
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::unit::handles::{Db, Read};

/// One of the models that the program lists, without its type.
#[derive(Clone, Copy)]
pub struct AnyTable {
    model: &'static ModelMeta,
}

/// What the framework's own tables begin with: sessions, credentials and the like are nobody's to look through by name.
const FRAMEWORK: &str = "vauban_";

impl Db<Read> {
    /// The tables of the program, as its modules list them; the framework's own are not among them.
    pub fn tables(&self) -> Vec<AnyTable> {
        let models = self.asker().models().iter();
        let own = models.filter(|model| !model.table.starts_with(FRAMEWORK));
        own.map(|model| AnyTable { model }).collect()
    }

    /// The table of this name in the database, if it is one of [the program's](Self::tables).
    pub fn table(&self, name: &str) -> Option<AnyTable> {
        self.tables().into_iter().find(|table| table.model.table == name)
    }

    /// The table of a model.
    ///
    /// # Errors
    /// [`Error::Unlisted`] for a model that no module of the program lists (CWE-862).
    pub fn table_of(&self, model: &'static ModelMeta) -> Result<AnyTable> {
        let found = self.tables().into_iter().find(|table| table.model.is(model));
        let found = found.or(removed(Control::Listed).then_some(AnyTable { model }));
        found.ok_or(Error::Unlisted {
            what: "model",
            name: model.type_name(),
        })
    }
}

impl AnyTable {
    /// What the program calls a row of it: the struct's name.
    pub fn name(&self) -> &'static str {
        self.model.name
    }

    /// The table's name in the database, by which [`Db::table`] finds it.
    pub fn table(&self) -> &'static str {
        self.model.table
    }

    /// What is known of the model.
    pub fn meta(&self) -> &'static ModelMeta {
        self.model
    }

    /// The columns, in the struct's order: its `pub` fields, but for those whose type is [`SECRET`](crate::Field::SECRET) (CWE-200).
    pub fn columns(&self) -> impl Iterator<Item = AnyColumn> + use<> {
        let model = self.model;
        let public = model.columns.iter().filter(|column| !column.is_secret());
        public.map(move |column| AnyColumn::of(model, column))
    }

    /// The key of its rows: to [count](AnyColumn::count) them, and to ask for rows that [refer](AnyColumn::any) to one.
    pub fn id(&self) -> AnyColumn {
        AnyColumn::of(self.model, self.model.id())
    }

    /// The column of a field: of a name from outside, one of [`columns`](Self::columns) or nothing.
    pub fn column(&self, field: &str) -> Option<AnyColumn> {
        AnyColumn::find(self.model, field)
    }

    /// The column of this metadata.
    ///
    /// # Errors
    /// [`Error::Internal`] for a column of another model, and for one that its struct keeps to its module or whose type is secret.
    pub fn column_of(&self, column: &'static ColumnMeta) -> Result<AnyColumn> {
        if self.model.position(column).is_none() {
            return Err(Error::Internal(format!(
                "`{}` is not a column of `{}`: take it from that model's metadata",
                column.field, self.model.name
            )));
        }
        if column.is_secret() {
            return Err(Error::Internal(format!(
                "`{}.{}` is not `pub`, or its type is secret, so it is not asked for by its metadata: ask for it by its type",
                self.model.name, column.field
            )));
        }
        Ok(AnyColumn::of(self.model, column))
    }

    /// The key that is written so, as [`Id`] writes it. Nothing says that there is such a row.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a text that is no key: there is no row with it.
    pub fn key(&self, text: &str) -> Result<AnyKey> {
        let id: Id<AnyRow> = text.parse().map_err(|_| Error::NotFound)?;
        Ok(AnyKey {
            model: self.model,
            id: id.uuid(),
        })
    }

    /// The foreign keys of the program's tables that refer to its rows: where relations to many come from.
    pub fn referred_by(&self, db: &Db) -> Vec<AnyColumn> {
        let all = db.tables().into_iter().flat_map(|table| table.columns());
        let to_this = |key: &AnyColumn| key.target().is_some_and(|target| target.is(self.model));
        all.filter(to_this).collect()
    }

    /// A query on the rows that whoever asks may see.
    pub fn objects(&self) -> AnyQuerySet {
        AnyQuerySet::new(self.model)
    }

    /// A new row, to be saved: see [`AnyColumn::set`].
    pub fn create(&self, values: impl IntoIterator<Item = Assignment<AnyRow>>) -> AnyNewRow {
        AnyNewRow::new(self.model, values)
    }
}

impl std::fmt::Debug for AnyTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnyTable({})", self.model.table)
    }
}
