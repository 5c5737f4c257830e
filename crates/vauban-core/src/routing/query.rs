//! The query string, read into a closed type.

use std::collections::BTreeMap;
use std::ops::Deref;

use ::http::StatusCode;
use serde::de::value::StringDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor};

use super::{Call, Credential, Kind, Param};
use crate::http::{DataError, Error, FormData, FormLimits, Result};
use crate::scalar::{read_bool, read_float};

/// The query string, read into a type that lists its fields: `Query<Search>` with `#[derive(Deserialize)]`.
///
/// What the type does not name is not read: links carry markers of others, in any bytes and as often as they like. A
/// field of its own that stands there twice (CWE-235), is not UTF-8 or not of its type is 400. An empty value is
/// `None` for an `Option` and `false` for a `bool`; a `bool` is read as in forms (`on`, `true`, `1`, `yes`), and a
/// floating-point number is finite.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// What a query is read into: whatever serde reads.
#[diagnostic::on_unimplemented(
    message = "`Query<{Self}>` cannot be read: `{Self}` has no `Deserialize`",
    label = "no `Deserialize` on what is in this `Query`",
    note = "add it: `#[derive(serde::Deserialize)] struct {Self} {{ … }}` (in Cargo.toml: `serde = {{ version = \"1\", features = [\"derive\"] }}`)"
)]
pub trait FromQuery: DeserializeOwned + Send {}
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send> FromQuery for T {}

impl<K: Kind, C: Credential, T: FromQuery> Param<K, C> for Query<T> {
    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        let limits = FormLimits {
            fields: call.cx().settings().limits.fields,
            ..FormLimits::DEFAULT
        };
        read(call.cx().query(), &limits).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str, limits: &FormLimits) -> Result<T> {
    let pairs = Pairs::of(query, limits).map_err(refused)?;
    T::deserialize(pairs).map_err(|error| error.0)
}

/// The pairs of a query whose names are `declared`, decoded as forms are, in order and as often as they stand there.
/// What has another name, or one that nobody can read, is passed over.
///
/// # Errors
/// Too many pairs, or one that is declared and cannot be read.
pub(crate) fn pairs_of_query(
    query: &str,
    limits: &FormLimits,
    declared: impl Fn(&str) -> bool,
) -> Result<FormData, DataError> {
    let pairs = Pairs::of(query, limits)?;
    let mut fields = Vec::new();
    for pair in &pairs.pairs {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let Ok(name) = pairs.decode(name)
            && declared(&name)
        {
            fields.push((name, pairs.decode(value)?));
        }
    }
    Ok(FormData::of(fields))
}

fn refused(error: DataError) -> Error {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Error::new(status, error.to_string())
}

/// Why a query is not what a type asks for.
#[derive(Debug)]
struct Unread(Error);

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.message())
    }
}

impl std::error::Error for Unread {}

impl serde::de::Error for Unread {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(Error::bad_request(format!(
            "The query is not what is asked for: {message}."
        )))
    }
}

impl From<serde::de::value::Error> for Unread {
    fn from(error: serde::de::value::Error) -> Self {
        serde::de::Error::custom(error)
    }
}

/// The pairs of a query, not decoded yet.
struct Pairs<'a> {
    pairs: Vec<&'a str>,
    limits: &'a FormLimits,
}

impl<'a> Pairs<'a> {
    fn of(query: &'a str, limits: &'a FormLimits) -> Result<Self, DataError> {
        let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        // CWE-770: counted before anything is decoded.
        if pairs.len() > limits.fields {
            return Err(DataError::TooManyFields);
        }
        Ok(Self { pairs, limits })
    }

    /// Names and values of those fields that `declared` lists, each once.
    fn fields(&self, declared: Option<&[&str]>) -> Result<BTreeMap<String, String>> {
        let mut fields = BTreeMap::new();
        for pair in &self.pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = match (self.decode(name), declared) {
                (Ok(name), Some(declared)) if declared.contains(&name.as_str()) => name,
                (Ok(name), None) => name,
                (Err(error), None) => return Err(refused(error)),
                // A stranger's marker: not ours to judge.
                (_, Some(_)) => continue,
            };
            let value = self.decode(value).map_err(refused)?;
            let shown = name.escape_debug().to_string();
            if fields.insert(name, value).is_some() {
                return Err(Error::bad_request(format!(
                    "`{shown}` stands in the query twice."
                )));
            }
        }
        Ok(fields)
    }

    /// One name or value, decoded as forms are.
    fn decode(&self, text: &str) -> Result<String, DataError> {
        let data = FormData::urlencoded([b"=", text.as_bytes()].concat().as_slice(), self.limits)?;
        Ok(data
            .first()
            .map_or_else(String::new, |(_, value)| value.to_owned()))
    }

    fn visit<'de, V: Visitor<'de>>(&self, declared: Option<&[&str]>, visitor: V) -> Result<V::Value, Unread> {
        let fields = self.fields(declared).map_err(Unread)?;
        let left = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(visitor.visit_map(Fields { left, value: None })?)
    }
}

impl<'de> serde::Deserializer<'de> for Pairs<'_> {
    type Error = Unread;

    /// The type says which fields it has; those are read and no others.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.visit(Some(fields), visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_some(self)
    }

    /// A type that does not list its fields gets them all.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.visit(None, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf seq tuple tuple_struct
        map enum identifier ignored_any
    }
}

/// The fields one after the other: what is wrong with a value is said with its name.
struct Fields<'a, I> {
    left: I,
    value: Option<(&'a str, &'a str)>,
}

impl<'de, 'a, I: Iterator<Item = (&'a str, &'a str)>> MapAccess<'de> for Fields<'a, I> {
    type Error = serde::de::value::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Self::Error> {
        self.value = self.left.next();
        let Some((name, _)) = self.value else {
            return Ok(None);
        };
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error> {
        let Some((name, value)) = self.value.take() else {
            return Err(Self::Error::custom("a value without its name"));
        };
        seed.deserialize(Value(value))
            .map_err(|error| Self::Error::custom(format_args!("`{}`: {error}", name.escape_debug())))
    }
}

/// One field's value: text that becomes what the field asks for.
struct Value<'a>(&'a str);

impl Value<'_> {
    fn none(&self) -> serde::de::value::Error {
        serde::de::Error::custom(format_args!("it cannot be `{}`", self.0.escape_debug()))
    }
}

impl<'de> IntoDeserializer<'de> for Value<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident),+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(self.none()),
            }
        }
    )+};
}

impl<'de> serde::Deserializer<'de> for Value<'_> {
    type Error = serde::de::value::Error;

    parsed! {
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32,
        deserialize_i64 visit_i64, deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32,
        deserialize_u64 visit_u64, deserialize_i128 visit_i128, deserialize_u128 visit_u128,
        deserialize_char visit_char
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match read_bool(self.0) {
            Some(value) => visitor.visit_bool(value),
            None => Err(self.none()),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        // What overflows in the smaller type is no number of it.
        #[allow(clippy::cast_possible_truncation)]
        match read_float(self.0).map(|number| number as f32) {
            Some(number) if number.is_finite() => visitor.visit_f32(number),
            _ => Err(self.none()),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match read_float(self.0) {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.none()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_empty() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let text: StringDeserializer<Self::Error> = self.0.to_owned().into_deserializer();
        serde::Deserializer::deserialize_enum(text, name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }

    serde::forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Search {
        #[serde(default)]
        q: String,
        page: Option<u32>,
    }

    #[test]
    fn a_query_becomes_a_closed_type() {
        let search = |text| read::<Search>(text, &FormLimits::DEFAULT);
        assert_eq!(
            search("q=a+b&page=2&utm=x").unwrap(),
            Search {
                q: "a b".into(),
                page: Some(2)
            }
        );
        assert_eq!(
            search("").unwrap(),
            Search {
                q: String::new(),
                page: None
            }
        );
        assert_eq!(search("page=").unwrap().page, None);
        // CWE-20, CWE-235
        for bad in ["page=x", "page=-1", "q=1&q=2", "q=%ff"] {
            assert_eq!(
                search(bad).unwrap_err().status(),
                StatusCode::BAD_REQUEST,
                "{bad}"
            );
        }
    }

    /// A stranger's marker breaks nothing: undeclared names are not read.
    #[test]
    fn undeclared_names_are_not_read() {
        let search = |text| read::<Search>(text, &FormLimits::DEFAULT).map(|search| search.q);
        for strange in [
            "utm_source=a&utm_source=b&q=x",
            "utm_term=50%&q=x",
            "%=%ff&q=x",
            "%ff=1&%ff=2&q=x",
            "&&=&=&q=x",
            "Q=other&q=x",
        ] {
            assert_eq!(search(strange).unwrap(), "x", "{strange}");
        }
        // A name of ours is ours however it is spelt (CWE-235).
        assert!(search("q=1&%71=2").is_err());
        assert_eq!(search("%71=2").unwrap(), "2");
        let many = "x=1&".repeat(2000);
        assert_eq!(search(&many).unwrap_err().status(), StatusCode::PAYLOAD_TOO_LARGE);
        // A type without names of its own reads all.
        let all = |text| read::<BTreeMap<String, String>>(text, &FormLimits::DEFAULT);
        assert_eq!(all("a=1&b=2").unwrap().len(), 2);
        assert!(all("a=1&a=2").is_err() && all("a=%").is_err());
        read::<()>("a=1&a=2", &FormLimits::DEFAULT).unwrap();
    }

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Values {
        yes: Option<bool>,
        #[serde(default)]
        flag: bool,
        near: Option<f64>,
        far: Option<f32>,
        wide: Option<u128>,
    }

    #[derive(vauban_macros::Choices, Debug, Clone, Copy, PartialEq)]
    enum State {
        InWork,
        #[choice(stored = "ready")]
        Done,
    }

    #[derive(serde::Deserialize)]
    struct Filter {
        state: Option<State>,
        day: Option<crate::Date>,
        most: Option<crate::Decimal>,
    }

    /// A choice is the same text in a query as in a form and in the database; so are days and amounts.
    #[test]
    fn a_query_reads_values_as_forms_do() {
        let filter = |text| read::<Filter>(text, &FormLimits::DEFAULT);
        assert_eq!(filter("state=in_work").unwrap().state, Some(State::InWork));
        assert_eq!(filter("state=ready&day=").unwrap().state, Some(State::Done));
        assert_eq!(filter("state=").unwrap().state, None);
        let found = filter("day=2024-02-29&most=9.5").unwrap();
        assert_eq!(
            found.day.map(|day| day.to_string()).as_deref(),
            Some("2024-02-29")
        );
        assert_eq!(found.most.map(crate::Decimal::units), Some(950));
        let other = filter("state=other").map(|_| ()).unwrap_err();
        assert_eq!(
            other.message(),
            "The query is not what is asked for: `state`: there is `in_work`, `ready`, and nothing else."
        );
        // CWE-20
        for bad in [
            "state=InWork",
            "state=done",
            "day=2023-02-29",
            "most=9.999",
            "most=1e1",
        ] {
            assert_eq!(
                filter(bad).map(|_| ()).unwrap_err().status(),
                StatusCode::BAD_REQUEST,
                "{bad}"
            );
        }
    }

    #[test]
    fn booleans_are_read_as_in_forms_and_numbers_are_finite() {
        let values = |text| read::<Values>(text, &FormLimits::DEFAULT);
        for (text, yes) in [
            ("yes=on", true),
            ("yes=1", true),
            ("yes=TRUE", true),
            ("yes=off", false),
        ] {
            assert_eq!(values(text).unwrap().yes, Some(yes), "{text}");
        }
        assert!(!values("flag=").unwrap().flag && values("flag=yes").unwrap().flag);
        assert_eq!(values("near=-1.5e3").unwrap().near, Some(-1500.0));
        assert!(
            values("wide=340282366920938463463374607431768211455")
                .unwrap()
                .wide
                .is_some()
        );
        // CWE-20
        for bad in [
            "yes=maybe",
            "yes=%20on",
            "near=NaN",
            "near=nan",
            "near=inf",
            "near=-Infinity",
            "near=1e400",
            "near=-1e400",
            "far=1e40",
            "far=NaN",
            "near=0x1",
            "wide=-1",
        ] {
            assert_eq!(
                values(bad).unwrap_err().status(),
                StatusCode::BAD_REQUEST,
                "{bad}"
            );
        }
    }
}
