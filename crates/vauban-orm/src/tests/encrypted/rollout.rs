//! Processes with other secrets beside each other, more keys than one, and what is unique among them.

use super::*;
use crate::engine::{KeyState, RootId};

const LABEL: &str = "person.tax_id";

async fn keys(database: &Database) -> Vec<(u32, RootId, KeyState)> {
    let keys = database.keys().await.unwrap().into_iter();
    keys.filter(|key| key.label == LABEL)
        .map(|key| (key.id, key.root, key.state))
        .collect()
}

fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Unique { fields, .. } if fields == &["tax_id"])
}

/// A rollout without a pause: each has both secrets, in the other's order. Their writes make a key of each, and not one each.
#[tokio::test]
async fn the_same_secrets_in_another_order_make_no_key_at_every_write() {
    let site = Site::new();
    let one = site.process(&[OLD, NEW]);
    let other = site.process(&[NEW, OLD]);
    for n in 0..4 {
        add(&one, &format!("{n}a"), &format!("DE{n}a")).await.unwrap();
        add(&other, &format!("{n}b"), &format!("DE{n}b")).await.unwrap();
        // Of the key that the other one has just made it has not heard.
        assert_eq!(found(&one, &format!("DE{n}b")).await.unwrap(), [format!("{n}b")]);
    }
    assert_eq!(
        keys(&one).await,
        [(1, OLD, KeyState::DecryptOnly), (2, NEW, KeyState::Active)]
    );
    let third = site.process(&[OLD, NEW]);
    third.learn_keys().await.unwrap();
    for process in [&one, &other, &third] {
        assert_eq!(found(process, "DE0a").await.unwrap(), ["0a"]);
        assert_eq!(found(process, "DE3b").await.unwrap(), ["3b"]);
    }
    assert!(is_taken(&add(&one, "x", "DE0a").await.err().unwrap()));
    // Who wants the former one to seal again says so.
    assert_eq!(one.rotate_key(LABEL).await.unwrap(), 3);
    assert_eq!(keys(&one).await[2], (3, OLD, KeyState::Active));
}

/// Attack by time: `secret_key` is changed again and again, and nobody moves rows. All of them are found, and none is there twice.
#[tokio::test]
async fn all_keys_are_searched_however_often_the_secret_is_changed() {
    let site = Site::new();
    let mut roots = vec![OLD];
    let mut added = Vec::new();
    for n in 0..8_u8 {
        let process = site.process(&roots);
        process.learn_keys().await.unwrap();
        let tax_id = format!("DE{n}");
        add(&process, &n.to_string(), &tax_id).await.unwrap();
        added.push(tax_id);
        if n < 2 {
            process.rotate_key(LABEL).await.unwrap();
        } else {
            roots.insert(0, [n; 6]);
        }
    }
    let process = site.process(&roots);
    process.learn_keys().await.unwrap();
    for (n, tax_id) in added.iter().enumerate() {
        assert_eq!(found(&process, tax_id).await.unwrap(), [n.to_string()]);
        assert!(
            is_taken(&add(&process, "twice", tax_id).await.err().unwrap()),
            "{tax_id}"
        );
    }
    // It goes on when rows were moved and keys retired.
    process.reencrypt(LABEL, |_| ()).await.unwrap();
    for (id, _, state) in keys(&process).await {
        if state == KeyState::DecryptOnly {
            process.retire_key(LABEL, id).await.unwrap();
        }
    }
    add(&process, "last", "DE-last").await.unwrap();
    let (_, root, state) = keys(&process).await.pop().unwrap();
    assert_eq!((root, state), (roots[0], KeyState::Active));
}

/// CWE-636. Attack: a process that cannot compute what others' rows are found by adds the same value beside them.
#[tokio::test]
async fn who_lacks_a_secret_adds_nothing_unique_beside_it() {
    let site = Site::new();
    let old = &site.database;
    let ann = add(old, "Ann", "DE1").await.unwrap().id;
    let both = site.process(&[NEW, OLD]);
    add(&both, "Ben", "DE2").await.unwrap();
    for tax_id in ["DE2", "DE3"] {
        let told = add(old, "Cy", tax_id).await.err().unwrap().to_string();
        assert!(told.contains("secret_key_fallbacks"), "{told}");
    }
    // What need not be unique it writes, and the others read it.
    let noted = unit(old, async |db| {
        let new = NewPatient {
            person: ann,
            number: Some(17.into()),
            scan: None,
            born: None,
        };
        Patient::create(new).save(&db).await
    });
    noted.await.unwrap();
}

#[derive(Model)]
#[model(crate = vauban_orm)]
pub(super) struct Member {
    id: Id<Member>,
    #[field(unique, max_length = 20)]
    name: String,
    #[field(encrypted = "member.tax_id", index = blind, unique, max_length = 20)]
    tax_id: Encrypted<String>,
    allowed: bool,
}

impl Policy for Member {
    fn rules(_: Who<Self>, c: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: c.allowed.eq(true),
            change: c.allowed.eq(true),
            ..Rules::none()
        }
    }
}

fn member(name: &str, tax_id: &str, allowed: bool) -> NewMember {
    NewMember {
        name: name.into(),
        tax_id: tax_id.into(),
        allowed,
    }
}

/// What a write says, in a unit that is saved all the same.
async fn said<T>(database: &Database, work: impl AsyncFnOnce(Db<Write>) -> Result<T>) -> String {
    let unit = database.bind(Actor::nobody());
    let done = work(unit.db()).await;
    unit.finish(true).await.unwrap();
    let error = match done.err().unwrap() {
        Error::Rows(mut rows) => {
            let row = rows.pop().unwrap();
            assert_eq!(row.row, 1);
            row.error
        }
        error => error,
    };
    match error {
        Error::Forbidden => "forbidden".to_owned(),
        Error::Unique { fields, .. } => format!("{fields:?} taken"),
        other => other.to_string(),
    }
}

/// CWE-203. Attack: while rows are moved to a new key, who may not add or change learns which values there are.
#[tokio::test]
async fn who_may_not_write_learns_of_no_value_under_an_older_key() {
    let site = Site::new();
    let database = &site.database;
    let saved = unit(database, async |db| {
        let both = [member("Ann", "DE1", true), member("Ben", "DE2", true)];
        Member::create_all(both).save(&db).await
    });
    saved.await.unwrap();
    database.rotate_key("member.tax_id").await.unwrap();
    for (allowed, expected) in [(false, "forbidden"), (true, "[\"tax_id\"] taken")] {
        let new = || member("Cy", "DE1", allowed);
        let other = || member("Dan", "DE4", true);
        let one = said(database, async |db| Member::create(new()).save(&db).await).await;
        let all = said(database, async |db| {
            Member::create_all([other(), new()]).save(&db).await
        });
        let found = said(database, async |db| {
            let by_name = Member::objects().get_or_create(&db, |m| m.name.eq("Cy"), Member::create(new()));
            by_name.await
        });
        let upsert = said(database, async |db| {
            let all = Member::create_all([other(), new()]);
            all.or_change(|m| &m.name, |m| &m.allowed).save(&db).await
        });
        let changed = said(database, async |db| {
            let ben = Member::objects().get_to_change(&db, |m| m.name.eq("Ben")).await?;
            ben.change(&db, |m| [m.tax_id.set("DE1"), m.allowed.set(allowed)])
                .await
        });
        for said in [one, all.await, found.await, upsert.await, changed.await] {
            assert_eq!(said, expected);
        }
    }
    let unit = database.bind(Actor::nobody());
    let members = Member::objects().order_by(|m| m.name.asc());
    let members = members.all(&unit.read_db()).await.unwrap().into_iter();
    let members: Vec<_> = members.map(|m| (m.name, m.tax_id.into_inner())).collect();
    let as_before = [("Ann", "DE1"), ("Ben", "DE2")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(members, as_before, "nothing of it is kept");
}

/// Two rows with one value, which a stale backup brought: they are told, and all others are moved.
#[tokio::test]
async fn a_value_that_is_there_twice_stops_no_other_row() {
    let site = Site::new();
    let database = &site.database;
    add(database, "Ann", "DE1").await.unwrap();
    let backup = "CREATE TABLE backup AS SELECT tax_id, tax_id_index FROM person";
    database.tamper(backup).await.unwrap();
    unit(database, async |db| {
        let ann = Person::objects().get_to_change(&db, |p| p.name.eq("Ann")).await?;
        ann.change(&db, |p| [p.tax_id.set("DE0")]).await
    })
    .await
    .unwrap();
    add(database, "Ben", "DE2").await.unwrap();
    add(database, "Cy", "DE3").await.unwrap();
    database.rotate_key(LABEL).await.unwrap();
    add(database, "Dan", "DE1").await.unwrap();
    let restore = "UPDATE person SET tax_id = (SELECT tax_id FROM backup), \
                   tax_id_index = (SELECT tax_id_index FROM backup) WHERE name = 'Ann'";
    database.tamper(restore).await.unwrap();
    let moved = database.reencrypt(LABEL, |_| ()).await.unwrap();
    assert_eq!((moved.seen, moved.moved, moved.unopened), (4, 2, 0));
    assert_eq!(tax_ids(database).await.unwrap(), ["DE1", "DE2", "DE3", "DE1"]);
    assert_eq!(found(database, "DE1").await.unwrap(), ["Ann", "Dan"]);
    // Its key is still in use.
    let first = &database.keys().await.unwrap()[0];
    assert!(first.used && first.label == LABEL);
}
