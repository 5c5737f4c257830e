//! A session as views see it.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vauban::orm::{DateTime, Db, Id, Write};

use super::Proofs;
use super::model::SessionRow;
use super::store::Sessions;
use super::token::TokenHash;
use vauban::http::{Error, Result};

/// The session of whoever is signed in. As a view's parameter it asks for a sign-in.
///
/// It keeps small typed values (4 KiB in all) under keys that are constants:
///
/// ```ignore
/// const LAST_LIST: SessionKey<String> = SessionKey::new("last_list");
/// session.set(&db, LAST_LIST, &"mine".to_owned()).await?;
/// ```
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    sessions: Sessions,
    id: Id<SessionRow>,
    binding: TokenHash,
    created: DateTime,
    remembered: Option<DateTime>,
    proofs: Proofs,
    has_factor: bool,
    data: Mutex<Map<String, Value>>,
}

/// The name and type of a value in a session.
#[derive(Debug)]
pub struct SessionKey<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> SessionKey<T> {
    /// A key. Two keys of one name are one.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }
}

impl Session {
    pub(crate) fn new(sessions: Sessions, row: &SessionRow) -> Self {
        Self(Arc::new(Inner {
            sessions,
            id: row.id,
            binding: row.binding(),
            created: row.created,
            remembered: row.remembered,
            proofs: Proofs::of(row),
            has_factor: row.has_factor,
            data: Mutex::new(parse(&row.data)),
        }))
    }

    /// When its owner signed in.
    pub fn created(&self) -> DateTime {
        self.0.created
    }

    /// A value, if there is one of this type.
    pub fn get<T: DeserializeOwned>(&self, key: SessionKey<T>) -> Option<T> {
        let value = self
            .0
            .data
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key.name)
            .cloned();
        // CWE-502: into a closed type, or nothing.
        value.and_then(|value| serde_json::from_value(value).ok())
    }

    /// Sets a value, in the request's own unit.
    ///
    /// # Errors
    /// If the session would hold more than 4 KiB, or the database fails.
    pub async fn set<T: Serialize>(&self, db: &Db<Write>, key: SessionKey<T>, value: &T) -> Result<()> {
        let value = serde_json::to_value(value)?;
        self.change(db, |data| data.insert(key.name.to_owned(), value))
            .await
    }

    /// Forgets a value, in the request's own unit.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove<T>(&self, db: &Db<Write>, key: SessionKey<T>) -> Result<()> {
        self.change(db, |data| data.remove(key.name)).await
    }

    /// What request-forgery tokens are bound to: no other session has it.
    pub(crate) fn binding(&self) -> &[u8] {
        self.0.binding.as_bytes()
    }

    /// Until when it is renewed, if its owner asked to be remembered.
    pub(crate) fn remembered(&self) -> Option<DateTime> {
        self.0.remembered
    }

    /// What its owner has proved.
    pub(crate) fn proofs(&self) -> Proofs {
        self.0.proofs
    }

    /// Whether its owner has a second factor.
    pub(crate) fn has_factor(&self) -> bool {
        self.0.has_factor
    }

    /// Its row, which it keeps under whichever token.
    pub(crate) fn id(&self) -> Id<SessionRow> {
        self.0.id
    }

    async fn change<R>(
        &self,
        db: &Db<Write>,
        change: impl FnOnce(&mut Map<String, Value>) -> R,
    ) -> Result<()> {
        // CWE-362: the row as it stands in the writer's turn, not as this request found it: one value is changed, and
        // what other requests of the session have written meanwhile stays.
        db.begin().await?;
        let Some(stored) = self.0.sessions.data(db, self.0.id).await? else {
            // The session has ended meanwhile; it is not begun again.
            return Ok(());
        };
        let mut data = parse(&stored);
        change(&mut data);
        let text = serde_json::to_string(&data)?;
        // CWE-770: a session is not a store.
        if text.chars().count() > 4096 {
            return Err(Error::internal("a session holds at most 4096 characters of data"));
        }
        self.0.sessions.write_data(db, self.0.id, text).await?;
        *self.0.data.lock().unwrap_or_else(PoisonError::into_inner) = data;
        Ok(())
    }
}

/// A row's data. What is not an object was not written by us: it is as good as nothing. Most sessions hold nothing.
fn parse(text: &str) -> Map<String, Value> {
    match text {
        "" => Map::new(),
        text => serde_json::from_str(text).unwrap_or_default(),
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("created", &self.0.created)
            .finish_non_exhaustive()
    }
}
