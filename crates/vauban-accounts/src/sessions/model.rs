//! The rows behind sessions. Nobody may see or change them but the session store.

use uuid::Uuid;
use vauban::Model;
use vauban::orm::field::{Field, Kind, Mismatch, Value, ValueRef};
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

use super::token::TokenHash;

/// One session of somebody who is signed in. There are no others: what a stranger's browser must remember
/// stands in signed cookies, so that no request of a stranger writes a row (CWE-770).
#[derive(Model, Clone)]
#[model(table = "vauban_session")]
pub(crate) struct SessionRow {
    #[field(random)]
    pub(crate) id: Id<SessionRow>,
    /// SHA-256 of the token in the cookie.
    #[field(unique)]
    pub(crate) token: TokenHash,
    /// Whose it is.
    #[field(index)]
    pub(crate) user: Uuid,
    /// When it began: at the sign-in.
    pub(crate) created: DateTime,
    /// The last request, to the minute.
    #[field(index)]
    pub(crate) seen: DateTime,
    /// Small typed values, as a JSON object.
    #[field(max_length = 4096)]
    pub(crate) data: String,
}

impl Policy for SessionRow {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // CWE-639: reached by the session store only.
        Rules::none()
    }
}

impl Field for TokenHash {
    const KIND: Kind = Kind::Bytes;
    const SECRET: bool = true;

    fn to_value(&self) -> Value {
        Value::Blob(self.as_bytes().to_vec())
    }

    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Blob(bytes) => Self::from_bytes(bytes).ok_or(Mismatch),
            _ => Err(Mismatch),
        }
    }
}
