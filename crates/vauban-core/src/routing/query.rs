//! The query string, read into a closed type.

use std::collections::BTreeMap;
use std::ops::Deref;

use ::http::StatusCode;
use serde::de::value::{MapDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer, Visitor};

use super::{Call, Credential, Kind, Param};
use crate::forms::{FormData, Limits};
use crate::http::{Error, Result};

/// The query string, read into a type that lists its fields: `Query<Search>` with `#[derive(Deserialize)]`.
/// Unknown fields are ignored, as links carry markers of others; a field given twice (CWE-235) or not of its
/// type is 400. An empty value is `None` for an `Option`.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<K: Kind, C: Credential, T: DeserializeOwned + Send> Param<K, C> for Query<T> {
    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        let limits = Limits {
            fields: call.cx().settings().limits.fields,
            ..Limits::DEFAULT
        };
        read(call.cx().query(), &limits).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str, limits: &Limits) -> Result<T> {
    let data = FormData::urlencoded(query.as_bytes(), limits).map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Error::new(status, error.to_string())
    })?;
    let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in data.iter() {
        if fields.insert(name, value).is_some() {
            return Err(Error::bad_request(format!(
                "`{}` stands in the query twice.",
                name.escape_debug()
            )));
        }
    }
    let pairs = fields.into_iter().map(|(name, value)| (name, Value(value)));
    T::deserialize(MapDeserializer::new(pairs)).map_err(|error: serde::de::value::Error| {
        Error::bad_request(format!("The query is not what is asked for: {error}."))
    })
}

/// One value: text that becomes what the field asks for.
struct Value<'a>(&'a str);

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
                Err(_) => Err(serde::de::Error::custom(format_args!("`{}` is no such value", self.0.escape_debug()))),
            }
        }
    )+};
}

impl<'de> serde::Deserializer<'de> for Value<'_> {
    type Error = serde::de::value::Error;

    parsed! {
        deserialize_bool visit_bool, deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32,
        deserialize_i64 visit_i64, deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32,
        deserialize_u64 visit_u64, deserialize_f32 visit_f32, deserialize_f64 visit_f64, deserialize_char visit_char
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
        i128 u128 str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
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
        let search = |text| read::<Search>(text, &Limits::DEFAULT);
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
}
