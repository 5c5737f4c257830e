//! PostgreSQL: reads that are awaited together, and what is done again.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::*;
use crate::backend::postgres::tests::held::held;
use crate::engine::{Database, Options};
use crate::*;

fn open(url: &str) -> Database {
    let options = Options {
        models: MODELS(),
        services: super::rights::services(),
        ..Options::default()
    };
    Database::open(url, options).unwrap()
}

fn two() -> (cluster::Database, Database) {
    let server = cluster::database();
    let database = open(&server.url());
    database.create_all(&MODELS()).unwrap();
    (server, database)
}

async fn add(database: &Database, name: &str) -> Result<()> {
    let unit = database.bind(Actor::nobody());
    let new = NewOrganisation { name: name.into() };
    Organisation::create(new)
        .save(&unit.db().acting::<Fixtures>())
        .await?;
    unit.finish(true).await
}

/// The one value of a row.
fn says(server: &cluster::Database, sql: &str) -> String {
    server.run(sql)[0][0].clone().unwrap_or_default()
}

/// Three reads by one handle: none waits for another's answer, and one connection does for all.
#[tokio::test]
async fn reads_that_are_awaited_together_are_pipelined() {
    let (server, direct) = two();
    add(&direct, "one").await.unwrap();
    let held = held(&server).await;
    let database = open(&held.url);
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Fixtures>();
    let three = async || {
        tokio::join!(
            Organisation::objects().all(&db),
            User::objects().count(&db),
            Membership::objects().exists(&db),
        )
    };
    // One after the other first, so that all are prepared.
    Organisation::objects().all(&db).await.unwrap();
    User::objects().count(&db).await.unwrap();
    Membership::objects().exists(&db).await.unwrap();
    held.hold.store(3, Ordering::Release);
    let (organisations, users, members) = tokio::time::timeout(Duration::from_secs(5), three())
        .await
        .expect("one waited for another");
    assert_eq!(organisations.unwrap()[0].name, "one");
    assert_eq!((users.unwrap(), members.unwrap()), (0, false));
    // Prepared or not, and again.
    three().await.0.unwrap();
}

/// What a statement of a unit goes back to where it is refused, is marked without waiting; and refused, it spoils nothing.
#[tokio::test]
async fn a_write_waits_for_no_answer_but_its_own() {
    let (server, _direct) = two();
    let held = held(&server).await;
    let database = open(&held.url);
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let db = db.acting::<Fixtures>();
    let user = async |email: &str| {
        let email = email.into();
        User::create(NewUser { email }).save(&db).await
    };
    user("ann@example.com").await.unwrap();
    for email in ["ben@example.com", "cleo@example.com"] {
        held.hold.store(1, Ordering::Release);
        let saved = tokio::time::timeout(Duration::from_secs(5), user(email)).await;
        saved.expect("it waited for its savepoint").unwrap();
    }
    assert!(matches!(user("ann@example.com").await, Err(Error::Unique { .. })));
    user("dan@example.com").await.unwrap();
    assert!(matches!(user("ben@example.com").await, Err(Error::Unique { .. })));
    unit.finish(true).await.unwrap();
    assert_eq!(says(&server, "SELECT count(*)::text FROM \"user\""), "4");
}

/// CWE-833. Attack, or a lock: one of them does not come to its end. The others do, on a connection of their own.
#[tokio::test]
async fn a_read_behind_one_that_waits_does_not_wait_for_ever() {
    let (server, database) = two();
    add(&database, "one").await.unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Fixtures>();
    User::objects().count(&db).await.unwrap();
    let mut locker = server.session();
    locker
        .run("BEGIN; LOCK TABLE \"user\" IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let begun = Instant::now();
    let (locked, free) = tokio::join!(
        async {
            tokio::time::timeout(Duration::from_secs(3), User::objects().count(&db))
                .await
                .is_err()
        },
        async {
            let count = Organisation::objects().count(&db).await;
            assert!(
                begun.elapsed() < Duration::from_millis(2_900),
                "it waited for the other"
            );
            count
        },
    );
    assert!(locked);
    assert_eq!(free.unwrap(), 1);
    // Whoever comes next is not put behind what was given up.
    let begun = Instant::now();
    assert_eq!(Organisation::objects().count(&db).await.unwrap(), 1);
    assert!(begun.elapsed() < Duration::from_millis(900));
    locker.run("ROLLBACK").unwrap();
}

/// How often the database refused, by a sequence that no ROLLBACK takes back.
fn refuses(server: &cluster::Database, times: u32) {
    server.run(&format!(
        "CREATE SEQUENCE asked;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF nextval('asked') <= {times} THEN RAISE EXCEPTION 'not beside others' USING ERRCODE = '40001'; END IF;
           RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON organisation FOR EACH ROW EXECUTE FUNCTION refuse()"
    ));
}

/// CWE-362, CWE-400: a single statement that does not fit beside others is done again, and not for ever.
#[tokio::test]
async fn a_single_statement_is_done_again_so_many_times() {
    for (times, asked, saved) in [(3, 4, true), (100, 4, false)] {
        let (server, database) = two();
        refuses(&server, times);
        let done = add(&database, "again").await;
        assert_eq!(done.is_ok(), saved, "{done:?}");
        if let Err(error) = done {
            assert_eq!((error.status(), matches!(error, Error::Undone)), (503, true));
        }
        assert_eq!(
            says(&server, "SELECT last_value::text FROM asked"),
            asked.to_string()
        );
        let there = says(&server, "SELECT count(*)::text FROM organisation");
        assert_eq!(there, u8::from(saved).to_string());
    }
}

/// The same where it is no longer the first of its unit: nothing of it is saved, and the unit is over.
#[tokio::test]
async fn what_is_not_the_first_is_not_done_again() {
    let (server, database) = two();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let db = db.acting::<Fixtures>();
    let email = "ann@example.com".into();
    User::create(NewUser { email }).save(&db).await.unwrap();
    refuses(&server, 1);
    let new = NewOrganisation { name: "late".into() };
    let error = Organisation::create(new).save(&db).await.unwrap_err();
    assert!(matches!(error, Error::Undone), "{error}");
    assert!(unit.finish(true).await.is_err());
    assert_eq!(says(&server, "SELECT count(*)::text FROM \"user\""), "0");
}

/// A 40001 of PostgreSQL's own: the row that is changed was changed by another unit meanwhile. The statement is done again, on the
/// row as it is now.
#[tokio::test]
async fn a_row_that_was_changed_meanwhile_is_changed_as_it_is_then() {
    let (server, database) = two();
    add(&database, "one").await.unwrap();
    let mut other = server.session();
    other
        .run("BEGIN; UPDATE organisation SET name = 'theirs'")
        .unwrap();
    let watch = database.watch();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let change = async {
        Organisation::objects()
            .change_all(
                &db.unscoped_write::<Organisation>(vauban_waiver::waiver!(
                    UnscopedWrite,
                    "the test changes a row that another one holds"
                )),
                |o| [o.name.set("ours")],
            )
            .await
    };
    let waits = async {
        const WAITING: &str = "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while says(&server, WAITING) == "0" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        other.run("COMMIT").unwrap();
    };
    let (changed, ()) = tokio::join!(change, waits);
    assert_eq!(changed.unwrap(), 1);
    unit.finish(true).await.unwrap();
    assert_eq!(says(&server, "SELECT name FROM organisation"), "ours");
    let tried = watch
        .statements()
        .iter()
        .filter(|sql| sql.contains("UPDATE"))
        .count();
    assert!(tried >= 2, "nothing was done again: {:?}", watch.statements());
}
