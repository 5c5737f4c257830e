//! `Id<M>`: the primary key of an `M`, and of nothing else.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use rand::Rng;
use uuid::Uuid;

use crate::model::field::Field;
use crate::model::kinds;
use crate::problem::Problem;
use crate::tree::value::{Kind, Mismatch, Value, ValueRef};

/// The primary key of a row of `M`.
///
/// A UUIDv7 (RFC 9562 §5.7): 48 bits of time, then 74 bits fresh from a cryptographically secure
/// generator, without a counter, so that one id does not tell the next (CWE-340). It does tell when it
/// was made; a model where that matters says `#[field(random)]` and gets a UUIDv4.
/// An id is a name, not a permission: policies decide.
pub struct Id<M> {
    uuid: Uuid,
    model: PhantomData<fn() -> M>,
}

impl<M> Id<M> {
    /// A new id, ordered by time.
    pub fn new() -> Self {
        crate::model::building::asked("Id::new");
        let millis = jiff::Timestamp::now().as_millisecond().max(0) as u64;
        let mut bytes = [0_u8; 16];
        rand::rng().fill_bytes(&mut bytes[6..]);
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6] = (bytes[6] & 0x0f) | 0x70;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// A new id that does not tell its time (UUIDv4, 122 random bits).
    pub fn random() -> Self {
        crate::model::building::asked("Id::random");
        let mut bytes = [0_u8; 16];
        rand::rng().fill_bytes(&mut bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The id with this UUID. Nothing says that there is such a row.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            model: PhantomData,
        }
    }

    /// The UUID behind it, for systems that know no typed ids.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<M> Default for Id<M> {
    fn default() -> Self {
        Self::new()
    }
}
impl<M> Clone for Id<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Id<M> {}
impl<M> PartialEq for Id<M> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<M> Eq for Id<M> {}
impl<M> PartialOrd for Id<M> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<M> Ord for Id<M> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<M> Hash for Id<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<M> fmt::Debug for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}
impl<M> fmt::Display for Id<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

/// A text that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id")
    }
}
impl std::error::Error for InvalidId {}

impl<M> FromStr for Id<M> {
    type Err = InvalidId;

    /// The hyphenated lower-case form only, so that every row has one URL.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes = text.as_bytes();
        let plain = bytes.len() == 36
            && bytes.iter().enumerate().all(|(i, byte)| match i {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
            });
        if !plain {
            return Err(InvalidId);
        }
        Uuid::parse_str(text).map(Self::from_uuid).map_err(|_| InvalidId)
    }
}

impl<M> serde::Serialize for Id<M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.uuid)
    }
}
impl<'de, M> serde::Deserialize<'de> for Id<M> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<M: 'static> Field for Id<M> {
    const KIND: Kind = Kind::Uuid;
    fn to_value(&self) -> Value {
        Value::Uuid(self.uuid)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        <Uuid as Field>::from_value(value).map(Self::from_uuid)
    }
    fn from_text(text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|InvalidId| kinds::wrong(Self::KIND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_v7_with_74_fresh_bits() {
        let ids: Vec<Id<()>> = (0..1000).map(|_| Id::new()).collect();
        let mut seen = [[false; 2]; 128];
        for id in &ids {
            assert_eq!(id.uuid().get_version_num(), 7);
            let bits = id.uuid().as_u128();
            for (i, seen) in seen.iter_mut().enumerate() {
                seen[(bits >> i & 1) as usize] = true;
            }
        }
        // Version and variant are 6 fixed bits; time is the first 48; the other 74 take both values.
        let varying = seen[..80].iter().filter(|bit| bit[0] && bit[1]).count();
        assert_eq!(varying, 74, "CWE-340");
        assert_eq!(Id::<()>::random().uuid().get_version_num(), 4);
    }

    #[test]
    fn one_row_has_one_text() {
        let id = Id::<()>::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in [
            id.to_string().to_uppercase(),
            id.uuid().simple().to_string(),
            format!("{{{id}}}"),
        ] {
            assert_eq!(other.parse::<Id<()>>(), Err(InvalidId), "{other}");
        }
    }
}
