//! Columns of encrypted fields: they are set, asked whether they are empty and, by a blind index, for what equals a value.

use std::marker::PhantomData;

use crate::model::assignment::{Assigned, Assignment, Takes};
use crate::model::field::{Field, FieldLimits, ModelField, checked};
use crate::model::filter::Filter;
use crate::model::path::Path;
use crate::model::scope::{Own, Place};
use crate::model::types::{Encrypted, EncryptedField, plain};
use crate::model::{Model, order::Order};
use crate::problem::Problem;
use crate::tree::expr::{Expr, Op};
use crate::tree::meta::{ColumnMeta, Encoding, Inside, ModelMeta, Sealing, Untyped};
use crate::tree::ring::{MOST_LIVE, MOST_NEXT};
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};

/// Types that a column only speaks of.
type Types<P, F, I> = PhantomData<fn() -> (P, F, I)>;

/// The column of an [`Encrypted`] field, at the place `P`; `I` says whether rows are found by it.
pub struct SealedColumn<P, F, I> {
    path: Path,
    meta: &'static ColumnMeta,
    index: Option<&'static ColumnMeta>,
    types: Types<P, F, I>,
}

/// An encrypted field whose rows are found by nothing.
#[derive(Debug)]
pub enum NotIndexed {}
/// An encrypted field whose rows are found by a value that they equal: `index = blind`.
#[derive(Debug)]
pub enum Blind {}

/// What equality asks of an encrypted field.
#[diagnostic::on_unimplemented(
    message = "an encrypted field is not looked up: its ciphertext is another one each time",
    label = "no `index = blind` on this field",
    note = "declare it, `#[field(encrypted = \"person.tax_id\", index = blind)]`: then `.eq(…)` finds the rows that equal a value, and whoever reads the \
            database sees which rows have the same"
)]
pub trait FoundByItsIndex {}
impl FoundByItsIndex for Blind {}

/// What no encrypted field has: it explains what to do.
#[diagnostic::on_unimplemented(
    message = "an encrypted field has no order and no parts in the database, which holds ciphertexts",
    label = "ciphertexts are not compared, sorted or searched",
    note = "with `index = blind` it is asked for what equals a value, `.eq(…)`; for everything else read the rows and look at `field.expose()`, or keep what \
            is sorted by in a field of its own"
)]
pub trait ComparedInTheDatabase {}

impl<P: Place, F: EncryptedField, I> SealedColumn<P, F, I> {
    pub(crate) fn new(path: &Path, meta: &'static ColumnMeta) -> Self {
        Self {
            path: path.clone(),
            meta,
            index: None,
            types: PhantomData,
        }
    }

    /// For the derive.
    #[doc(hidden)]
    #[deprecated(note = "a model's columns come from its queries: `.filter(|p| p.tax_id.eq(…))`")]
    pub fn __indexed(path: &Path, meta: &'static ColumnMeta, index: &'static ColumnMeta) -> Self {
        Self {
            index: Some(index),
            ..Self::new(path, meta)
        }
    }

    /// Writes the column, in a change of one row: each row's ciphertext is its own, so that a set is changed by
    /// [`change_each`](crate::Changeable::change_each).
    pub fn set<V: Assigned<P, F>>(&self, value: V) -> Assignment<V::Model> {
        Assignment::typed::<F>(self.meta, value.assigned())
    }

    /// The filter for rows that have no value here.
    pub fn is_null(&self) -> Filter<P::Scope> {
        Filter::new(self.path.wrap(Expr::IsNull(self.path.column(self.meta))))
    }

    /// Equal, as it was saved, whatever key it was saved by.
    pub fn eq<V: Into<Encrypted<F::Plain>>>(&self, value: V) -> Filter<P::Scope>
    where
        I: FoundByItsIndex,
    {
        let Some(index) = self.index else {
            return Filter::new(Expr::False);
        };
        let Some(label) = index.sealed.label() else {
            return Filter::new(Expr::False);
        };
        let plain = plain(value.into().expose());
        // One place for each key that opens, and for those that may be next: how many there are changes no statement's text.
        let by_each = (0..MOST_LIVE + MOST_NEXT).fold(Expr::False, |found, nth| {
            let sought = Value::Unsealed(plain.sought(label, nth));
            found.or(Expr::compare(Op::Eq, self.path.column(index), sought))
        });
        Filter::new(self.path.wrap(by_each))
    }

    /// Ciphertexts are not sorted by: the bound says what to do instead.
    #[doc(hidden)]
    pub fn asc(&self) -> Order<P::Scope>
    where
        Self: ComparedInTheDatabase,
    {
        Order::new(Vec::new(), self.meta, false)
    }

    /// Ciphertexts are not sorted by: the bound says what to do instead.
    #[doc(hidden)]
    pub fn desc(&self) -> Order<P::Scope>
    where
        Self: ComparedInTheDatabase,
    {
        Order::new(Vec::new(), self.meta, true)
    }
}

macro_rules! refused {
    ($($name:ident)+) => {
        impl<P: Place, F: EncryptedField, I> SealedColumn<P, F, I> { $(
            /// Ciphertexts are not compared: the bound says what to do instead.
            #[doc(hidden)]
            pub fn $name<V>(&self, _: V) -> Filter<P::Scope>
            where
                Self: ComparedInTheDatabase,
            {
                Filter::new(Expr::False)
            }
        )+ }
    };
}
refused!(ne lt le gt ge is_in contains icontains starts_with ends_with);

/// What a form that edits or adds rows sets.
impl<M: Model, F: EncryptedField, I> Takes<F> for SealedColumn<Own<M>, F, I> {
    type Of = M;
    fn take(&self, value: F) -> Assignment<M> {
        self.set(value)
    }
}

/// What is known of the index of an encrypted column, as the derive writes it.
#[doc(hidden)]
pub const INDEX: Untyped = Untyped {
    accepted: |value, _| match value {
        ValueRef::Blob(index) => Ok(Value::Blob(index.to_vec())),
        _ => Err(crate::model::kinds::wrong(Kind::Bytes)),
    },
    parsed: |_| Err(crate::model::kinds::wrong(Kind::Bytes)),
    shown: |_| Err(Mismatch),
    encoding: Encoding::OfKind,
    inside: None,
    max_bytes: Some(20),
    choices: &[],
    labels: &[],
    secret: true,
    whole: || false,
};

/// The column by which the values of an encrypted one are found.
pub(crate) fn index_of(columns: &'static [ColumnMeta], column: &ColumnMeta) -> Option<&'static ColumnMeta> {
    let Sealing::Encrypted { label } = column.sealed else {
        return None;
    };
    columns
        .iter()
        .find(|other| other.sealed == Sealing::Index { label })
}

impl<P, F, I> std::fmt::Debug for SealedColumn<P, F, I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SealedColumn").field(&self.meta.field).finish()
    }
}

/// Said of what is encrypted, where only its metadata is known.
const BY_ITS_TYPE: Problem = Problem::new(
    "encrypted",
    "This is encrypted, and is read and written by its type alone.",
);

fn accepted(value: ValueRef<'_>, limits: Option<&FieldLimits>) -> Result<Value, Problem> {
    match (value, limits) {
        (ValueRef::Blob(sealed), None) => Ok(Value::Blob(sealed.to_vec())),
        _ => Err(BY_ITS_TYPE),
    }
}

fn unsealed_of<T: Field>(value: ValueRef<'_>, limits: &FieldLimits) -> Result<Value, Problem> {
    let value = T::from_value(value).map_err(|Mismatch| BY_ITS_TYPE)?;
    checked(&value, limits)?;
    Ok(Value::Unsealed(plain(&value)))
}

const fn untyped<T: Field>() -> Untyped {
    Untyped {
        accepted,
        parsed: |_| Err(BY_ITS_TYPE),
        shown: |_| Err(Mismatch),
        encoding: Encoding::Encrypted,
        inside: Some(Inside {
            kind: T::KIND,
            unsealed: unsealed_of::<T>,
        }),
        max_bytes: None,
        choices: T::CHOICES,
        labels: &[],
        secret: true,
        whole: || false,
    }
}

macro_rules! model_field {
    ($field:ty, $nullable:literal, $value:expr) => {
        impl<T: Field> ModelField for $field {
            type Input = Self;
            type Column<P: Place> = SealedColumn<P, Self, NotIndexed>;
            const KIND: Kind = Kind::Bytes;
            const NULLABLE: bool = $nullable;
            const NEEDS_LENGTH: bool = T::NEEDS_LENGTH;
            const TARGET: Option<fn() -> &'static ModelMeta> = None;
            const UNTYPED: Untyped = untyped::<T>();

            fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Self::Column<P> {
                SealedColumn::new(path, meta)
            }
            fn input_value(input: &Self) -> Value {
                $value(input).map_or(Value::Null, |value: &Encrypted<T>| {
                    Value::Unsealed(plain(value.expose()))
                })
            }
            fn check_input(input: &Self, limits: &FieldLimits) -> Result<(), Problem> {
                $value(input).map_or(Ok(()), |value: &Encrypted<T>| {
                    checked(value.expose(), limits)
                })
            }
            // The derive knows the label, and opens it by that.
            fn read(_: &mut RowReader<'_>) -> Result<Self, Mismatch> {
                Err(Mismatch)
            }
            fn from_value(_: ValueRef<'_>) -> Result<Self, Mismatch> {
                Err(Mismatch)
            }
        }
    };
}
model_field!(Encrypted<T>, false, Some);
model_field!(Option<Encrypted<T>>, true, Option::as_ref);
