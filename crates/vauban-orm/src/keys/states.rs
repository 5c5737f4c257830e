//! Which keys there are, and what state each is in.

use std::fmt;

use super::All;
use super::fields::of_label;
use crate::backend::Session;
use crate::backend::key_table::{self, KeyRow};
use crate::error::{Error, Result};
use crate::policy::authority::Authority;
use crate::tree::ring::{KeyState, MOST_ROTATED, RootId};
use crate::unit::{Database, Steps};

/// A key: which it is, never what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Under which label the field stands that it seals.
    pub label: String,
    /// Which of the label's keys it is.
    pub id: u32,
    /// Of which `secret_key` it is derived.
    pub root: RootId,
    /// What it is for.
    pub state: KeyState,
    /// Since when, in microseconds since 1970.
    pub since: i64,
    /// Whether rows may use it.
    pub used: bool,
}

impl Key {
    fn of(row: KeyRow) -> Self {
        Self {
            label: row.label,
            id: row.key.id,
            root: row.key.root,
            state: row.state,
            since: row.since,
            used: row.used,
        }
    }

    /// Whether it opens what it sealed.
    pub fn opens(&self) -> bool {
        self.state != KeyState::Retired
    }
}

/// Why a key does not get into the state that was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyRefused {
    /// No field of the program has the label.
    NoLabel,
    /// The label has no such key.
    NoKey,
    /// It seals: another one has to first.
    IsActive,
    /// So many rows use it.
    InUse(u64),
    /// No field of the program has the label, and whether rows use the key is not known.
    Unnamed,
    /// The label has as many keys that open as there may be.
    TooMany,
    /// The database says why.
    Database(Error),
}

impl fmt::Display for KeyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLabel => f.write_str("no field of the program has this label: `keys list` names them"),
            Self::NoKey => f.write_str("the label has no such key: `keys list` names them"),
            Self::IsActive => {
                f.write_str("it is the key that seals: `keys rotate` makes another one that does")
            }
            Self::InUse(rows) => write!(f, "{rows} rows use it: `reencrypt` moves them to the active key"),
            Self::Unnamed => f.write_str(
                "no field of the program has this label, so that its rows are not counted: what the key sealed will not open again. If \
                 there is none left, say so with `--force`",
            ),
            Self::TooMany => write!(
                f,
                "{MOST_ROTATED} keys of the label open already: move the rows, `reencrypt`, and retire those that are not used, `keys retire`"
            ),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for KeyRefused {}

impl From<Error> for KeyRefused {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl Database {
    /// The keys that there are, by label and number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keys(&self) -> Result<Vec<Key>> {
        Ok(self.reading(All).await?.into_iter().map(Key::of).collect())
    }

    /// Whether the key of a label that seals comes of a fallback of `secret_key`: what is moved to it still needs that.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn seals_by_a_fallback(&self, label: &str) -> Result<bool> {
        let current = self.roots().first().copied();
        let keys = self.reading(All).await?;
        let is_active = |row: &&KeyRow| row.label == label && row.state == KeyState::Active;
        let active = keys.iter().find(is_active);
        Ok(active.is_some_and(|row| Some(row.key.root) != current))
    }

    /// Makes a new key of a label, under today's `secret_key`, which seals from now on. What was sealed before is opened by the key
    /// that sealed it.
    ///
    /// # Errors
    /// A label of no field; too many keys that open.
    pub async fn rotate_key(&self, label: &str) -> Result<u32, KeyRefused> {
        self.writing(&Rotate(label)).await?
    }

    /// A key opens nothing more, if no row uses it.
    ///
    /// # Errors
    /// That it seals, or that rows use it, and how many; a label of no field.
    pub async fn retire_key(&self, label: &str, id: u32) -> Result<(), KeyRefused> {
        self.writing(&Retire(label, id, Unnamed::Refused)).await?
    }

    /// As [`retire_key`](Self::retire_key), also of a label of no field, whose rows nobody counts.
    ///
    /// # Errors
    /// That it seals, or that rows use it, and how many.
    pub async fn retire_key_by_force(&self, label: &str, id: u32) -> Result<(), KeyRefused> {
        self.writing(&Retire(label, id, Unnamed::Retired)).await?
    }
}

struct Rotate<'l>(&'l str);

impl Steps for Rotate<'_> {
    type Found = Result<u32, KeyRefused>;

    async fn run(&self, authority: &Authority, session: Session<'_>, _: &mut String) -> Result<Self::Found> {
        let label = self.0;
        if of_label(authority.listed.models(), label).is_empty() {
            return Ok(Err(KeyRefused::NoLabel));
        }
        let rows = key_table::keys(session, Some(label)).await?;
        let live = rows.iter().filter(|row| row.state != KeyState::Retired);
        if live.count() >= MOST_ROTATED {
            return Ok(Err(KeyRefused::TooMany));
        }
        let root = session
            .ring()
            .cipher()
            .and_then(|cipher| cipher.roots().first().copied());
        let root =
            root.ok_or_else(|| Error::Internal("there is no `secret_key` to derive a key of".into()))?;
        Ok(Ok(key_table::next(session, label, root, &rows).await?.id))
    }
}

struct Retire<'l>(&'l str, u32, Unnamed);

/// What becomes of a key whose label no field has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unnamed {
    Refused,
    Retired,
}

impl Steps for Retire<'_> {
    type Found = Result<(), KeyRefused>;

    async fn run(&self, authority: &Authority, session: Session<'_>, _: &mut String) -> Result<Self::Found> {
        let Self(label, id, unnamed) = *self;
        let rows = key_table::keys(session, Some(label)).await?;
        let Some(row) = rows.iter().find(|row| row.key.id == id) else {
            return Ok(Err(KeyRefused::NoKey));
        };
        let fields = of_label(authority.listed.models(), label);
        if fields.is_empty() && unnamed == Unnamed::Refused {
            return Ok(Err(KeyRefused::Unnamed));
        }
        if row.state == KeyState::Active && !fields.is_empty() {
            return Ok(Err(KeyRefused::IsActive));
        }
        // CWE-324: what a retired key sealed is lost. Who seals by it meanwhile and this are as if one came after the other.
        let mut used = 0;
        for field in fields {
            used += field.rows_of(row.key, authority, session).await?;
        }
        if used > 0 {
            return Ok(Err(KeyRefused::InUse(used)));
        }
        key_table::set(session, label, id, KeyState::Retired, false).await?;
        let rows = key_table::keys(session, Some(label)).await?;
        session
            .ring()
            .learn(label, rows.iter().map(KeyRow::known).collect());
        Ok(Ok(()))
    }

    fn is_large(&self) -> bool {
        true
    }
}
