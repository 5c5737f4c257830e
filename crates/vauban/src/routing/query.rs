//! The query string, read into a closed type.

use std::ops::Deref;

/// The query string, read into a type that lists its fields. Unknown fields are ignored, as links carry
/// markers of others; a field given twice or not of its type is 400.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
