//! `Encrypted<T>`: a value that the database holds sealed.

use crate::model::field::{Field, ModelField};
use crate::tree::meta::ColumnMeta;
use crate::tree::ring::{Unopened, Unsealed};
use crate::tree::value::{Mismatch, RowReader, Storage, Value, ValueRef};

/// A value that is sealed where it is stored: `#[field(encrypted = "person.tax_id")] pub tax_id: Encrypted<String>` (CWE-311,
/// CWE-312; ASVS 5.0 v5.0.0-11.3.3, v5.0.0-14.2.7).
///
/// A row that is read has it open. The database has XChaCha20-Poly1305 under a key of the label, bound to the label and to the row: a
/// ciphertext that is moved to another row, column or table does not open, and reading it is
/// [`Error::Undecipherable`](crate::Error::Undecipherable). The label stays when the column is renamed. It tells how long the value is.
///
/// It is not filtered, sorted, grouped, added up or printed: there is no `Debug`, no `Display`, no `Serialize`. With `index = blind` rows
/// are found that equal a value, `.filter(|p| p.tax_id.eq("DE123"))`, and whoever reads the database sees which rows have the same.
/// `max_length` bounds the value, not its ciphertext.
///
/// ```
/// use vauban_orm::Encrypted;
///
/// let tax_id: Encrypted<String> = "DE123456789".into();
/// assert_eq!(tax_id.expose(), "DE123456789");
/// ```
///
/// ```compile_fail,E0277
/// # use vauban_orm::Encrypted;
/// println!("{:?}", Encrypted::new("DE123456789".to_owned()));
/// ```
#[derive(Clone, Default)]
pub struct Encrypted<T>(T);

impl<T> Encrypted<T> {
    /// A value that is sealed where it is saved.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, for the place that needs it.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Encrypted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}
impl From<&str> for Encrypted<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The types of encrypted columns: [`Encrypted<T>`](Encrypted) of whatever else is a column, and an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of an encrypted column",
    label = "not an `Encrypted<…>`",
    note = "write `tax_id: Encrypted<String>`, or `Option<Encrypted<String>>` where it may be empty"
)]
pub trait EncryptedField: ModelField<Input = Self> {
    /// What is sealed.
    type Plain: Field;
    #[doc(hidden)]
    fn of_plain(plain: Option<Self::Plain>) -> Result<Self, Mismatch>;
}

impl<T: Field> EncryptedField for Encrypted<T> {
    type Plain = T;
    fn of_plain(plain: Option<T>) -> Result<Self, Mismatch> {
        plain.map(Self).ok_or(Mismatch)
    }
}
impl<T: Field> EncryptedField for Option<Encrypted<T>> {
    type Plain = T;
    fn of_plain(plain: Option<T>) -> Result<Self, Mismatch> {
        Ok(plain.map(Encrypted))
    }
}

/// The value as bytes: what is sealed, and what is looked for.
pub(crate) fn plain<T: Field>(value: &T) -> Unsealed {
    Unsealed::new(match value.to_value() {
        Value::Text(text) => text.into_bytes(),
        Value::Blob(bytes) => bytes,
        Value::Integer(number) => number.to_be_bytes().to_vec(),
        Value::Real(number) => number.to_be_bytes().to_vec(),
        Value::Uuid(id) => id.as_bytes().to_vec(),
        // No field's type is one of these.
        Value::Null | Value::Clock(_) | Value::Unsealed(_) => Vec::new(),
    })
}

fn of_plain<T: Field>(plain: &[u8]) -> Result<T, Mismatch> {
    let eight = || <[u8; 8]>::try_from(plain).map_err(|_| Mismatch);
    T::from_value(match T::KIND.storage() {
        Storage::Text => ValueRef::Text(std::str::from_utf8(plain).map_err(|_| Mismatch)?),
        Storage::Blob => ValueRef::Blob(plain),
        Storage::Integer => ValueRef::Integer(i64::from_be_bytes(eight()?)),
        Storage::Real => ValueRef::Real(f64::from_be_bytes(eight()?)),
    })
}

/// For the derive: the next column, which is the `nth` of its model's.
#[doc(hidden)]
pub fn opened<F: EncryptedField>(
    row: &mut RowReader<'_>,
    column: &'static ColumnMeta,
    nth: usize,
) -> Result<F, Mismatch> {
    let label = column.sealed.label().ok_or(Mismatch)?;
    let plain = match row.open(label, nth)? {
        None => None,
        Some(plain) => match of_plain(&plain) {
            Ok(plain) => Some(plain),
            Err(Mismatch) => return Err(row.is_unopened(Unopened::OtherType)),
        },
    };
    F::of_plain(plain)
}

/// For the derive: of a row that was just written.
#[doc(hidden)]
pub fn unsealed<F: EncryptedField>(value: &Value) -> Result<F, Mismatch> {
    F::of_plain(match value {
        Value::Null => None,
        Value::Unsealed(unsealed) => Some(of_plain(unsealed.plain())?),
        _ => return Err(Mismatch),
    })
}
