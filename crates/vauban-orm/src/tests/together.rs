//! PostgreSQL: reads that are awaited together, and what is done again.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::*;
use crate::backend::postgres::tests::held::held;
use crate::engine::{Database, Options, answering_within};
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

/// The connections of this database, the test's own aside.
fn connections(server: &cluster::Database) -> String {
    says(
        server,
        "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
}

/// All of them at once, as `join!` has them.
async fn all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in futures.iter_mut().filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                *done = Some(value);
            }
        }
        match futures.iter().all(|(_, done)| done.is_some()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, done)| done).collect()
}

/// Sent, and not looked at again.
async fn once<T>(future: &mut (impl Future<Output = T> + Unpin)) {
    std::future::poll_fn(|cx| {
        assert!(Pin::new(&mut *future).poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// CWE-400. Attack: very many reads at once stand in one row. Sixteen do.
#[tokio::test]
async fn no_more_than_so_many_share_a_connection() {
    for (reads, wanted) in [(16, "1"), (17, "2")] {
        let (server, direct) = two();
        let database = open(&server.url());
        drop(direct);
        let unit = database.bind(Actor::nobody());
        let db = unit.read_db();
        let db = db.acting::<Fixtures>();
        // A connection is there, so that nobody waits until it is.
        User::objects().count(&db).await.unwrap();
        let counted = all((0..reads).map(|_| User::objects().count(&db))).await;
        assert!(counted.iter().all(|count| matches!(count, Ok(0))), "{counted:?}");
        assert_eq!(connections(&server), wanted, "{reads} reads");
    }
}

/// Somebody else's long question, and what is asked beside it: how long that took.
async fn asked_beside(
    server: &cluster::Database,
    database: &Database,
    before: impl AsyncFn(&Acting<Fixtures, Read>),
) -> Duration {
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Fixtures>();
    User::objects().count(&db).await.unwrap();
    Organisation::objects().count(&db).await.unwrap();
    let mut locker = server.session();
    locker
        .run("BEGIN; LOCK TABLE \"user\" IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let mut long = Box::pin(User::objects().count(&db));
    once(&mut long).await;
    before(&db).await;
    let begun = Instant::now();
    Organisation::objects().count(&db).await.unwrap();
    let took = begun.elapsed();
    locker.run("ROLLBACK").unwrap();
    assert_eq!(long.await.unwrap(), 0);
    took
}

/// What is asked later, or behind a statement that somebody let go, waits for nobody: it has a connection of its own at once, and not
/// when it has waited a second. What is asked this very moment does wait.
#[tokio::test]
async fn only_what_is_asked_together_and_whole_is_put_together() {
    let (server, database) = two();
    let beside = async |later: Option<Duration>, lets_go: bool| {
        asked_beside(&server, &database, async |db| {
            if lets_go {
                once(&mut Box::pin(User::objects().count(db))).await;
            }
            if let Some(later) = later {
                tokio::time::sleep(later).await;
            }
        })
        .await
    };
    let second = Duration::from_secs(1);
    assert!(beside(None, false).await >= second);
    assert!(beside(Some(Duration::from_millis(40)), false).await < second);
    assert!(beside(None, true).await < second);
}

/// CWE-400: who has less time than the others has a connection on which the server ends their statement in time.
#[tokio::test]
async fn who_has_less_time_is_not_put_with_those_who_have_more() {
    let (server, database) = two();
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Fixtures>();
    Organisation::objects().count(&db).await.unwrap();
    let mut locker = server.session();
    locker
        .run("BEGIN; LOCK TABLE \"user\" IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let begun = Instant::now();
    let hasty = answering_within(Duration::from_millis(600), true, User::objects().count(&db));
    let (leisurely, hasty) = tokio::join!(Organisation::objects().count(&db), hasty);
    assert_eq!(leisurely.unwrap(), 0);
    assert_eq!(hasty.unwrap_err().status(), 503);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    locker.run("ROLLBACK").unwrap();
}

/// A connection that broke a moment ago takes nobody along who asks now.
#[tokio::test]
async fn nothing_is_put_together_on_a_connection_that_broke() {
    const BREAK: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                          WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let (server, _direct) = two();
    let mut breaker = server.session();
    // More than once, for on a busy machine the moment is over before.
    for _ in 0..5 {
        let database = open(&server.url());
        let unit = database.bind(Actor::nobody());
        let db = unit.read_db();
        let db = db.acting::<Fixtures>();
        User::objects().count(&db).await.unwrap();
        let (mut first, mut second) = (
            Box::pin(User::objects().count(&db)),
            Box::pin(User::objects().count(&db)),
        );
        once(&mut first).await;
        once(&mut second).await;
        breaker.run(BREAK).unwrap();
        assert!(first.await.is_err());
        assert_eq!(Organisation::objects().count(&db).await.unwrap(), 0);
        drop(second);
    }
}

/// On a way on which an answer takes a tenth of a second, what is asked together is asked once: there is no second connection here.
#[tokio::test]
async fn a_long_way_is_no_reason_to_ask_twice() {
    let (server, _direct) = two();
    let held = held(&server).await;
    let database = open(&held.url);
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Fixtures>();
    Organisation::objects().count(&db).await.unwrap();
    held.hold.store(100, Ordering::Release);
    let answers = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        held.hold.store(0, Ordering::Release);
    };
    let both = async {
        tokio::join!(
            Organisation::objects().count(&db),
            Organisation::objects().exists(&db),
            answers
        )
    };
    let (count, exists, ()) = tokio::time::timeout(Duration::from_secs(3), both)
        .await
        .expect("one was asked again, by another connection");
    assert_eq!((count.unwrap(), exists.unwrap()), (0, false));
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

/// CWE-410. What waits before it is done again has left its transaction: what others write meanwhile fits beside it.
#[tokio::test]
async fn a_pause_is_not_within_the_transaction_that_failed() {
    let (server, _direct) = two();
    let held = held(&server).await;
    let database = open(&held.url);
    refuses(&server, 3);
    let (mut within, mut between) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..12 {
        server.run("ALTER SEQUENCE asked RESTART");
        held.sent.lock().unwrap().clear();
        add(&database, "again").await.unwrap();
        let sent = held.sent.lock().unwrap();
        let pauses = sent.windows(3).filter(|three| three[1].0 == "ROLLBACK\0");
        assert_eq!(pauses.clone().count(), 3, "{sent:?}");
        for three in pauses {
            assert_eq!((three[0].0, three[2].0), ("BEGIN ", "BEGIN "));
            within += three[1].1 - three[0].1;
            between += three[2].1 - three[1].1;
        }
    }
    // Some 170 ms of pauses, wherever they are.
    assert!(between > within, "{between:?} between, {within:?} within");
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
