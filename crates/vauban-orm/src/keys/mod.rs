//! The keys of encrypted fields, for who runs the site: which there are, a new one, one that opens nothing more, and rows that are moved from one
//! to another.

mod fields;
mod reencrypt;
mod states;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use self::reencrypt::Moved;
pub use self::states::{Key, KeyRefused};
use crate::backend::Session;
use crate::backend::key_table::{self, KeyRow};
use crate::error::{Error, Result};
use crate::migrations::MigrationError;
use crate::policy::actor::Actor;
use crate::policy::authority::Authority;
use crate::tree::meta::{ModelMeta, Sealing};
use crate::tree::ring::{Cipher, RootId};
use crate::unit::{Backoff, Database, Steps};

/// What rows may need and is not there.
#[derive(Debug, Default)]
pub struct MissingKeys {
    /// Keys whose secret is neither `secret_key` nor one of its fallbacks, by label, number and secret: what they sealed is lost to this
    /// program.
    pub lost: Vec<(String, u32, RootId)>,
    /// Labels that no field of the program has: a field is gone, or its label was changed, and then what it holds does not open.
    pub unnamed: BTreeSet<String>,
}

impl Database {
    /// Gives it what seals and opens. The first call decides.
    pub fn set_cipher(&self, cipher: Arc<dyn Cipher>) {
        self.0.store.ring().install(cipher);
    }

    /// Whether a model of the program has an encrypted field.
    pub fn has_encrypted_fields(&self) -> bool {
        self.listed().models().iter().any(|model| model.has_sealed())
    }

    /// Reads anew which keys there are: of a rotation in another process, and of a key that opens nothing more.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn learn_keys(&self) -> Result<()> {
        let keys = self.reading(All).await?;
        let ring = self.0.store.ring();
        for of_label in keys.chunk_by(|a, b| a.label == b.label) {
            if let Some(first) = of_label.first() {
                ring.learn(&first.label, of_label.iter().map(KeyRow::known).collect());
            }
        }
        Ok(())
    }

    /// What rows may need and is not there. Asks the table of keys, and no row.
    ///
    /// # Errors
    /// Those of the database.
    pub fn missing_keys(&self) -> Result<MissingKeys, MigrationError> {
        let (roots, labels) = (self.roots(), self.encrypted_labels());
        let mut missing = MissingKeys::default();
        for (label, id, root) in self.used_keys()? {
            if !labels.contains(&&*label) {
                missing.unnamed.insert(label);
            } else if !roots.contains(&root) {
                missing.lost.push((label, id, root));
            }
        }
        Ok(missing)
    }

    fn roots(&self) -> Vec<[u8; 6]> {
        let cipher = self.0.store.ring().cipher();
        cipher.map(|cipher| cipher.roots()).unwrap_or_default()
    }

    #[allow(deprecated, reason = "the framework binds, for nobody")]
    async fn reading<S: Steps + 'static>(&self, steps: S) -> Result<S::Found>
    where
        S::Found: 'static,
    {
        let unit = self.bind(Actor::nobody());
        let found = unit.read_db().asker().read(steps).await;
        unit.finish(false).await?;
        found
    }

    /// In a unit of its own, again where what others wrote meanwhile undid it.
    #[allow(deprecated, reason = "the framework binds, for nobody")]
    async fn writing<S: Steps>(&self, steps: &S) -> Result<S::Found> {
        let mut retries = Backoff::of_a_unit();
        loop {
            let unit = self.bind(Actor::nobody());
            let done = unit.db().asker().write_steps(Lent(steps)).await;
            let saved = unit.finish(done.is_ok()).await;
            let done = match saved {
                Ok(()) => done,
                Err(error) => Err(error),
            };
            if !matches!(done, Err(Error::Undone)) || !retries.again().await {
                return done;
            }
        }
    }
}

struct Lent<'s, S>(&'s S);

impl<S: Steps> Steps for Lent<'_, S> {
    type Found = S::Found;

    async fn run(&self, authority: &Authority, session: Session<'_>, text: &mut String) -> Result<S::Found> {
        self.0.run(authority, session, text).await
    }
}

/// All keys that the database has.
struct All;

impl Steps for All {
    type Found = Vec<KeyRow>;

    async fn run(&self, _: &Authority, session: Session<'_>, _: &mut String) -> Result<Vec<KeyRow>> {
        key_table::keys(session, None).await
    }
}

/// The labels of these models, each of one field of theirs.
pub(crate) fn labels(models: &[&'static ModelMeta]) -> Vec<&'static str> {
    let columns = models.iter().flat_map(|model| model.columns);
    let labels = columns.filter_map(|column| match column.sealed {
        Sealing::Encrypted { label } => Some(label),
        _ => None,
    });
    labels.collect()
}
