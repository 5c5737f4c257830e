//! Parts of a unit that are undone alone, what follows a commit, and large writes beside other work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::engine::Database;
use crate::*;

async fn add(db: &Db<Write>, name: &str) -> Result<Organisation> {
    let new = NewOrganisation { name: name.into() };
    Organisation::create(new).save(&db.acting::<Fixtures>()).await
}

async fn names(database: &Database) -> Vec<String> {
    let unit = database.bind(Actor::nobody());
    let all = Organisation::objects().order_by(|o| o.name.asc());
    let all = all.all(&unit.read_db().acting::<Fixtures>()).await.unwrap();
    all.into_iter().map(|one| one.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_part_that_fails_is_undone_alone() {
    let database = database();
    // In a task, as a view runs.
    tokio::spawn({
        let database = database.clone();
        async move {
            let unit = database.bind(Actor::nobody());
            let db = unit.db();
            add(&db, "before").await.unwrap();
            let failed = db.nested(async || {
                add(&db, "undone").await?;
                add(&db, &"x".repeat(101)).await
            });
            assert_eq!(failed.await.unwrap_err().status(), 422);
            db.nested(async || {
                add(&db, "kept").await?;
                let inner = db.nested(async || {
                    add(&db, "inside, undone").await?;
                    Err::<(), _>(Error::Conflict)
                });
                assert!(matches!(inner.await, Err(Error::Conflict)));
                db.nested(async || add(&db, "inside, kept").await).await
            })
            .await
            .unwrap();
            let whole = db.nested(async || {
                db.nested(async || add(&db, "with what is around it").await)
                    .await?;
                Err::<(), _>(Error::Conflict)
            });
            whole.await.unwrap_err();
            add(&db, "after").await.unwrap();
            drop(db);
            unit.finish(true).await.unwrap();
        }
    })
    .await
    .unwrap();
    assert_eq!(
        names(&database).await,
        ["after", "before", "inside, kept", "kept"]
    );
}

/// CWE-460. Attack: a part is dropped in its middle, or two of them stand beside each other: half of one would be saved.
#[tokio::test]
async fn cwe_460_a_part_that_does_not_end_in_order_takes_the_unit_with_it() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    add(&db, "before").await.unwrap();
    let part = db.nested(async || {
        add(&db, "half").await?;
        std::future::pending::<Result<()>>().await
    });
    tokio::time::timeout(Duration::from_millis(100), part)
        .await
        .unwrap_err();
    assert_eq!(add(&db, "after").await.unwrap_err().status(), 503);
    drop(db);
    unit.finish(true).await.unwrap_err();

    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let both = tokio::join!(
        db.nested(async || {
            add(&db, "first").await?;
            let _ = gone.await;
            Ok::<_, Error>(())
        }),
        db.nested(async || {
            add(&db, "second").await?;
            go.send(()).unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            add(&db, "third").await?;
            Err::<(), _>(Error::Conflict)
        }),
    );
    assert!(both.0.is_err() && both.1.is_err(), "{both:?}");
    drop(db);
    unit.finish(true).await.unwrap_err();
    assert!(names(&database).await.is_empty());
}

#[tokio::test]
async fn what_follows_a_commit_is_done_when_it_is_saved_and_not_otherwise() {
    let database = database();
    let told: Arc<Mutex<Vec<(&str, usize)>>> = Arc::default();
    let tell = |what: &'static str| {
        let (told, database) = (Arc::clone(&told), database.clone());
        async move {
            let there = names(&database).await.len();
            told.lock().unwrap().push((what, there));
        }
    };
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    db.on_commit(tell("undone"));
    add(&db, "undone").await.unwrap();
    drop(db);
    unit.finish(false).await.unwrap();
    database.bind(Actor::nobody()).db().on_commit(tell("dropped"));

    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    add(&db, "kept").await.unwrap();
    db.on_commit(tell("first"));
    db.on_commit(async { panic!("in what follows") });
    let failed = db.nested(async || {
        db.on_commit(tell("in a part that fails"));
        add(&db, "undone").await?;
        Err::<(), _>(Error::Conflict)
    });
    failed.await.unwrap_err();
    db.nested(async || {
        db.on_commit(tell("in a part"));
        add(&db, "in a part").await
    })
    .await
    .unwrap();
    assert!(told.lock().unwrap().is_empty());
    drop(db);
    unit.finish(true).await.unwrap();
    // Each of them finds what was saved.
    assert_eq!(*told.lock().unwrap(), [("first", 2), ("in a part", 2)]);
}

/// CWE-400. Attack: a write of many rows, and a runtime whose only thread would wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn cwe_400_a_large_write_leaves_the_runtimes_thread() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database();
    let write = |away: bool| {
        let database = database.clone();
        let others = Arc::new(AtomicU64::new(0));
        tokio::spawn({
            let others = Arc::downgrade(&others);
            async move {
                while let Some(others) = others.upgrade() {
                    others.fetch_add(1, Ordering::Relaxed);
                    drop(others);
                    tokio::task::yield_now().await;
                }
            }
        });
        tokio::spawn(async move {
            let unit = database.bind(Actor::nobody());
            let db = unit.db();
            let service = db.acting::<Fixtures>();
            db.begin().await.unwrap();
            let _attack = (!away).then(|| without(Control::OffTheRuntime));
            let before = others.load(Ordering::Relaxed);
            let rows = (0..4_000).map(|i| NewOrganisation { name: format!("{i}") });
            Organisation::create_all(rows).save(&service).await.unwrap();
            others.load(Ordering::Relaxed) - before
        })
    };
    assert_eq!(write(false).await.unwrap(), 0, "others waited");
    assert!(write(true).await.unwrap() > 0);
}

/// CWE-400. Attack: a list that takes long, read in a unit that has the writer's turn, and a runtime whose only thread would wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn cwe_400_a_large_read_in_a_turn_leaves_the_runtimes_thread() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database();
    let unit = database.bind(Actor::nobody());
    let rows = (0..20_000).map(|i| NewOrganisation { name: format!("{i}") });
    Organisation::create_all(rows)
        .save(&unit.db().acting::<Fixtures>())
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    let read = |away: bool| {
        let database = database.clone();
        let others = Arc::new(AtomicU64::new(0));
        tokio::spawn({
            let others = Arc::downgrade(&others);
            async move {
                while let Some(others) = others.upgrade() {
                    others.fetch_add(1, Ordering::Relaxed);
                    drop(others);
                    tokio::task::yield_now().await;
                }
            }
        });
        tokio::spawn(async move {
            let unit = database.bind(Actor::nobody());
            let db = unit.db();
            let service = db.acting::<Fixtures>();
            db.begin().await.unwrap();
            let _attack = (!away).then(|| without(Control::OffTheRuntime));
            let before = others.load(Ordering::Relaxed);
            let words = |o: &Columns<Organisation>| {
                let all = (0..40).map(|i| o.name.contains(format!("x{i}")));
                all.reduce(|all, word| all | word).unwrap()
            };
            let found = Organisation::objects()
                .filter(words)
                .count(&service)
                .await
                .unwrap();
            assert_eq!(found, 0);
            others.load(Ordering::Relaxed) - before
        })
    };
    assert_eq!(read(false).await.unwrap(), 0, "others waited");
    assert!(read(true).await.unwrap() > 0);
}

/// CWE-460. Attack, or a train in a tunnel: the client hangs up while its COMMIT is on its way, and its answer is dropped. What it
/// sent is saved, so what was promised for that is done: all of it.
#[tokio::test]
async fn cwe_460_who_hangs_up_during_the_commit_does_not_undo_what_follows_it() {
    let database = database();
    let told: Arc<Mutex<Vec<u32>>> = Arc::default();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    add(&db, "sent").await.unwrap();
    for n in 0..3 {
        let told = Arc::clone(&told);
        db.on_commit(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            told.lock().unwrap().push(n);
        });
    }
    drop(db);
    polled_once(unit.finish(true)).await;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if told.lock().unwrap().len() == 3 {
            break;
        }
    }
    assert_eq!(*told.lock().unwrap(), [0, 1, 2]);
    assert_eq!(names(&database).await, ["sent"]);
}

async fn polled_once(future: impl Future) {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
}

/// CWE-460: a hook is not the commit: that it is saved is known while it still runs.
#[tokio::test]
async fn cwe_460_the_commit_is_told_before_what_follows_it() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    add(&db, "sent").await.unwrap();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    db.on_commit(async move { gone.await.unwrap() });
    drop(db);
    let following = unit.end(true).await.unwrap();
    assert_eq!(names(&database).await, ["sent"]);
    let mut done = std::pin::pin!(following.done());
    tokio::time::timeout(Duration::from_millis(50), &mut done)
        .await
        .unwrap_err();
    go.send(()).unwrap();
    done.await;
}

/// CWE-401. Attack: a request whose promise holds a handle of its own unit, and that fails, over and over. Nothing of it stays.
#[tokio::test]
async fn cwe_401_what_is_not_done_is_dropped_with_its_unit() {
    let database = database();
    let kept: Arc<()> = Arc::default();
    let promise = |db: &Db<Write>, own: Db<Write>| {
        let kept = Arc::clone(&kept);
        db.on_commit(async move { drop((own, kept)) });
    };
    for way in 0..4 {
        let unit = database.bind(Actor::nobody());
        let (late, own) = (unit.db(), unit.db());
        promise(&late, unit.db());
        match way {
            0 => unit.finish(false).await.unwrap(),
            1 => drop(unit),
            2 => {
                // A part that is dropped undoes the unit, and its promises at once.
                let (open, opened) = tokio::sync::oneshot::channel::<()>();
                let part = late.nested(async || {
                    let _ = open.send(());
                    std::future::pending::<Result<()>>().await
                });
                tokio::select! {
                    ended = part => panic!("{ended:?}"),
                    begun = opened => begun.unwrap(),
                }
                assert_eq!(Arc::strong_count(&kept), 1);
                unit.finish(true).await.unwrap_err();
            }
            _ => unit.finish(true).await.unwrap(),
        }
        promise(&late, own);
        assert_eq!(Arc::strong_count(&kept), 1, "{way}");
    }
}

/// What stands beside a part that is undone: its own part, a plain write, a promise.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Beside {
    PartBegunFirst,
    PartBegunLater,
    Write,
    Read,
    Promise,
}

/// Whether the neighbour of a part that fails was told that it is well, the unit, too; and what is there then.
async fn beside(way: Beside) -> (bool, Vec<String>) {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let promised = Arc::new(AtomicU64::new(0));
    let promise = Arc::clone(&promised);
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    let fails = async |first: Option<tokio::sync::oneshot::Receiver<()>>| {
        let part = db.nested(async || {
            add(&db, "undone").await?;
            let _ = open.send(());
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err::<(), _>(Error::Conflict)
        });
        if let Some(first) = first {
            let _ = first.await;
        }
        part.await
    };
    let told = match way {
        Beside::PartBegunFirst => {
            let (begun, is_begun) = tokio::sync::oneshot::channel();
            let neighbour = db.nested(async || {
                let _ = begun.send(());
                let _ = opened.await;
                add(&db, "neighbour").await?;
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok::<_, Error>(())
            });
            tokio::join!(neighbour, fails(Some(is_begun))).0.is_ok()
        }
        Beside::PartBegunLater => {
            let neighbour = async {
                let _ = opened.await;
                db.nested(async || add(&db, "neighbour").await).await
            };
            tokio::join!(fails(None), neighbour).1.is_ok()
        }
        Beside::Write => {
            let neighbour = async {
                let _ = opened.await;
                add(&db, "neighbour").await
            };
            tokio::join!(fails(None), neighbour).1.is_ok()
        }
        Beside::Read => {
            let neighbour = async {
                let _ = opened.await;
                Organisation::objects().count(&db.acting::<Fixtures>()).await
            };
            tokio::join!(fails(None), neighbour).1.is_ok()
        }
        Beside::Promise => {
            let neighbour = async {
                let _ = opened.await;
                db.on_commit(async move {
                    promise.fetch_add(1, Ordering::Relaxed);
                });
            };
            tokio::join!(fails(None), neighbour).0.unwrap_err();
            true
        }
    };
    drop(db);
    let saved = unit.finish(true).await.is_ok();
    if way == Beside::Promise {
        return (
            saved && promised.load(Ordering::Relaxed) == 0,
            names(&database).await,
        );
    }
    (told && saved, names(&database).await)
}

/// CWE-460. Attack, or two lines that were to be quick: in one `join!` a part fails, and its ROLLBACK takes along what its neighbour
/// wrote meanwhile, who was told that it is done. Nobody is told so: the unit fails as a whole.
#[tokio::test]
async fn cwe_460_what_stands_beside_a_part_is_not_undone_with_it_unsaid() {
    for way in [
        Beside::PartBegunFirst,
        Beside::PartBegunLater,
        Beside::Write,
        Beside::Read,
        Beside::Promise,
    ] {
        let (lied, left) = beside(way).await;
        assert!(!lied && left.is_empty(), "{way:?} {left:?}");
        let _attack = without(Control::Beside);
        let (lied, left) = beside(way).await;
        assert!(lied, "{way:?}: nothing was attacked");
        assert!(left.is_empty(), "{way:?} {left:?}");
    }
}

/// What stands in one part may be done together, and parts of two units beside each other.
#[tokio::test]
async fn what_is_joined_inside_one_part_is_done() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let told = Arc::new(AtomicU64::new(0));
    let tell = || {
        let told = Arc::clone(&told);
        async move {
            told.fetch_add(1, Ordering::Relaxed);
        }
    };
    let other = super::database();
    let (far, near) = (other.bind(Actor::nobody()), &db);
    let far_db = far.db();
    near.nested(async || {
        let far_part = far_db.nested(async || {
            near.on_commit(tell());
            let service = near.acting::<Fixtures>();
            let (one, two, far, count) = tokio::join!(
                // Boxed: what is joined in parts of parts is large otherwise, without optimisation.
                Box::pin(add(near, "one")),
                Box::pin(add(near, "two")),
                Box::pin(add(&far_db, "far")),
                Box::pin(Organisation::objects().count(&service))
            );
            one?;
            two?;
            far?;
            count?;
            let inside = near.nested(async || {
                near.on_commit(tell());
                add(near, "inside").await
            });
            Box::pin(inside).await
        });
        Box::pin(far_part).await?;
        near.on_commit(tell());
        add(near, "and after").await
    })
    .await
    .unwrap();
    near.on_commit(tell());
    add(near, "in the end").await.unwrap();
    drop((db, far_db));
    tokio::join!(unit.finish(true), far.finish(true)).0.unwrap();
    assert_eq!(names(&other).await, ["far"]);
    assert_eq!(
        names(&database).await,
        ["and after", "in the end", "inside", "one", "two"]
    );
    assert_eq!(told.load(Ordering::Relaxed), 4);
}

/// CWE-460. Attack: a part is left to a task of its own, which still has it open when the unit is finished.
#[tokio::test]
async fn cwe_460_a_unit_with_an_open_part_is_not_saved() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = Arc::new(unit.db());
    let (open, opened) = tokio::sync::oneshot::channel::<()>();
    let part = tokio::spawn({
        let db = Arc::clone(&db);
        async move {
            db.nested(async || {
                add(&db, "half").await?;
                let _ = open.send(());
                std::future::pending::<Result<()>>().await
            })
            .await
        }
    });
    opened.await.unwrap();
    unit.finish(true).await.unwrap_err();
    part.abort();
    assert!(names(&database).await.is_empty());
}
