//! `ForeignKey<M>`: a reference to a row of `M`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use crate::model::Model;
use crate::model::field::{FieldLimits, ModelField};
use crate::model::key::Rel;
use crate::model::path::Path;
use crate::model::scope::Place;
use crate::model::types::{Id, InvalidId};
use crate::problem::Problem;
use crate::tree::meta::{ColumnMeta, ModelMeta, Untyped};
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};

/// A reference to a row of `M`, with the row itself if the query loaded it (`.related(|a| &a.author)`).
pub struct ForeignKey<M> {
    id: Id<M>,
    row: Loaded<M>,
}

/// A foreign key by which at most one row refers to a row of `M`: a profile to its user. The derive makes it `unique`, and whoever
/// adds a second one is refused ([`Error::Unique`](crate::Error::Unique)). In filters the other direction is
/// `related(profile: Profile.user)`: `u.profile.any(|p| …)`, `!u.profile.exists()`.
pub type OneToOne<M> = ForeignKey<M>;

enum Loaded<M> {
    Not,
    Hidden,
    Row(Arc<M>),
}

/// What a query loaded for a foreign key.
pub enum Related<'a, M> {
    /// The query did not ask for it.
    NotLoaded,
    /// There is such a row, and the actor may not see it.
    Hidden,
    /// The model whose row it refers to, or what is loaded of it.
    Row(&'a M),
}

/// What a template finds in a foreign key: nothing. Of a field that is asked of it rustc tells with its name, which says
/// what to do, and where the template stands.
#[doc(hidden)]
#[allow(non_camel_case_types)]
#[derive(Debug)]
pub struct OnlyAKey_LoadRelated_WriteGet<F, const L: u32, const K: u32>(PhantomData<fn() -> F>);

impl<M> ForeignKey<M> {
    /// A template's step into a field takes this before its own.
    #[doc(hidden)]
    pub fn __in_template<const L: u32, const K: u32, F>(&self) -> OnlyAKey_LoadRelated_WriteGet<F, L, K> {
        OnlyAKey_LoadRelated_WriteGet(PhantomData)
    }

    /// The id it refers to.
    pub fn id(&self) -> Id<M> {
        self.id
    }

    /// What the query loaded.
    pub fn related(&self) -> Related<'_, M> {
        match &self.row {
            Loaded::Not => Related::NotLoaded,
            Loaded::Hidden => Related::Hidden,
            Loaded::Row(row) => Related::Row(row),
        }
    }

    /// The row, if it was loaded and may be seen.
    pub fn get(&self) -> Option<&M> {
        match &self.row {
            Loaded::Row(row) => Some(row),
            Loaded::Not | Loaded::Hidden => None,
        }
    }
}

impl<M> ForeignKey<M> {
    /// The row itself, if it was loaded and may be seen.
    #[doc(hidden)]
    pub fn __into_row(self) -> Option<Arc<M>> {
        match self.row {
            Loaded::Row(row) => Some(row),
            Loaded::Not | Loaded::Hidden => None,
        }
    }
}

impl<M> From<Id<M>> for ForeignKey<M> {
    fn from(id: Id<M>) -> Self {
        Self { id, row: Loaded::Not }
    }
}
impl<M> Clone for ForeignKey<M> {
    fn clone(&self) -> Self {
        let row = match &self.row {
            Loaded::Not => Loaded::Not,
            Loaded::Hidden => Loaded::Hidden,
            Loaded::Row(row) => Loaded::Row(Arc::clone(row)),
        };
        Self { id: self.id, row }
    }
}
impl<M> PartialEq for ForeignKey<M> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl<M> Eq for ForeignKey<M> {}
impl<M> PartialEq<Id<M>> for ForeignKey<M> {
    fn eq(&self, other: &Id<M>) -> bool {
        self.id == *other
    }
}
impl<M> PartialOrd for ForeignKey<M> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<M> Ord for ForeignKey<M> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}
impl<M> Hash for ForeignKey<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
impl<M> fmt::Display for ForeignKey<M> {
    /// The id, as [`Id`] writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}
impl<M> FromStr for ForeignKey<M> {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse::<Id<M>>().map(Self::from)
    }
}
impl<M> serde::Serialize for ForeignKey<M> {
    /// The id alone, never the row behind it.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id.serialize(serializer)
    }
}
impl<M> fmt::Debug for ForeignKey<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignKey({})", self.id)
    }
}
impl<M> fmt::Debug for Related<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotLoaded => "NotLoaded",
            Self::Hidden => "Hidden",
            Self::Row(_) => "Row(..)",
        })
    }
}

impl<M: Model> ForeignKey<M> {
    fn attach_row(&mut self, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        // The joined row's first column is its primary key: NULL means that the rule in ON hid it.
        self.row = if row.peek_is_null() {
            row.skip(M::meta().columns.len());
            Loaded::Hidden
        } else {
            Loaded::Row(Arc::new(M::from_row(row)?))
        };
        Ok(())
    }
}

impl<M: Model> ModelField for ForeignKey<M> {
    type Input = Id<M>;
    type Column<P: Place> = Rel<P, M>;
    const KIND: Kind = Kind::Uuid;
    const NULLABLE: bool = false;
    const NEEDS_LENGTH: bool = false;
    const TARGET: Option<fn() -> &'static ModelMeta> = Some(M::meta);
    const UNTYPED: Untyped = <Id<M> as ModelField>::UNTYPED;

    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Rel<P, M> {
        Rel::new(path.clone(), meta)
    }
    fn input_value(input: &Id<M>) -> Value {
        Value::Uuid(input.uuid())
    }
    fn check_input(_: &Id<M>, _: &FieldLimits) -> Result<(), Problem> {
        Ok(())
    }
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        <Self as ModelField>::from_value(row.value()?)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        <Id<M> as ModelField>::from_value(value).map(Self::from)
    }
    fn attach(&mut self, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        self.attach_row(row)
    }
}

impl<M: Model> ModelField for Option<ForeignKey<M>> {
    type Input = Option<Id<M>>;
    type Column<P: Place> = Rel<P, M>;
    const KIND: Kind = Kind::Uuid;
    const NULLABLE: bool = true;
    const NEEDS_LENGTH: bool = false;
    const TARGET: Option<fn() -> &'static ModelMeta> = Some(M::meta);
    const UNTYPED: Untyped = <Id<M> as ModelField>::UNTYPED;

    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Rel<P, M> {
        Rel::new(path.clone(), meta)
    }
    fn input_value(input: &Option<Id<M>>) -> Value {
        input.map_or(Value::Null, |id| Value::Uuid(id.uuid()))
    }
    fn check_input(_: &Option<Id<M>>, _: &FieldLimits) -> Result<(), Problem> {
        Ok(())
    }
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        <Self as ModelField>::from_value(row.value()?)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            value => <Id<M> as ModelField>::from_value(value).map(|id| Some(ForeignKey::from(id))),
        }
    }
    fn attach(&mut self, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        match self {
            Some(key) => key.attach_row(row),
            None => {
                row.skip(M::meta().columns.len());
                Ok(())
            }
        }
    }
}
