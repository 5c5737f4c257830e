//! Keys: a new one, one that opens nothing more, another secret, and rows that are moved.

use super::*;
use crate::engine::{KeyRefused, KeyState};
use crate::sabotage::{Control, without};

const LABEL: &str = "person.tax_id";

async fn states(database: &Database) -> Vec<(u32, KeyState, bool)> {
    let keys = database.keys().await.unwrap().into_iter();
    keys.filter(|key| key.label == LABEL)
        .map(|key| (key.id, key.state, key.used))
        .collect()
}

async fn people(database: &Database, names: &[&str]) {
    for name in names {
        add(database, name, &format!("DE-{name}")).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_is_there_before_the_first_row_that_it_seals() {
    let site = Site::new();
    assert!(site.database.keys().await.unwrap().is_empty());
    people(&site.database, &["Ann"]).await;
    assert_eq!(states(&site.database).await, [(1, KeyState::Active, true)]);
    // Undone with its row.
    let other = Site::new();
    let undone = unit(&other.database, async |db| {
        Person::create(person("Ann", "DE1")).save(&db).await?;
        Err::<(), _>(Error::Forbidden)
    });
    assert!(undone.await.is_err());
    assert!(other.database.keys().await.unwrap().is_empty());
}

#[tokio::test]
async fn rotated_moved_and_retired() {
    let site = Site::new();
    let database = &site.database;
    people(database, &["Ann", "Ben"]).await;
    assert!(matches!(
        database.rotate_key("person.none").await,
        Err(KeyRefused::NoLabel)
    ));
    assert_eq!(database.rotate_key(LABEL).await.unwrap(), 2);
    people(database, &["Cy"]).await;
    assert_eq!(
        states(database).await,
        [(1, KeyState::DecryptOnly, true), (2, KeyState::Active, true)]
    );
    assert_eq!(tax_ids(database).await.unwrap(), ["DE-Ann", "DE-Ben", "DE-Cy"]);
    for name in ["Ann", "Cy"] {
        assert_eq!(found(database, &format!("DE-{name}")).await.unwrap(), [name]);
    }
    assert!(matches!(
        database.retire_key(LABEL, 1).await,
        Err(KeyRefused::InUse(2))
    ));
    assert!(matches!(
        database.retire_key(LABEL, 2).await,
        Err(KeyRefused::IsActive)
    ));
    assert!(matches!(
        database.retire_key(LABEL, 7).await,
        Err(KeyRefused::NoKey)
    ));
    let moved = database.reencrypt(LABEL, |_| ()).await.unwrap();
    assert_eq!((moved.seen, moved.moved, moved.unopened), (3, 2, 0));
    assert_eq!(
        states(database).await,
        [(1, KeyState::DecryptOnly, false), (2, KeyState::Active, true)]
    );
    // Again there is nothing to do.
    assert_eq!(database.reencrypt(LABEL, |_| ()).await.unwrap().moved, 0);
    database.retire_key(LABEL, 1).await.unwrap();
    assert_eq!(states(database).await[0], (1, KeyState::Retired, false));
    assert_eq!(tax_ids(database).await.unwrap(), ["DE-Ann", "DE-Ben", "DE-Cy"]);
    assert_eq!(found(database, "DE-Ann").await.unwrap(), ["Ann"]);
}

/// CWE-324. Attack: a backup's ciphertext is put back after its key was retired.
#[tokio::test]
async fn a_retired_key_opens_nothing() {
    let site = Site::new();
    let database = &site.database;
    people(database, &["Ann"]).await;
    database
        .tamper("CREATE TABLE backup AS SELECT tax_id FROM person")
        .await
        .unwrap();
    database.rotate_key(LABEL).await.unwrap();
    database.reencrypt(LABEL, |_| ()).await.unwrap();
    database.retire_key(LABEL, 1).await.unwrap();
    database
        .tamper("UPDATE person SET tax_id = (SELECT tax_id FROM backup)")
        .await
        .unwrap();
    let other = site.process(&[OLD]);
    other.learn_keys().await.unwrap();
    for process in [database, &other] {
        let error = tax_ids(process).await.err().unwrap();
        assert!(
            matches!(
                error,
                Error::Undecipherable {
                    why: Unopened::Retired,
                    ..
                }
            ),
            "{error}"
        );
    }
    let _out = without(Control::Retired);
    assert_eq!(tax_ids(database).await.unwrap(), ["DE-Ann"], "the attack");
}

#[tokio::test]
async fn another_secret_is_a_new_key_and_a_lost_one_is_told() {
    let site = Site::new();
    people(&site.database, &["Ann"]).await;
    assert!(site.database.missing_keys().unwrap().lost.is_empty());
    let both = site.process(&[NEW, OLD]);
    both.learn_keys().await.unwrap();
    people(&both, &["Ben"]).await;
    assert_eq!(
        states(&both).await,
        [(1, KeyState::DecryptOnly, true), (2, KeyState::Active, true)]
    );
    assert_eq!(tax_ids(&both).await.unwrap(), ["DE-Ann", "DE-Ben"]);
    assert_eq!(found(&both, "DE-Ann").await.unwrap(), ["Ann"]);
    // Without the old one it is not served.
    let new = site.process(&[NEW]);
    let lost = new.missing_keys().unwrap().lost;
    assert_eq!(lost, [(LABEL.to_owned(), 1, OLD)]);
    let error = tax_ids(&new).await.err().unwrap();
    assert!(
        matches!(
            error,
            Error::Undecipherable {
                why: Unopened::UnknownRoot,
                ..
            }
        ),
        "{error}"
    );
    // An old process beside it reads what it can; of what is unique it adds nothing.
    let told = add(&site.database, "Cy", "DE-Cy")
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(told.contains("secret_key_fallbacks"), "{told}");
    people(&both, &["Cy"]).await;
    both.reencrypt(LABEL, |_| ()).await.unwrap();
    assert!(new.missing_keys().unwrap().lost.is_empty());
    assert_eq!(tax_ids(&new).await.unwrap(), ["DE-Ann", "DE-Ben", "DE-Cy"]);
}

/// CWE-320. What sealed rows that are gone by now, as letters are, keeps nobody from serving under another secret.
#[tokio::test]
async fn a_label_without_rows_goes_on_under_todays_secret() {
    let site = Site::new();
    people(&site.database, &["Ann"]).await;
    site.database.tamper("DELETE FROM \"person\"").await.unwrap();
    let both = site.process(&[NEW, OLD]);
    both.reencrypt(LABEL, |_| ()).await.unwrap();
    assert_eq!(
        states(&both).await,
        [(1, KeyState::DecryptOnly, false), (2, KeyState::Active, true)]
    );
    let new = site.process(&[NEW]);
    assert!(new.missing_keys().unwrap().lost.is_empty());
    people(&new, &["Ben"]).await;
    assert_eq!(tax_ids(&new).await.unwrap(), ["DE-Ben"]);
}

/// A process that did not hear of the rotation finds what another one wrote since, and writes by the new key.
#[tokio::test]
async fn others_learn_of_a_rotation() {
    let site = Site::new();
    let other = site.process(&[OLD]);
    people(&other, &["Ann"]).await;
    site.database.rotate_key(LABEL).await.unwrap();
    people(&site.database, &["Ben"]).await;
    assert_eq!(found(&other, "DE-Ben").await.unwrap(), ["Ben"]);
    assert_eq!(tax_ids(&other).await.unwrap(), ["DE-Ann", "DE-Ben"]);
    people(&other, &["Cy"]).await;
    assert_eq!(
        site.database.reencrypt(LABEL, |_| ()).await.unwrap().moved,
        1,
        "only Ann's"
    );
}

#[tokio::test]
async fn no_more_keys_open_than_a_search_asks_for() {
    let site = Site::new();
    let database = &site.database;
    people(database, &["Ann"]).await;
    database.rotate_key(LABEL).await.unwrap();
    database.rotate_key(LABEL).await.unwrap();
    assert!(matches!(
        database.rotate_key(LABEL).await,
        Err(KeyRefused::TooMany)
    ));
    assert_eq!(found(database, "DE-Ann").await.unwrap(), ["Ann"]);
    database.reencrypt(LABEL, |_| ()).await.unwrap();
    for id in [1, 2] {
        database.retire_key(LABEL, id).await.unwrap();
    }
    assert_eq!(
        database.rotate_key(LABEL).await.unwrap(),
        4,
        "no number is used twice"
    );
}

/// Killed anywhere, the rest is moved when it is run again.
#[tokio::test]
async fn killed_in_the_middle_it_goes_on() {
    let site = Site::new();
    let database = &site.database;
    let many: Vec<_> = (0..450)
        .map(|n| person(&format!("{n:04}"), &format!("DE{n}")))
        .collect();
    unit(database, async |db| Person::create_all(many).save(&db).await)
        .await
        .unwrap();
    database.rotate_key(LABEL).await.unwrap();
    // The future is dropped after the first batch, as a process that dies drops it.
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let killed = site.process(&[OLD]);
    let run = async {
        killed
            .reencrypt(LABEL, |moved| {
                tell.send(moved.moved).unwrap();
            })
            .await
    };
    tokio::select! {
        biased;
        first = told.recv() => assert_eq!(first, Some(200)),
        _ = run => {}
    }
    let rest = database.reencrypt(LABEL, |_| ()).await.unwrap();
    assert_eq!(rest.seen, 450);
    assert!((1..=250).contains(&rest.moved), "{rest:?}");
    database.retire_key(LABEL, 1).await.unwrap();
    assert_eq!(found(database, "DE449").await.unwrap(), ["0449"]);
}

/// CWE-362. Attack: what somebody saves between reading a row and moving it is overwritten by what stood there before.
#[tokio::test]
async fn a_row_that_was_changed_meanwhile_keeps_its_newer_value() {
    let newer = async || {
        let site = Site::new();
        let database = &site.database;
        people(database, &["Ann"]).await;
        database.rotate_key(LABEL).await.unwrap();
        let batch = database.found_to_move(LABEL).await.unwrap();
        unit(database, async |db| {
            let ann = Person::objects().get_to_change(&db, |p| p.name.eq("Ann")).await?;
            ann.change(&db, |p| [p.tax_id.set("newer")]).await
        })
        .await
        .unwrap();
        database.move_these(LABEL, batch).await.unwrap();
        tax_ids(database).await.unwrap()
    };
    assert_eq!(newer().await, ["newer"]);
    let _out = without(Control::ReencryptBeside);
    assert_eq!(newer().await, ["DE-Ann"], "the attack");
}

/// Attack by time: keys are renewed, rows moved and keys retired while another process writes. Whatever is written opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_renewed_while_another_process_writes() {
    let site = Site::new();
    let other = site.process(&[OLD]);
    people(&site.database, &["first"]).await;
    let writing = tokio::spawn(async move {
        let mut written = Vec::new();
        for n in 0..60 {
            let name = format!("{n:03}");
            loop {
                match add(&other, &name, &format!("DE-{name}")).await {
                    Ok(_) => break,
                    Err(Error::Undone | Error::Busy(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            written.push(format!("DE-{name}"));
        }
        written
    });
    let mut retired = 0;
    for _ in 0..6 {
        let database = &site.database;
        match database.rotate_key(LABEL).await {
            Ok(_) | Err(KeyRefused::TooMany) => {}
            Err(error) => panic!("{error}"),
        }
        database.reencrypt(LABEL, |_| ()).await.unwrap();
        for (id, state, _) in states(database).await {
            if state == KeyState::DecryptOnly && database.retire_key(LABEL, id).await.is_ok() {
                retired += 1;
            }
        }
    }
    let mut written = writing.await.unwrap();
    written.push("DE-first".to_owned());
    assert!(retired > 0);
    let process = site.process(&[OLD]);
    process.learn_keys().await.unwrap();
    let mut read = tax_ids(&process).await.unwrap();
    written.sort();
    read.sort();
    assert_eq!(read, written);
    assert_eq!(found(&process, "DE-031").await.unwrap(), ["031"]);
}

/// A label that no field has any more is told, and its keys are retired though one is active.
#[tokio::test]
async fn keys_of_no_field_are_told_and_retired() {
    let site = Site::new();
    people(&site.database, &["Ann"]).await;
    let without = Database::open(&site.url, Options::default()).unwrap();
    without.set_models(vec![<Patient as Model>::meta()]).unwrap();
    without.set_cipher(Arc::new(TestCipher(vec![NEW])));
    assert!(
        without.missing_keys().unwrap().lost.is_empty(),
        "what it sealed is read by nobody"
    );
    assert!(without.missing_keys().unwrap().unnamed.contains(LABEL));
    // Its rows are counted by nobody, and are there.
    assert!(matches!(
        without.retire_key(LABEL, 1).await,
        Err(KeyRefused::Unnamed)
    ));
    without.retire_key_by_force(LABEL, 1).await.unwrap();
    assert!(without.missing_keys().unwrap().unnamed.is_empty());
}
