//! `Json<T>`: a document in one column, typed by serde.

use std::cell::Cell;
use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use crate::model::columns::Column;
use crate::model::field::{FieldLimits, ModelField};
use crate::model::filter::Filter;
use crate::model::kinds::NOT_THIS_JSON;
use crate::model::path::Path;
use crate::model::scope::Place;
use crate::problem::Problem;
use crate::tree::expr::Expr;
use crate::tree::meta::{ColumnMeta, Encoding, ModelMeta, Untyped};
use crate::tree::value::{Kind, Mismatch, RowReader, Value, ValueRef};

/// JSON of the closed type `T`: a model's column, a form's field, an answer of a view, or as a parameter of an unsafe view the
/// request's body.
///
/// As a column it holds settings and the like, which are read and written whole. It has at most 65,536 bytes, or what
/// `#[field(max_length = …)]` says, is nested 32 deep at most, and what is written can be read: all this is asked before it is
/// saved. A number counts with all of its digits written out, as PostgreSQL keeps it: `1e300` is 301 bytes. Nothing is looked up in it and rows are not sorted by it; what is looked up is a field of its own. A stored
/// document that is not the type's any more is an error that names table, column and row in the log (new fields have
/// `#[serde(default)]`). Numbers with a point may change in their last digit.
///
/// ```
/// use vauban_orm::Json;
///
/// #[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
/// #[serde(deny_unknown_fields)]
/// struct Settings { theme: String, #[serde(default)] compact: bool }
///
/// let settings = Json(Settings { theme: "dark".into(), compact: false });
/// assert_eq!(settings.0.theme, "dark");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

/// A type that JSON in a column is read into and written from: whatever has serde's two derives.
#[diagnostic::on_unimplemented(
    message = "`Json<{Self}>` is no column: `{Self}` lacks `Serialize` or `Deserialize`",
    label = "not both read and written by serde",
    note = "add them: `#[derive(serde::Serialize, serde::Deserialize)] struct {Self} {{ … }}` (in Cargo.toml: `serde = {{ version = \"1\", features = [\"derive\"] }}`)"
)]
pub trait JsonValue: Serialize + DeserializeOwned + Send + Sync + 'static {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> JsonValue for T {}

/// How many bytes a document has at most, where the field says nothing else.
const MOST_BYTES: u32 = 65_536;
/// How deep it is nested at most (CWE-674).
const DEEPEST: usize = 32;

impl<T: JsonValue> Json<T> {
    /// Reads a document.
    ///
    /// # Errors
    /// If it is no JSON, or of another shape, or too large or too deep.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let value: T = serde_json::from_str(text).map_err(|_| NOT_THIS_JSON)?;
        Ok(Self(value))
    }

    /// The document as text, if it may be stored.
    ///
    /// # Errors
    /// Why it may not.
    pub fn to_text(&self, limits: &FieldLimits) -> Result<String, Problem> {
        let most = limits.max_length.unwrap_or(MOST_BYTES);
        let text = self.written(most as usize).map_err(|kind| unfit(kind, most))?;
        // What was never a number is written as `null`, and nobody could read the row any more.
        Self::parse(&text)?;
        Ok(text)
    }

    /// The document as text, however long.
    ///
    /// # Errors
    /// Why it may be in no column.
    pub(crate) fn whole(&self) -> Result<String, Problem> {
        self.written(usize::MAX).map_err(|kind| unfit(kind, MOST_BYTES))
    }

    fn written(&self, most: usize) -> Result<String, io::ErrorKind> {
        let left = &Left(Cell::new(most));
        let out = Limited {
            out: Vec::new(),
            left,
        };
        let mut serializer = Serializer::with_formatter(out, Bounded { depth: 0, left });
        let done = self.0.serialize(&mut serializer);
        done.map_err(|error| error.io_error_kind().unwrap_or(io::ErrorKind::Other))?;
        String::from_utf8(serializer.into_inner().out).map_err(|_| io::ErrorKind::Other)
    }
}

const TOO_LARGE: io::ErrorKind = io::ErrorKind::StorageFull;
const TOO_DEEP: io::ErrorKind = io::ErrorKind::InvalidInput;
const HAS_NUL: io::ErrorKind = io::ErrorKind::InvalidData;
const TOO_MANY_DIGITS: io::ErrorKind = io::ErrorKind::FileTooLarge;

/// What is wrong with a document of which at most so many bytes are written.
fn unfit(kind: io::ErrorKind, most: u32) -> Problem {
    match kind {
        TOO_LARGE => Problem::new("max_bytes", "At most {max} bytes.").with("max", most),
        TOO_DEEP => {
            Problem::new("json_depth", "At most {max} levels, one inside the other.").with("max", DEEPEST)
        }
        HAS_NUL => Problem::new("null_characters", "Null characters are not allowed."),
        TOO_MANY_DIGITS => {
            Problem::new("max_digits", "At most {max} digits in a number.").with("max", MOST_DIGITS)
        }
        _ => NOT_THIS_JSON,
    }
}

/// How many bytes may still be written.
struct Left(Cell<usize>);

impl Left {
    fn spend(&self, bytes: usize) -> io::Result<()> {
        let left = self.0.get().checked_sub(bytes).ok_or(TOO_LARGE)?;
        self.0.set(left);
        Ok(())
    }
}

/// CWE-770: what is too large is not written to its end.
struct Limited<'a> {
    out: Vec<u8>,
    left: &'a Left,
}

impl io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left.spend(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many digits a number has, written out: what every database's numbers have behind the point.
const MOST_DIGITS: usize = 16_383;

/// How many characters a number has without an exponent, as PostgreSQL keeps it and gives it back.
fn written_out(number: &str) -> usize {
    let (plain, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    // What is no `i32` is an exponent of more digits than any number may have.
    let exponent = exponent.parse::<i32>().unwrap_or(i32::MAX);
    let moved = exponent.unsigned_abs() as usize;
    let digits = plain.trim_start_matches('-');
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, part) = if exponent < 0 {
        (
            whole.len().saturating_sub(moved).max(1),
            part.len().saturating_add(moved),
        )
    } else {
        (
            whole.len().saturating_add(moved),
            part.len().saturating_sub(moved),
        )
    };
    let point = usize::from(part > 0);
    (plain.len() - digits.len())
        .saturating_add(whole)
        .saturating_add(point)
        .saturating_add(part)
}

/// Writes without spaces, as deep as it may be.
struct Bounded<'a> {
    depth: usize,
    left: &'a Left,
}

impl Bounded<'_> {
    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            Err(TOO_DEEP.into())
        } else {
            Ok(())
        }
    }
}

impl Bounded<'_> {
    /// CWE-400, CWE-770: a few characters of a number are not hundreds of them in the database.
    fn number<W: ?Sized + io::Write>(&self, writer: &mut W, number: &[u8]) -> io::Result<()> {
        let long = written_out(std::str::from_utf8(number).map_err(|_| io::ErrorKind::Other)?);
        if long > MOST_DIGITS {
            return Err(TOO_MANY_DIGITS.into());
        }
        self.left.spend(long.saturating_sub(number.len()))?;
        writer.write_all(number)
    }
}

impl Formatter for Bounded<'_> {
    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        let mut text = Vec::new();
        CompactFormatter.write_f32(&mut text, value)?;
        self.number(writer, &text)
    }
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let mut text = Vec::new();
        CompactFormatter.write_f64(&mut text, value)?;
        self.number(writer, &text)
    }
    fn write_number_str<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: &str) -> io::Result<()> {
        self.number(writer, value.as_bytes())
    }
    /// What is JSON already is written as what it says, within the same bounds.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        mut writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let value: serde_json::Value = serde_json::from_str(fragment)?;
        let writer: &mut dyn io::Write = &mut writer;
        let inside = Bounded {
            depth: self.depth,
            left: self.left,
        };
        value.serialize(&mut Serializer::with_formatter(writer, inside))?;
        Ok(())
    }
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"[")
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"{")
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        // CWE-158: PostgreSQL has no text with it, and would say so by an error.
        if matches!(escape, CharEscape::AsciiControl(0)) {
            return Err(HAS_NUL.into());
        }
        let short = match escape {
            CharEscape::Quote => b'"',
            CharEscape::ReverseSolidus => b'\\',
            CharEscape::Solidus => b'/',
            CharEscape::Backspace => b'b',
            CharEscape::FormFeed => b'f',
            CharEscape::LineFeed => b'n',
            CharEscape::CarriageReturn => b'r',
            CharEscape::Tab => b't',
            CharEscape::AsciiControl(byte) => return write!(writer, "\\u{byte:04x}"),
        };
        writer.write_all(&[b'\\', short])
    }
}

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}
impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// CWE-754: what is wrong with it was told by then; if it was not, it is a text that is no JSON. It is never nothing, which
/// would empty the column.
fn value_of<T: JsonValue>(json: &Json<T>) -> Value {
    Value::Text(json.whole().unwrap_or_default())
}

fn read<T: JsonValue>(value: ValueRef<'_>) -> Result<Json<T>, Mismatch> {
    match value {
        ValueRef::Text(text) => Json::parse(text).map_err(|_| Mismatch),
        _ => Err(Mismatch),
    }
}

fn accepted<T: JsonValue>(value: ValueRef<'_>, limits: Option<&FieldLimits>) -> Result<Value, Problem> {
    let json: Json<T> = read(value).map_err(|Mismatch| NOT_THIS_JSON)?;
    match limits {
        Some(limits) => json.to_text(limits).map(Value::Text),
        None => json.whole().map(Value::Text),
    }
}

const fn untyped<T: JsonValue>() -> Untyped {
    Untyped {
        encoding: Encoding::OfKind,
        inside: None,
        max_bytes: None,
        choices: &[],
        labels: &[],
        secret: false,
        whole: || false,
        accepted: accepted::<T>,
        parsed: |text| Json::<T>::parse(text)?.whole().map(Value::Text),
        shown: |value| {
            let json: Json<T> = read(value)?;
            json.whole().map_err(|_| Mismatch)
        },
    }
}

impl<T: JsonValue> ModelField for Json<T> {
    type Input = Self;
    type Column<P: Place> = Column<P, Self>;
    const KIND: Kind = Kind::Json;
    const NULLABLE: bool = false;
    const NEEDS_LENGTH: bool = false;
    const TARGET: Option<fn() -> &'static ModelMeta> = None;
    const UNTYPED: Untyped = untyped::<T>();

    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Column<P, Self> {
        Column::new(path.clone(), meta)
    }
    fn input_value(input: &Self) -> Value {
        value_of(input)
    }
    fn check_input(input: &Self, limits: &FieldLimits) -> Result<(), Problem> {
        input.to_text(limits).map(|_| ())
    }
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        read(row.value()?)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        read(value)
    }
}

impl<T: JsonValue> ModelField for Option<Json<T>> {
    type Input = Self;
    type Column<P: Place> = Column<P, Self>;
    const KIND: Kind = Kind::Json;
    const NULLABLE: bool = true;
    const NEEDS_LENGTH: bool = false;
    const TARGET: Option<fn() -> &'static ModelMeta> = None;
    const UNTYPED: Untyped = untyped::<T>();

    fn column<P: Place>(path: &Path, meta: &'static ColumnMeta) -> Column<P, Self> {
        Column::new(path.clone(), meta)
    }
    fn input_value(input: &Self) -> Value {
        input.as_ref().map_or(Value::Null, value_of)
    }
    fn check_input(input: &Self, limits: &FieldLimits) -> Result<(), Problem> {
        input
            .as_ref()
            .map_or(Ok(()), |json| json.to_text(limits).map(|_| ()))
    }
    fn read(row: &mut RowReader<'_>) -> Result<Self, Mismatch> {
        <Self as ModelField>::from_value(row.value()?)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            value => read(value).map(Some),
        }
    }
}

/// What a comparison of documents asks for, and nothing has: it explains what to do.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "documents are not compared in the database",
    label = "a `Json<_>` is read and written whole",
    note = "what is looked up is a field of its own: `pub theme: Theme` beside the `Json`"
)]
pub trait LookedUpInADocument {}

impl<P: Place, T: JsonValue> Column<P, Json<T>> {
    /// Documents are not compared: the bound says what to do instead.
    #[doc(hidden)]
    pub fn eq<V: LookedUpInADocument>(&self, _: V) -> Filter<P::Scope> {
        Filter::new(Expr::False)
    }

    /// Documents are not compared: the bound says what to do instead.
    #[doc(hidden)]
    pub fn ne<V: LookedUpInADocument>(&self, _: V) -> Filter<P::Scope> {
        Filter::new(Expr::False)
    }
}

impl<P: Place, T: JsonValue> Column<P, Option<Json<T>>> {
    /// The filter for rows that have no document here.
    pub fn is_null(&self) -> Filter<P::Scope> {
        self.condition(Expr::IsNull)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Any, json};

    fn stored(value: Any) -> Result<String, String> {
        Json(value)
            .to_text(&FieldLimits::NONE)
            .map_err(|problem| problem.code().to_owned())
    }

    /// CWE-674, CWE-770, CWE-158
    #[test]
    fn a_document_is_bounded_before_it_is_sent() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        assert!(stored(nested(DEEPEST)).is_ok());
        assert_eq!(stored(nested(DEEPEST + 1)), Err("json_depth".to_owned()));
        let long = "x".repeat(MOST_BYTES as usize - 2);
        assert!(stored(json!(long)).is_ok());
        assert_eq!(stored(json!(format!("{long}x"))), Err("max_bytes".to_owned()));
        let few = FieldLimits {
            max_length: Some(4),
            ..FieldLimits::NONE
        };
        assert!(Json(json!([1])).to_text(&few).is_ok() && Json(json!([1, 2])).to_text(&few).is_err());
        for with_nul in [json!("a\0"), json!({"\0": 1})] {
            assert_eq!(stored(with_nul), Err("null_characters".to_owned()));
        }
        assert_eq!(
            stored(json!("\\u0000\n\u{1}\"")),
            Ok(r#""\\u0000\n\u0001\"""#.to_owned())
        );
    }

    /// CWE-400, CWE-770. Attack: 64 KB of short numbers that PostgreSQL gives back as megabytes.
    #[test]
    fn a_number_counts_with_all_of_its_digits() {
        for (number, long) in [
            ("0", 1),
            ("-12", 3),
            ("1.5", 3),
            ("-0.0", 4),
            ("1e308", 309),
            ("-1.5e+300", 302),
            ("5e-324", 326),
            ("100E-5", 7),
            ("12.345e2", 6),
            ("1e99999999999999999999", i32::MAX as usize + 1),
        ] {
            assert_eq!(written_out(number), long, "{number}");
        }
        let within = |number: &Any, most: u32| {
            let few = FieldLimits {
                max_length: Some(most),
                ..FieldLimits::NONE
            };
            Json(number.clone()).to_text(&few).is_ok()
        };
        assert!(within(&json!([1e308]), 311) && !within(&json!([1e308]), 310));
        assert!(within(&json!(5e-324), 326) && !within(&json!(5e-324), 325));
        let few = FieldLimits {
            max_length: Some(38),
            ..FieldLimits::NONE
        };
        assert!(Json(1e38_f32).to_text(&few).is_err() && Json(1e37_f32).to_text(&few).is_ok());
        assert_eq!(stored(json!(vec![1e308; 1000])), Err("max_bytes".to_owned()));
        assert!(stored(json!(vec![1e308; 200])).is_ok());
    }

    /// What serde's other features write is bounded as well: numbers with any exponent, and JSON as it is.
    #[test]
    fn what_comes_as_text_is_bounded_too() {
        let left = Left(Cell::new(1000));
        let mut bounded = Bounded {
            depth: DEEPEST - 1,
            left: &left,
        };
        let mut out = Vec::new();
        let mut raw = |text| {
            bounded
                .write_raw_fragment(&mut out, text)
                .map_err(|error| error.kind())
        };
        assert_eq!(raw("[1, \"a\"]"), Ok(()));
        assert_eq!(raw("[[1]]"), Err(TOO_DEEP));
        assert_eq!(raw(r#""\u0000""#), Err(HAS_NUL));
        assert_eq!(raw("[1e300, 1e300, 1e300, 1e300]"), Err(TOO_LARGE));
        let mut number = |text| {
            bounded
                .write_number_str(&mut io::sink(), text)
                .map_err(|error| error.kind())
        };
        assert_eq!(number("1e20000"), Err(TOO_MANY_DIGITS));
        assert_eq!(number("1e-999999999999"), Err(TOO_MANY_DIGITS));
        assert_eq!(number("1.50"), Ok(()));
    }

    /// What would be written as another value is not written.
    #[test]
    fn what_could_not_be_read_is_not_written() {
        assert_eq!(
            Json(f64::NAN).to_text(&FieldLimits::NONE).unwrap_err().code(),
            "json"
        );
        assert_eq!(Json(1.5).to_text(&FieldLimits::NONE).as_deref(), Ok("1.5"));
        assert!(Json::<Vec<i32>>::parse("[1, 2").is_err() && Json::<Vec<i32>>::parse("{}").is_err());
    }

    fn any() -> impl proptest::strategy::Strategy<Value = Any> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(Any::Null),
            proptest::prelude::any::<bool>().prop_map(Any::from),
            proptest::prelude::any::<i64>().prop_map(Any::from),
            "[^\0]{0,8}".prop_map(Any::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Any::from),
                proptest::collection::btree_map("[^\0]{0,4}", inner, 0..4)
                    .prop_map(|map| Any::Object(map.into_iter().collect())),
            ]
        })
    }

    mod properties {
        use super::*;

        proptest::proptest! {
            #![proptest_config(long::cases(256, 100_000, "values"))]

            #[test]
            fn what_is_written_is_what_serde_writes(value in any()) {
                proptest::prop_assert_eq!(stored(value.clone()), Ok(value.to_string()));
            }
        }
    }
}
