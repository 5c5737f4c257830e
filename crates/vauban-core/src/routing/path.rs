//! Path parameters: typed both ways, from a segment and into one.

use std::fmt::Display;
use std::ops::Deref;

use super::{Call, Credential, Kind, Param};
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

/// The segment is not a value of the type, so the route does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSegment;

/// A type that stands in a path: one decoded segment, exactly.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a path",
    label = "not a path parameter's type",
    note = "a path parameter is `Path<T>` with `T` one of `Slug`, `Id<Model>`, `Uuid`, `u8` to `u64`, `i8` to `i64`, `String`, `RestOfPath`, or a type of yours that implements `PathValue`"
)]
pub trait PathValue: Sized + Send + 'static {
    /// Whether it takes the rest of the path, slashes included.
    const REST: bool = false;

    /// Reads a decoded segment. One spelling per value: what [`write`](Self::write) would not write is refused.
    ///
    /// # Errors
    /// If it is no value of this type: the route does not match.
    fn read(segment: &str) -> Result<Self, InvalidSegment>;

    /// Writes the value, not yet percent-encoded.
    fn write(&self, out: &mut String);
}

/// How `#[view]` reads and writes a path parameter: made once per parameter, so that the compiler names a
/// type that cannot stand in a path once.
#[doc(hidden)]
#[derive(Debug)]
pub struct PathReader<T> {
    pub accepts: fn(&str) -> bool,
    pub write: fn(&T, &mut String),
    pub rest: bool,
}

/// See [`PathReader`].
#[doc(hidden)]
pub const fn path_reader<T: PathValue>() -> PathReader<T> {
    PathReader {
        accepts: |segment| T::read(segment).is_ok(),
        write: T::write,
        rest: T::REST,
    }
}

impl PathValue for String {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        if segment.is_empty() {
            Err(InvalidSegment)
        } else {
            Ok(segment.to_owned())
        }
    }
    fn write(&self, out: &mut String) {
        out.push_str(self);
    }
}

macro_rules! integers {
    ($($t:ty),+) => {$(
        impl PathValue for $t {
                    fn read(segment: &str) -> Result<Self, InvalidSegment> {
                let digits = segment.strip_prefix('-').unwrap_or(segment);
                // One spelling per number, but leading zeros, which Django's users know from dates: no sign
                // `+`, no other script's digits, at most 20 characters.
                if digits.is_empty() || segment.len() > 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(InvalidSegment);
                }
                segment.parse().map_err(|_| InvalidSegment)
            }
            fn write(&self, out: &mut String) {
                push(self, out);
            }
        }
    )+};
}
integers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl PathValue for uuid::Uuid {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        // The canonical form only: 8-4-4-4-12 lower-case digits.
        let canonical = segment.len() == 36 && !segment.bytes().any(|b| b.is_ascii_uppercase());
        if !canonical {
            return Err(InvalidSegment);
        }
        uuid::Uuid::try_parse(segment).map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        push(self, out);
    }
}

impl PathValue for vauban_orm::Slug {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        Self::parse(segment).map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        out.push_str(self.as_str());
    }
}

impl<M: 'static> PathValue for vauban_orm::Id<M> {
    fn read(segment: &str) -> Result<Self, InvalidSegment> {
        segment.parse().map_err(|_| InvalidSegment)
    }
    fn write(&self, out: &mut String) {
        push(self, out);
    }
}

/// The rest of a path, for `{*rest}` at a pattern's end: segments with `/` between, none of them empty, `.`
/// or `..`, so that it can be a name below a folder (CWE-22; opening it still takes a capability).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestOfPath(String);

impl RestOfPath {
    /// The rest, decoded, without a slash at its start.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PathValue for RestOfPath {
    const REST: bool = true;
    fn read(rest: &str) -> Result<Self, InvalidSegment> {
        if rest.is_empty() {
            Err(InvalidSegment)
        } else {
            Ok(Self(rest.to_owned()))
        }
    }
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

fn push(value: impl Display, out: &mut String) {
    use std::fmt::Write;
    let _ = write!(out, "{value}");
}
