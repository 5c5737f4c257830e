//! What tasks are told that nobody reads at rest: sealed by a key that `keys` lists, and gone with the task.

use uuid::Uuid;
use vauban::orm::actions::{Add, Delete};
use vauban::orm::{Encrypted, Error, Reads, Result, Writes};

use crate::model::{NewSecretRow, SecretRow, TaskRow};
use crate::tasks::Tasks;

/// What stands before it inside the seal. CWE-345: a ciphertext opens in its own row alone, and that row is of this task and name alone,
/// whoever points it to another.
fn bound_to(name: &str, id: Uuid) -> Vec<u8> {
    [id.as_bytes().as_slice(), name.as_bytes(), &[0]].concat()
}

/// Keeps what a task is told, sealed.
pub(crate) async fn keep(db: &dyn Writes<Add, SecretRow>, row: &TaskRow, plain: &[u8]) -> Result<()> {
    let id = row.id.uuid();
    let new = NewSecretRow {
        task: id,
        told: Encrypted::new([&bound_to(&row.name, id), plain].concat()),
    };
    SecretRow::create(new).save(db).await.map(drop)
}

/// Forgets what it was told.
pub(crate) async fn forget(db: &dyn Writes<Delete, SecretRow>, task: Uuid) -> Result<()> {
    let own = SecretRow::objects().filter(|s| s.task.eq(task));
    own.delete_all(db).await.map(drop)
}

impl Tasks {
    /// What a row's task is told; `None` if it is sealed by a secret that is not in use any more, or is another's.
    pub(crate) async fn told(
        &self,
        db: &dyn Reads<SecretRow>,
        (name, id): (&str, Uuid),
        args: &[u8],
        sealed: bool,
    ) -> Result<Option<Vec<u8>>> {
        if !sealed {
            return Ok(Some(args.to_vec()));
        }
        // As releases before `0002` kept it.
        if !args.is_empty() {
            let plain = self.sealer.open(args, &[name.as_bytes(), id.as_bytes()]);
            return Ok(plain.map(|plain| plain.to_vec()));
        }
        let own = SecretRow::objects().filter(|s| s.task.eq(id));
        let row = match own.first(db).await {
            Err(Error::Undecipherable { .. }) => return Ok(None),
            row => row?,
        };
        let plain = row.as_ref().map(|row| row.told.expose().as_slice());
        let plain = plain.and_then(|plain| plain.strip_prefix(bound_to(name, id).as_slice()));
        Ok(plain.map(<[u8]>::to_vec))
    }
}
