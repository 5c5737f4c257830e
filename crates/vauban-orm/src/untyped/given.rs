//! Values for columns that are known by metadata: each says what it is, so that a column of another kind refuses it.

use std::fmt;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::field::Field;
use crate::model::types::{
    Date, DateTime, Decimal, Duration, ForeignKey, Id, IpAddress, Json, JsonValue, Slug, Time, UserId,
};
use crate::problem::Problem;
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::meta::ModelMeta;
use crate::tree::value::{Kind, Value};

/// A value that a column is compared with or set to. It knows its kind and, if it is an id, the model whose rows have it; the
/// column checks both.
#[derive(Clone)]
pub struct Given {
    pub(super) value: Value,
    /// `None`: as a database stores it, for the column's type to judge.
    pub(super) kind: Option<Kind>,
    pub(super) of: Option<&'static ModelMeta>,
    /// Why it is the value of no column: then there is none here (CWE-754).
    pub(super) unfit: Option<Problem>,
}

impl Given {
    /// A value of a field's type: an enum with `#[derive(Choices)]`, a newtype of your own.
    pub fn new<T: Field>(value: &T) -> Self {
        Self {
            value: value.to_value(),
            kind: Some(T::KIND),
            of: None,
            unfit: None,
        }
    }

    /// Nothing: what empties a column that may be empty.
    pub const fn null() -> Self {
        Self {
            value: Value::Null,
            kind: None,
            of: None,
            unfit: None,
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Given").field(&self.value).finish()
    }
}

/// The primary key of a row of a [`AnyTable`](super::AnyTable): an [`Id`] whose model is known by its metadata.
#[derive(Clone, Copy)]
pub struct AnyKey {
    pub(super) model: &'static ModelMeta,
    pub(super) id: Uuid,
}

impl AnyKey {
    /// The model whose row it is.
    pub fn model(&self) -> &'static ModelMeta {
        self.model
    }

    /// Names the row, in a query on this model's rows.
    ///
    /// # Errors
    /// [`Error::NotFound`] in one on another's.
    pub(super) fn named(self, model: &'static ModelMeta) -> Result<Expr> {
        match self.model.is(model) {
            true => Ok(Expr::compare(
                Op::Eq,
                Col::of_root(model.id()),
                Value::Uuid(self.id),
            )),
            false => Err(Error::NotFound),
        }
    }

    /// The UUID behind it.
    pub const fn uuid(self) -> Uuid {
        self.id
    }
}

impl PartialEq for AnyKey {
    fn eq(&self, other: &Self) -> bool {
        self.model.is(other.model) && self.id == other.id
    }
}
impl Eq for AnyKey {}
impl fmt::Debug for AnyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.model.name, self.id)
    }
}
/// As [`Id`] writes it.
impl fmt::Display for AnyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl From<AnyKey> for Given {
    fn from(key: AnyKey) -> Self {
        Self {
            value: Value::Uuid(key.id),
            kind: Some(Kind::Uuid),
            of: Some(key.model),
            unfit: None,
        }
    }
}
impl<M: Model> From<Id<M>> for Given {
    fn from(id: Id<M>) -> Self {
        Self {
            of: Some(M::meta()),
            ..Self::new(&id)
        }
    }
}
impl<M: Model> From<ForeignKey<M>> for Given {
    fn from(key: ForeignKey<M>) -> Self {
        Self::from(key.id())
    }
}
impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}
impl<T: Into<Self>> From<Option<T>> for Given {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::null, Into::into)
    }
}
/// As a database stores it: the column's type judges it.
impl From<Value> for Given {
    fn from(value: Value) -> Self {
        Self {
            value,
            kind: None,
            of: None,
            unfit: None,
        }
    }
}
impl<const PLACES: u32, const DIGITS: u32> From<Decimal<PLACES, DIGITS>> for Given {
    fn from(value: Decimal<PLACES, DIGITS>) -> Self {
        Self::new(&value)
    }
}

impl<T: JsonValue> From<Json<T>> for Given {
    fn from(json: Json<T>) -> Self {
        let (value, unfit) = match json.whole() {
            Ok(text) => (Value::Text(text), None),
            Err(problem) => (Value::Null, Some(problem)),
        };
        Self {
            value,
            kind: Some(Kind::Json),
            of: None,
            unfit,
        }
    }
}

macro_rules! fields {
    ($($field:ty)+) => { $(
        impl From<$field> for Given {
            fn from(value: $field) -> Self {
                Self::new(&value)
            }
        }
    )+ };
}
fields!(String bool i16 u16 u32 i32 i64 f64 Uuid UserId Slug DateTime Date Time Duration IpAddress Vec<u8>);
