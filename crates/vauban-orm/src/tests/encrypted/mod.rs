//! Encrypted fields: what is stored, what opens it, how rows are found by it, and what is done to their keys.

mod attacks;
pub(crate) mod cipher;
mod keys;
mod rollout;
mod writes;

use std::sync::Arc;

use self::cipher::TestCipher;
use super::on;
use crate::engine::{Database, Options};
use crate::*;
use vauban_macros::Model;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub(super) struct Person {
    pub(super) id: Id<Person>,
    #[field(max_length = 50)]
    pub(super) name: String,
    #[field(encrypted = "person.tax_id", index = blind, unique, max_length = 20)]
    pub(super) tax_id: Encrypted<String>,
    #[field(encrypted = "person.notes", text)]
    pub(super) notes: Option<Encrypted<String>>,
    #[field(default = 0)]
    pub(super) visits: i64,
}

#[derive(Model)]
#[model(crate = vauban_orm)]
pub(super) struct Patient {
    pub(super) id: Id<Patient>,
    pub(super) person: ForeignKey<Person>,
    #[field(encrypted = "patient.number", index = blind)]
    pub(super) number: Option<Encrypted<i64>>,
    #[field(encrypted = "patient.scan", max_length = 100)]
    pub(super) scan: Option<Encrypted<Vec<u8>>>,
    #[field(encrypted = "patient.born")]
    pub(super) born: Option<Encrypted<Date>>,
}

macro_rules! open {
    ($($model:ident)+) => { $(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                let all = Filter::always;
                Rules { view: all(), add: all(), change: all(), delete: all(), ..Rules::none() }
            }
        }
    )+ };
}
open!(Person Patient);

pub(crate) const OLD: [u8; 6] = *b"oldold";
pub(super) const NEW: [u8; 6] = *b"newnew";

pub(super) struct Site {
    pub(super) database: Database,
    pub(super) url: String,
    /// Its folder goes with it.
    _folder: tempfile::TempDir,
}

fn models() -> Vec<&'static ModelMeta> {
    vec![
        <Person as Model>::meta(),
        <Patient as Model>::meta(),
        <rollout::Member as Model>::meta(),
    ]
}

impl Site {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match on::sqlite() {
            true => format!("sqlite://{}", folder.path().join("db").display()),
            false => on::url(),
        };
        let database = Database::open(&url, Options::default()).unwrap();
        database.create_all(&models()).unwrap();
        database.set_cipher(Arc::new(TestCipher(vec![OLD])));
        Self {
            database,
            url,
            _folder: folder,
        }
    }

    /// Another process, with these secrets.
    pub(super) fn process(&self, roots: &[[u8; 6]]) -> Database {
        let database = Database::open(&self.url, Options::default()).unwrap();
        database.set_models(models()).unwrap();
        database.set_cipher(Arc::new(TestCipher(roots.to_vec())));
        database
    }
}

pub(super) fn person(name: &str, tax_id: &str) -> NewPerson {
    NewPerson {
        name: name.into(),
        tax_id: tax_id.into(),
        notes: None,
    }
}

/// Does something in a unit of its own, and saves it.
pub(super) async fn unit<T>(
    database: &Database,
    work: impl AsyncFnOnce(Db<Write>) -> Result<T>,
) -> Result<T> {
    let unit = database.bind(Actor::nobody());
    let done = work(unit.db()).await;
    unit.finish(done.is_ok()).await?;
    done
}

pub(super) async fn add(database: &Database, name: &str, tax_id: &str) -> Result<Person> {
    unit(database, async |db| {
        Person::create(person(name, tax_id)).save(&db).await
    })
    .await
}

pub(super) async fn found(database: &Database, tax_id: &str) -> Result<Vec<String>> {
    let unit = database.bind(Actor::nobody());
    let people = Person::objects()
        .filter(|p| p.tax_id.eq(tax_id))
        .order_by(|p| p.name.asc());
    let people = people.all(&unit.read_db()).await?;
    Ok(people.into_iter().map(|person| person.name).collect())
}

pub(super) async fn tax_ids(database: &Database) -> Result<Vec<String>> {
    let unit = database.bind(Actor::nobody());
    let people = Person::objects()
        .order_by(|p| p.name.asc())
        .all(&unit.read_db())
        .await?;
    Ok(people
        .into_iter()
        .map(|person| person.tax_id.into_inner())
        .collect())
}
