//! Enums as columns: written by `#[derive(Choices)]`.

use std::fmt;

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
