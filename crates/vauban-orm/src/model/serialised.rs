//! CWE-915, CWE-200: a row is neither an answer nor an input as it is. A type that lists what is shown, or taken, is.
//!
//! Rust has no bound that says "is not": here a type that is serialised has a trait in two ways, of which rustc does not choose
//! one. The names are the message.

#![allow(non_camel_case_types, reason = "the names are read in rustc's message")]

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a model has in one way.
pub trait IsNotSerialised<Way> {
    /// Named by the derive of a model.
    const SO: () = ();
}

/// The way of every type.
#[derive(Debug)]
pub enum AsEveryModelIs {}

/// The way of what is `Serialize`: fields that a policy hides would be in the answer.
#[derive(Debug)]
pub enum AModelIsNoAnswer_WriteAStructWithTheFieldsThatAreShown {}

/// The way of what is `Deserialize`: whoever asks would set every field.
#[derive(Debug)]
pub enum AModelIsNoInput_WriteAFormOrAStructWithTheFieldsThatAreTaken {}

impl<T: ?Sized> IsNotSerialised<AsEveryModelIs> for T {}
impl<T: ?Sized + Serialize> IsNotSerialised<AModelIsNoAnswer_WriteAStructWithTheFieldsThatAreShown> for T {}
impl<T: DeserializeOwned> IsNotSerialised<AModelIsNoInput_WriteAFormOrAStructWithTheFieldsThatAreTaken>
    for T
{
}
