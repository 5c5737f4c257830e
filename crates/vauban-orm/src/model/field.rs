//! What may stand in a model: the [`Field`] trait, and the types that are fields.

use uuid::Uuid;

use crate::model::aggregate::is_whole;
use crate::model::columns::Column;
use crate::model::kinds;
use crate::model::path::Path;
use crate::model::scope::Place;
use crate::problem::Problem;
pub use crate::tree::limits::FieldLimits;
use crate::tree::limits::too_large;
pub use crate::tree::meta::Encoding;
use crate::tree::meta::{ColumnMeta, ModelMeta, Untyped};
use crate::tree::value::RowReader;
pub use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// A type that a model's column may have. Implement it for your own newtypes: parse, don't validate.
///
/// ```
/// use vauban_orm::Problem;
/// use vauban_orm::field::{Field, FieldLimits, Kind, Mismatch, Value, ValueRef};
///
/// #[derive(Clone)]
/// struct Postcode(String);
///
/// impl Field for Postcode {
///     const KIND: Kind = Kind::Text;
///     const MAX_BYTES: Option<usize> = Some(5);
///     fn to_value(&self) -> Value { Value::Text(self.0.clone()) }
///     fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
///         match value { ValueRef::Text(s) => Ok(Self(s.to_owned())), _ => Err(Mismatch) }
///     }
///     fn check(&self, _: &FieldLimits) -> Result<(), Problem> {
///         if self.0.len() == 5 { Ok(()) } else { Err(Problem::new("postcode", "A postcode has five digits.")) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a model's column can have",
    label = "no column's type; a row of another model is `ForeignKey<{Self}>`, a group of fields has `#[field(group)]`",
    note = "columns are `Id<M>`, `ForeignKey<M>`, `String`, `Slug`, `bool`, `i16` to `i64`, `u16`, `u32`, `f64`, `Decimal`, `DateTime`, `Date`, `Time`, `Duration`, `IpAddress`, `Uuid`, `Vec<u8>`, `Json<T>`, `Encrypted<T>`, an enum with `#[derive(Choices)]`, an `Option` of these, or a type with `impl Field`; a struct with `#[derive(FieldGroup)]` is taken in by `#[field(group)]`"
)]
pub trait Field: Clone + Send + Sync + Sized + 'static {
    /// What its columns hold.
    const KIND: Kind;
    /// Whether it is text of any length, so that the model must say `max_length` or `text`.
    const NEEDS_LENGTH: bool = false;
    /// Bytes of the text or of the bytes that it is, at most. A type that does not say so may be of any length, and no page by key
    /// is ordered by it (CWE-400); a longer value is refused.
    const MAX_BYTES: Option<usize> = None;
    /// What else decides what a stored value means: a decimal's places. A newtype of one says the same:
    /// `const ENCODING: Encoding = Decimal::<4, 14>::ENCODING;`
    const ENCODING: Encoding = Encoding::OfKind;
    /// Whether its values are told to nobody who was not asked for them by type: what is told of a change says only that there is
    /// one (CWE-532). For hashes, keys and tokens.
    const SECRET: bool = false;
    /// The texts that it is one of, if there are but these, in their order.
    const CHOICES: &'static [&'static str] = &[];
    /// What is shown for each of [`CHOICES`](Self::CHOICES), where that is not the text itself.
    const CHOICE_LABELS: &'static [&'static str] = &[];
    /// The smallest and the greatest number that it can be, where its [`KIND`](Self::KIND) holds others besides: the database
    /// holds every row to them.
    const RANGE: Option<(i64, i64)> = None;
    /// How many digits of the stored whole number are behind the point, for `min` and `max`.
    #[doc(hidden)]
    const PLACES: u32 = 0;

    /// The value as it is bound to a statement.
    fn to_value(&self) -> Value;

    /// From the database.
    ///
    /// # Errors
    /// If the stored value is not one of this type's.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;

    /// Whether the value may be saved; called for every write, whatever its way (CWE-20).
    ///
    /// # Errors
    /// What is wrong, for the person who typed it.
    fn check(&self, limits: &FieldLimits) -> Result<(), Problem> {
        let _ = limits;
        Ok(())
    }

    /// From text, where the column is known by its metadata alone (the admin, an address): by default as it is stored.
    ///
    /// # Errors
    /// What is wrong, for the person who typed it.
    fn from_text(text: &str) -> Result<Self, Problem> {
        let value = kinds::stored(Self::KIND, text);
        value
            .and_then(|value| Self::from_value(value.as_ref()).ok())
            .ok_or_else(|| kinds::wrong(Self::KIND))
    }

    /// As text, where the column is known by its metadata alone: what [`from_text`](Self::from_text) reads.
    fn to_text(&self) -> String {
        kinds::shown(Self::KIND, self.to_value().as_ref())
    }
}

/// What the type says of a value, then the bounds of numbers and of texts, which a type of the site's own may not know
/// (CWE-1284).
pub(super) fn checked<T: Field>(value: &T, limits: &FieldLimits) -> Result<(), Problem> {
    value.check(limits)?;
    if limits.is_range() {
        limits.check_number(&value.to_value())?;
    }
    let stated = limits.max_length.is_some() && !T::NEEDS_LENGTH;
    if stated || T::MAX_BYTES.is_some() {
        match value.to_value() {
            Value::Text(text) => {
                limits.check_text(&text)?;
                check_bytes(text.len(), T::MAX_BYTES)?;
            }
            Value::Blob(bytes) => check_bytes(bytes.len(), T::MAX_BYTES)?,
            _ => {}
        }
    }
    Ok(())
}

fn check_bytes(bytes: usize, most: Option<usize>) -> Result<(), Problem> {
    match most {
        Some(most) if bytes > most => {
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            Err(Problem::new("max_length", "At most {max} characters.").with("max", most))
        }
        _ => Ok(()),
    }
}

fn accepted<T: Field>(value: ValueRef<'_>, limits: Option<&FieldLimits>) -> Result<Value, Problem> {
    let value = T::from_value(value).map_err(|Mismatch| kinds::wrong(T::KIND))?;
    if let Some(limits) = limits {
        checked(&value, limits)?;
    }
    Ok(value.to_value())
}

fn parsed<T: Field>(text: &str) -> Result<Value, Problem> {
    T::from_text(text).map(|value| value.to_value())
}

fn shown<T: Field>(value: ValueRef<'_>) -> Result<String, Mismatch> {
    T::from_value(value).map(|value| value.to_text())
}

/// Said of an id that a statement would set.
pub(crate) const ID_IS_NEVER_SET: Problem = Problem::new("id_is_never_set", "An id is never set.");

/// A model's field with its place in queries: every [`Field`], an `Option` of one, and foreign keys.
/// Implemented by this crate only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a model's column can have",
    label = "no column's type; a row of another model is `ForeignKey<{Self}>`, a group of fields has `#[field(group)]`",
    note = "columns are `Id<M>`, `ForeignKey<M>`, `String`, `Slug`, `bool`, `i16` to `i64`, `u16`, `u32`, `f64`, `Decimal`, `DateTime`, `Date`, `Time`, `Duration`, `IpAddress`, `Uuid`, `Vec<u8>`, `Json<T>`, `Encrypted<T>`, an enum with `#[derive(Choices)]`, an `Option` of these, or a type with `impl Field`; a struct with `#[derive(FieldGroup)]` is taken in by `#[field(group)]`"
)]
pub trait ModelField: Sized + Send + Sync + 'static {
    /// What a new row is given for it.
    type Input: Send + 'static;
    /// Its column at the place `P`.
    type Column<P: Place>;
    #[doc(hidden)]
    const KIND: Kind;
    #[doc(hidden)]
    const NULLABLE: bool;
    #[doc(hidden)]
    const NEEDS_LENGTH: bool;
    #[doc(hidden)]
    const TARGET: Option<fn() -> &'static ModelMeta>;
    #[doc(hidden)]
    const RANGE: Option<(i64, i64)> = None;
    #[doc(hidden)]
    const PLACES: u32 = 0;
    #[doc(hidden)]
    const UNTYPED: Untyped;

    /// CWE-639: by hand, a question about a field that its module keeps private.
    #[doc(hidden)]
    #[deprecated(note = "a model's columns come from its queries: `.filter(|a| a.title.eq(…))`")]
    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Self::Column<P>;
    #[doc(hidden)]
    fn input_value(input: &Self::Input) -> Value;
    #[doc(hidden)]
    fn check_input(input: &Self::Input, limits: &FieldLimits) -> Result<(), Problem>;
    #[doc(hidden)]
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch>;
    #[doc(hidden)]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;
    #[doc(hidden)]
    fn attach(&mut self, row: &mut RowReader<'_>) -> Result<(), Mismatch> {
        let _ = row;
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> ModelField for T {
    type Input = T;
    type Column<P: Place> = Column<P, T>;
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = false;
    const NEEDS_LENGTH: bool = T::NEEDS_LENGTH;
    const TARGET: Option<fn() -> &'static ModelMeta> = None;
    const RANGE: Option<(i64, i64)> = T::RANGE;
    const PLACES: u32 = T::PLACES;
    const UNTYPED: Untyped = Untyped {
        accepted: accepted::<T>,
        parsed: parsed::<T>,
        shown: shown::<T>,
        encoding: T::ENCODING.of(T::KIND),
        inside: None,
        max_bytes: T::MAX_BYTES,
        choices: T::CHOICES,
        labels: T::CHOICE_LABELS,
        secret: T::SECRET,
        whole: is_whole::<T>,
    };

    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Self::Column<P> {
        Column::new(path.clone(), meta)
    }
    fn input_value(input: &T) -> Value {
        input.to_value()
    }
    fn check_input(input: &T, limits: &FieldLimits) -> Result<(), Problem> {
        checked(input, limits)
    }
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        T::from_value(row.value()?)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        <T as Field>::from_value(value)
    }
}

impl<T: Field> ModelField for Option<T> {
    type Input = Option<T>;
    type Column<P: Place> = Column<P, Option<T>>;
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const NEEDS_LENGTH: bool = T::NEEDS_LENGTH;
    const TARGET: Option<fn() -> &'static ModelMeta> = None;
    const RANGE: Option<(i64, i64)> = T::RANGE;
    const PLACES: u32 = T::PLACES;
    const UNTYPED: Untyped = <T as ModelField>::UNTYPED;

    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Self::Column<P> {
        Column::new(path.clone(), meta)
    }
    fn input_value(input: &Self) -> Value {
        input.as_ref().map_or(Value::Null, Field::to_value)
    }
    fn check_input(input: &Self, limits: &FieldLimits) -> Result<(), Problem> {
        input.as_ref().map_or(Ok(()), |value| checked(value, limits))
    }
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        <Self as ModelField>::from_value(row.value()?)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl Field for String {
    const KIND: Kind = Kind::Text;
    const NEEDS_LENGTH: bool = true;
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, limits: &FieldLimits) -> Result<(), Problem> {
        limits.check_text(self)
    }
}

impl Field for bool {
    const KIND: Kind = Kind::Bool;
    fn to_value(&self) -> Value {
        Value::Integer(i64::from(*self))
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(i) => Ok(i != 0),
            _ => Err(Mismatch),
        }
    }
}

impl Field for i64 {
    const KIND: Kind = Kind::BigInt;
    fn to_value(&self) -> Value {
        Value::Integer(*self)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(i) => Ok(i),
            _ => Err(Mismatch),
        }
    }
}

macro_rules! integers {
    ($($integer:ty => $kind:ident, $range:expr;)+) => { $(
        impl Field for $integer {
            const KIND: Kind = Kind::$kind;
            const RANGE: Option<(i64, i64)> = $range;
            fn to_value(&self) -> Value {
                Value::Integer(i64::from(*self))
            }
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                match value {
                    ValueRef::Integer(i) => Self::try_from(i).map_err(|_| Mismatch),
                    _ => Err(Mismatch),
                }
            }
        }
    )+ };
}
integers! {
    i16 => SmallInt, None;
    i32 => Int, None;
    // No database has them: the next larger one, held to their bounds.
    u16 => Int, Some((0, u16::MAX as i64));
    u32 => BigInt, Some((0, u32::MAX as i64));
}

impl Field for f64 {
    const KIND: Kind = Kind::Double;
    fn to_value(&self) -> Value {
        Value::Real(*self)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Real(r) => Ok(r),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, _: &FieldLimits) -> Result<(), Problem> {
        // SQLite stores NaN as NULL.
        if self.is_finite() {
            Ok(())
        } else {
            Err(Problem::new("not_finite", "Enter a finite number."))
        }
    }
}

impl Field for Uuid {
    const KIND: Kind = Kind::Uuid;
    fn to_value(&self) -> Value {
        Value::Uuid(*self)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(bytes) => Self::from_slice(bytes).map_err(|_| Mismatch),
            _ => Err(Mismatch),
        }
    }
}

impl Field for Vec<u8> {
    const KIND: Kind = Kind::Bytes;
    fn to_value(&self) -> Value {
        Value::Blob(self.clone())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, limits: &FieldLimits) -> Result<(), Problem> {
        match limits.max_length {
            Some(max) if self.len() > max as usize => Err(too_large(max)),
            _ => Ok(()),
        }
    }
}
