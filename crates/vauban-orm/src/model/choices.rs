//! Enums as columns: written by `#[derive(Choices)]`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserializer, Visitor};

use crate::model::field::Field;

/// An enum without values that is stored as text. Written by `#[derive(Choices)]`.
pub trait Choices: Field {
    /// All choices, in order.
    fn all() -> &'static [Self];
    /// The text that is stored.
    fn stored(&self) -> &'static str;
    /// The text that is shown.
    fn label(&self) -> &'static str;
}

/// A text that is not one of the choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidChoice;

impl fmt::Display for InvalidChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Choose one of the available values.")
    }
}
impl std::error::Error for InvalidChoice {}

/// Reads a choice that is written as text, in an address or in JSON. Of another text it says what there is.
#[doc(hidden)]
pub fn read<'de, T: Choices + FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Reader<T>(PhantomData<T>);
    impl<T: Choices + FromStr> Visitor<'_> for Reader<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|_| {
                let all: Vec<_> = T::all().iter().map(|one| format!("`{}`", one.stored())).collect();
                E::custom(format_args!("there is {}, and nothing else", all.join(", ")))
            })
        }
    }
    deserializer.deserialize_str(Reader(PhantomData))
}
