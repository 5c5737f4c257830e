//! What statements changed, kept until the unit ends, for those whom a model's changes are told.

use std::fmt;
use std::sync::Mutex;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::policy::actor::{Action, Actor};
use crate::sabotage::{Control, removed};
use crate::tree::bounds;
use crate::tree::meta::{ColumnMeta, ModelMeta};
use crate::tree::value::{Value, ValueRef};

/// What happened to one row of a model with `#[model(changes)]`, and who did it.
#[derive(Clone)]
pub struct Change {
    model: &'static ModelMeta,
    id: Uuid,
    action: Action,
    actor: Actor,
    columns: Vec<(usize, Cell, Cell)>,
}

/// A column of a row that was changed: what stood there, and what stands there now.
#[derive(Clone, Copy)]
pub struct ChangedColumn<'c> {
    meta: &'static ColumnMeta,
    cells: &'c (usize, Cell, Cell),
}

/// What is told of a value. As text (`to_string`) it is what the column's type writes, and nothing of what is not there.
#[derive(Clone, Copy)]
pub enum Told<'c> {
    /// The row was not there: before it was added, and after it was deleted.
    Absent,
    /// There is one that nobody is shown (CWE-200, CWE-532): the struct keeps the field to its module, or the field's type says
    /// [`SECRET`](crate::field::Field::SECRET).
    Secret,
    /// What stood or stands there, of a column that may be told.
    Value(&'static ColumnMeta, &'c Value),
}

#[derive(Debug, Clone)]
enum Cell {
    Absent,
    Secret,
    Value(Value),
}

impl Change {
    /// What is known of the row's model.
    pub fn model(&self) -> &'static ModelMeta {
        self.model
    }

    /// The key of the row that was added, changed or deleted.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// [`Add`](Action::Add), [`Change`](Action::Change) or [`Delete`](Action::Delete).
    pub fn action(&self) -> Action {
        self.action
    }

    /// On whose authority the statement ran: a service's, where one acted in somebody's unit.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Of a row that was changed the columns that differ, otherwise all of them.
    pub fn columns(&self) -> impl Iterator<Item = ChangedColumn<'_>> {
        let model = self.model;
        self.columns.iter().map(move |cells| ChangedColumn {
            meta: &model.columns[cells.0],
            cells,
        })
    }
}

impl<'c> ChangedColumn<'c> {
    /// What is known of the column.
    pub fn meta(&self) -> &'static ColumnMeta {
        self.meta
    }

    /// The field's name in the struct.
    pub fn field(&self) -> &'static str {
        self.meta.field
    }

    /// What stood there before the statement; absent of a row that was added.
    pub fn old(&self) -> Told<'c> {
        self.cells.1.told(self.meta)
    }

    /// What stands there now.
    #[expect(clippy::new_ret_no_self, reason = "it stands beside `old`")]
    pub fn new(&self) -> Told<'c> {
        self.cells.2.told(self.meta)
    }
}

impl Cell {
    fn of(column: &ColumnMeta, value: Value) -> Self {
        if column.is_secret() && !removed(Control::SecretUntold) {
            Self::Secret
        } else {
            Self::Value(value)
        }
    }

    fn told(&self, meta: &'static ColumnMeta) -> Told<'_> {
        match self {
            Self::Absent => Told::Absent,
            Self::Secret => Told::Secret,
            Self::Value(value) => Told::Value(meta, value),
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent | Self::Value(_, Value::Null) => Ok(()),
            Self::Secret => f.write_str("(secret)"),
            Self::Value(column, value) => match (column.untyped.shown)(value.as_ref()) {
                Ok(text) => f.write_str(&text),
                Err(_) => f.write_str("(unreadable)"),
            },
        }
    }
}

/// Which row and what happened, and nothing of what stands in it (CWE-532).
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}", self.action, self.model.name, self.id)
    }
}
impl fmt::Debug for ChangedColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChangedColumn").field(&self.meta.field).finish()
    }
}
impl fmt::Debug for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Secret => "Secret",
            Self::Value(..) => "Value(…)",
        })
    }
}

/// What a unit's statements changed, as far as somebody is told of it.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    all: Vec<Change>,
    /// What the values of each take, all of those before it included.
    bytes: Vec<usize>,
    /// They are being told.
    closed: bool,
}

impl Changes {
    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How many there are: what comes behind is taken back by [`take_back`](Self::take_back).
    pub(crate) fn mark(&self) -> usize {
        self.inside().all.len()
    }

    /// What was done since is undone.
    pub(crate) fn take_back(&self, mark: usize) {
        let mut inside = self.inside();
        inside.all.truncate(mark);
        inside.bytes.truncate(mark);
    }

    /// The unit ends: all of it. What comes later would be told to nobody, and is refused.
    pub(crate) fn close(&self) -> Vec<Change> {
        let mut inside = self.inside();
        inside.closed = true;
        inside.bytes.clear();
        std::mem::take(&mut inside.all)
    }

    /// Whether there is room for a row of these values.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::Finished`] once the unit ends.
    pub(crate) fn has_room(&self, values: &[Value]) -> Result<()> {
        self.inside().has_room(size_of(values)).map(drop)
    }

    /// The room that is left, for rows that are read before they are changed.
    pub(crate) fn room(&self) -> Room {
        let inside = self.inside();
        Room {
            rows: most_rows().saturating_sub(inside.all.len()),
            bytes: bounds::MAX_CHANGED_BYTES.saturating_sub(inside.bytes.last().copied().unwrap_or(0)),
        }
    }

    /// A row was added.
    pub(crate) fn added(&self, actor: Actor, model: &'static ModelMeta, values: &[Value]) -> Result<()> {
        let columns = whole(model, values, |cell| (Cell::Absent, cell));
        self.note(
            Action::Add,
            actor,
            model,
            key(values.first())?,
            columns,
            size_of(values),
        )
    }

    /// A row was deleted.
    pub(crate) fn deleted(&self, actor: Actor, model: &'static ModelMeta, values: &[Value]) -> Result<()> {
        let columns = whole(model, values, |cell| (cell, Cell::Absent));
        self.note(
            Action::Delete,
            actor,
            model,
            key(values.first())?,
            columns,
            size_of(values),
        )
    }

    /// A row was changed in these columns; nothing is told of one that holds what it held.
    pub(crate) fn changed(
        &self,
        actor: Actor,
        model: &'static ModelMeta,
        id: Uuid,
        columns: impl IntoIterator<Item = (&'static ColumnMeta, Value, Value)>,
    ) -> Result<()> {
        let mut size = 0;
        let differing = columns
            .into_iter()
            .filter(|(_, old, new)| old.as_ref() != new.as_ref());
        let mut cells = Vec::new();
        for (column, old, new) in differing {
            let at = model.position(column).ok_or_else(no_key)?;
            size += size_of(std::slice::from_ref(&old)) + size_of(std::slice::from_ref(&new));
            cells.push((at, Cell::of(column, old), Cell::of(column, new)));
        }
        if cells.is_empty() {
            return Ok(());
        }
        self.note(Action::Change, actor, model, id, cells, size)
    }

    fn note(
        &self,
        action: Action,
        actor: Actor,
        model: &'static ModelMeta,
        id: Uuid,
        columns: Vec<(usize, Cell, Cell)>,
        size: usize,
    ) -> Result<()> {
        if action == Action::Change && removed(Control::Told) {
            return Ok(());
        }
        let mut inside = self.inside();
        let bytes = inside.has_room(size)?;
        inside.bytes.push(bytes);
        inside.all.push(Change {
            model,
            id,
            action,
            actor,
            columns,
        });
        Ok(())
    }
}

/// Room for rows that are held.
#[derive(Debug)]
pub(crate) struct Room {
    rows: usize,
    bytes: usize,
}

impl Room {
    /// Takes some for a row of these values.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is none left.
    pub(crate) fn take(&mut self, values: &[Value]) -> Result<()> {
        let rows = self.rows.checked_sub(1);
        let bytes = self.bytes.checked_sub(size_of(values));
        match (rows, bytes) {
            (Some(rows), Some(bytes)) => *self = Self { rows, bytes },
            _ => return Err(Error::TooLarge(bounds::CHANGED)),
        }
        Ok(())
    }
}

impl Inside {
    /// CWE-770: what is told is held until the unit ends.
    fn has_room(&self, more: usize) -> Result<usize> {
        if self.closed && !removed(Control::LateUntold) {
            return Err(Error::Finished);
        }
        let bytes = self.bytes.last().copied().unwrap_or(0) + more;
        if self.all.len() >= most_rows() || bytes > bounds::MAX_CHANGED_BYTES {
            return Err(Error::TooLarge(bounds::CHANGED));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
thread_local! {
    /// So that a test need not make as many rows.
    pub(crate) static TEST_MOST: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
}

fn most_rows() -> usize {
    #[cfg(test)]
    if let Some(most) = TEST_MOST.get() {
        return most;
    }
    bounds::MAX_CHANGED
}

fn whole(
    model: &'static ModelMeta,
    values: &[Value],
    sides: impl Fn(Cell) -> (Cell, Cell),
) -> Vec<(usize, Cell, Cell)> {
    let cells = model.columns.iter().zip(values).enumerate();
    cells
        .map(|(at, (column, value))| {
            let (old, new) = sides(Cell::of(column, value.clone()));
            (at, old, new)
        })
        .collect()
}

/// About what values take in memory.
fn size_of(values: &[Value]) -> usize {
    let each = |value: &Value| {
        let held = match value {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        held + std::mem::size_of::<(usize, Cell, Cell)>()
    };
    values.iter().map(each).sum()
}

/// The key of a row.
pub(crate) fn key(value: Option<&Value>) -> Result<Uuid> {
    match value.map(Value::as_ref) {
        Some(ValueRef::Blob(bytes)) => Uuid::from_slice(bytes).map_err(|_| no_key()),
        _ => Err(no_key()),
    }
}

fn no_key() -> Error {
    Error::Internal("a primary key is not 16 bytes".into())
}
