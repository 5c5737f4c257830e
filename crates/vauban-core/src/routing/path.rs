//! Path parameters.

use std::ops::Deref;

use super::{Call, Credential, InvalidSegment, Kind, Param, PathValue};
use crate::http::{Error, Result as Taken};

/// A parameter of the path, named like the function's parameter: `slug: Path<Slug>` for `{slug}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T> Path<T> {
    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Path<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The pattern's parameter number `INDEX`: what `#[view]` makes of a [`Path<T>`], whose place in the pattern and among
/// the function's parameters may differ.
#[doc(hidden)]
#[derive(Debug)]
pub struct Segment<const INDEX: usize, T>(pub Path<T>);

impl<const INDEX: usize, T: PathValue, K: Kind, C: Credential> Param<K, C> for Segment<INDEX, T> {
    async fn take(call: &mut Call<K, C>) -> Taken<Self> {
        let segment = call.cx().params.get(INDEX).ok_or_else(Error::not_found)?;
        match T::read(segment) {
            Ok(value) => Ok(Self(Path(value))),
            Err(InvalidSegment) => Err(Error::not_found()),
        }
    }
}
