//! Units of work: all or nothing, in turn, synced.

use std::time::Duration;

use super::*;
use crate::engine::{Database, Options};
use crate::*;

async fn add(db: &Db<Write>, name: &str) -> Result<Organisation> {
    Organisation::create(NewOrganisation { name: name.into() })
        .save(&db.acting::<Fixtures>())
        .await
}

async fn names(database: &Database) -> Vec<String> {
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let all = Organisation::objects()
        .order_by(|o| o.name.asc())
        .all(&db.acting::<Fixtures>())
        .await
        .unwrap();
    all.into_iter().map(|o| o.name).collect()
}

#[tokio::test]
async fn a_unit_is_all_or_nothing() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    add(&unit.db(), "a").await.unwrap();
    assert!(unit.has_written());
    assert!(names(&database).await.is_empty(), "others do not see it yet");
    let db = unit.db();
    assert_eq!(
        Organisation::objects()
            .count(&db.acting::<Fixtures>())
            .await
            .unwrap(),
        1,
        "its own unit does"
    );
    unit.finish(false).await.unwrap();
    assert!(names(&database).await.is_empty());
    // A handle that outlives its request is an error.
    assert!(matches!(add(&db, "late").await, Err(Error::Finished)));
    let error = Organisation::objects()
        .count(&db.acting::<Fixtures>())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Finished));

    let unit = database.bind(Actor::nobody());
    add(&unit.db(), "b").await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["b"]);
}

#[tokio::test]
async fn a_dropped_request_and_a_panic_leave_nothing() {
    let database = database();
    let dropped = tokio::spawn({
        let database = database.clone();
        async move {
            let unit = database.bind(Actor::nobody());
            add(&unit.db(), "dropped").await.unwrap();
            std::future::pending::<()>().await;
        }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    let panicked = tokio::spawn({
        let database = database.clone();
        async move {
            let unit = database.bind(Actor::nobody());
            add(&unit.db(), "panicked").await.unwrap();
            panic!("in a view");
        }
    });
    assert!(panicked.await.unwrap_err().is_panic());
    let unit = database.bind(Actor::nobody());
    add(&unit.db(), "kept").await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["kept"]);
}

/// One unit's failure is not another's, though they share a COMMIT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_share_a_commit_and_not_a_fate() {
    let database = database();
    let tasks: Vec<_> = (0..64)
        .map(|i| {
            let database = database.clone();
            tokio::spawn(async move {
                let unit = database.bind(Actor::nobody());
                add(&unit.db(), &format!("{i:02}")).await?;
                tokio::task::yield_now().await;
                unit.finish(i % 3 != 0).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let expected: Vec<_> = (0..64)
        .filter(|i| i % 3 != 0)
        .map(|i| format!("{i:02}"))
        .collect();
    assert_eq!(names(&database).await, expected);
}

/// What is acknowledged is in the file: another connection sees it when `finish` returns.
#[tokio::test]
async fn no_answer_before_its_commit() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database();
    let other = rusqlite::Connection::open(database.path()).unwrap();
    let count = || {
        other
            .query_row("SELECT count(*) FROM organisation", [], |row| {
                row.get::<_, i64>(0)
            })
            .unwrap()
    };
    for i in 1..=5 {
        let unit = database.bind(Actor::nobody());
        add(&unit.db(), &i.to_string()).await.unwrap();
        assert_eq!(count(), i - 1);
        unit.finish(true).await.unwrap();
        assert_eq!(count(), i);
    }
    let synchronous: i64 = {
        let writer = database.sqlite().writer.lock().await;
        writer
            .connection
            .bare(|sqlite| sqlite.query_row("PRAGMA synchronous", [], |row| row.get(0)))
            .unwrap()
    };
    assert_eq!(synchronous, 2, "FULL: a power cut loses nothing acknowledged");
}

/// CWE-400: waiting for the turn and holding it are bounded.
#[tokio::test]
async fn waiting_and_holding_are_bounded() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let options = Options {
        wait: Duration::from_millis(60),
        hold: Duration::from_millis(200),
        models: MODELS(),
        services: super::rights::services(),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&MODELS()).unwrap();
    let holder = database.bind(Actor::nobody());
    add(&holder.db(), "held").await.unwrap();
    let waiting = database.bind(Actor::nobody());
    let error = add(&waiting.db(), "waits").await.unwrap_err();
    assert_eq!(error.status(), 503);
    tokio::time::sleep(Duration::from_millis(300)).await;
    add(&waiting.db(), "later").await.unwrap();
    waiting.finish(true).await.unwrap();
    let error = add(&holder.db(), "too late").await.unwrap_err();
    assert_eq!(error.status(), 503);
    assert!(
        holder.finish(true).await.is_err(),
        "its write was undone, so it must not be acknowledged"
    );
    assert_eq!(names(&database).await, ["later"]);
}

/// What must survive a refusal is a unit of its own.
#[tokio::test]
async fn an_bind_survives() {
    let database = database();
    let request = database.bind(Actor::nobody());
    let counter = database.bind(Actor::nobody());
    add(&counter.db(), "counted").await.unwrap();
    counter.finish(true).await.unwrap();
    add(&request.db(), "refused").await.unwrap();
    request.finish(false).await.unwrap();
    assert_eq!(names(&database).await, ["counted"]);
}

/// The second wall behind the types: the connection that reads cannot write.
#[tokio::test]
async fn readers_cannot_write() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database();
    for sql in [
        "INSERT INTO organisation VALUES (x'00', 'x', 1)",
        "DROP TABLE task",
        "PRAGMA query_only = OFF; DELETE FROM task",
    ] {
        let result = database
            .sqlite()
            .read_inline(|c| c.bare(|sqlite| sqlite.execute_batch(sql)));
        assert!(result.is_err(), "{sql}");
    }
}

/// Deferred constraints would fail everybody's COMMIT: the tables have none.
#[tokio::test]
async fn constraints_are_immediate() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database();
    let sql: String = database
        .sqlite()
        .read_inline(|c| {
            let all = "SELECT group_concat(sql) FROM sqlite_schema";
            c.bare(|sqlite| sqlite.query_row(all, [], |row| row.get(0)))
        })
        .unwrap();
    assert!(sql.contains("REFERENCES") && !sql.to_uppercase().contains("DEFERR"));
    assert!(sql.contains("STRICT"));
}

#[tokio::test]
async fn reads_before_the_first_write_see_others() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let count = async || {
        Organisation::objects()
            .count(&db.acting::<Fixtures>())
            .await
            .unwrap()
    };
    assert_eq!(count().await, 0);
    let other = database.bind(Actor::nobody());
    add(&other.db(), "other").await.unwrap();
    other.finish(true).await.unwrap();
    assert_eq!(count().await, 1);
    db.begin().await.unwrap();
    assert!(unit.has_written());
    assert_eq!(count().await, 1);
}

#[test]
fn urls_are_of_three_forms() {
    for bad in [
        "",
        "postgres://x",
        "sqlite:",
        "sqlite://x",
        "sqlite:///",
        "sqlite:///tmp/x?mode=memory",
    ] {
        assert!(Database::open(bad, Options::default()).is_err(), "{bad}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.sqlite3");
    let database = Database::open(&format!("sqlite://{}", path.display()), Options::default()).unwrap();
    assert_eq!(database.path(), path);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "CWE-732");
    }
}

/// Another process that writes is waited for, within the bound; reads go on.
#[tokio::test]
async fn another_process_is_waited_for() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let options = Options {
        wait: Duration::from_millis(80),
        models: MODELS(),
        services: super::rights::services(),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&MODELS()).unwrap();
    let other = rusqlite::Connection::open(database.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let unit = database.bind(Actor::nobody());
    let error = add(&unit.db(), "waits").await.unwrap_err();
    assert_eq!(error.status(), 503);
    assert!(names(&database).await.is_empty());
    let (_, added) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            other.execute_batch("COMMIT").unwrap();
        },
        async { add(&unit.db(), "came").await }
    );
    added.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["came"]);
}

/// Two statements of one unit at once take one turn, not two: the second would wait for the first for ever.
#[tokio::test]
async fn a_unit_does_not_wait_for_itself() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let (a, b) = tokio::join!(add(&db, "a"), add(&db, "b"));
    a.and(b).unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["a", "b"]);
}

/// A statement that fails leaves its unit as it was: a taken name can be answered with the form again.
#[tokio::test]
async fn a_refused_statement_does_not_spoil_its_unit() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let new = |slug: &str| NewArticle {
        title: "t".into(),
        slug: slug.parse().unwrap(),
        author: site.ann.id,
        editor: None,
    };
    Article::create(new("one")).save(&db).await.unwrap();
    assert_eq!(
        Article::create(new("public"))
            .save(&db)
            .await
            .unwrap_err()
            .status(),
        409
    );
    Article::create(new("two")).save(&db).await.unwrap();
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ann);
    assert_eq!(Article::objects().count(&unit.read_db()).await.unwrap(), 4);
}

/// CWE-400. Attack: forty clients ask for deep pages, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_reads_do_not_starve_short_ones() {
    if !crate::tests::on::sqlite() {
        return;
    }
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let options = Options {
        steps: 4_000_000,
        wait: Duration::from_secs(120),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    let read = |database: &Database, rows: u32| {
        let database = database.clone();
        async move {
            let sql = format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {rows}) SELECT max(i) FROM n"
            );
            let read = database.sqlite().read_on_thread(u64::from(rows), move |c| {
                c.bare(|sqlite| sqlite.query_row(&sql, [], |r| r.get::<_, i64>(0)))
            });
            read.await
        }
    };
    let ended = Arc::new(AtomicUsize::new(0));
    let deep: Vec<_> = (0..40)
        .map(|_| {
            let (ended, read) = (Arc::clone(&ended), read(&database, u32::MAX));
            tokio::spawn(async move {
                let result = read.await;
                ended.fetch_add(1, Ordering::SeqCst);
                result
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..3 {
        assert_eq!(read(&database, 100).await.unwrap(), 100);
    }
    let before = ended.load(Ordering::SeqCst);
    assert!(
        before < 35,
        "short reads waited until {before} deep ones had ended"
    );
    for task in deep {
        // Each ends: with its limit or with "busy", never by waiting for ever.
        assert_eq!(task.await.unwrap().unwrap_err().status(), 503);
    }
}

/// CWE-400. Attack: twenty clients ask for the deepest page of a list that no index orders, for ever, while its first
/// page costs more than the short lane allows. Counted in turns, not in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_pages_do_not_starve_the_first_one_where_both_are_deep() {
    if !crate::tests::on::sqlite() {
        return;
    }
    use std::sync::atomic::{AtomicUsize, Ordering};
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    let options = Options {
        inline_steps: 1_000,
        short_steps: 20_000,
        wait: Duration::from_secs(60),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&MODELS()).unwrap();
    let sqlite = rusqlite::Connection::open(database.path()).unwrap();
    sqlite
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 12000) \
             INSERT INTO user (id, email, is_staff, is_secret, row_version) SELECT randomblob(16), i || '@example.com', 0, 0, 1 FROM n",
        )
        .unwrap();
    let page = async |database: &Database, number: u32| {
        let unit = database.bind(Actor::nobody());
        let users = User::objects().order_by(|u| u.is_staff.desc()).per_page(50);
        users
            .page(&unit.read_db(), number)
            .await
            .map(|page| page.rows.len())
    };
    // Both are known.
    assert_eq!(page(&database, 1).await.unwrap(), 50);
    assert_eq!(page(&database, 200).await.unwrap(), 50);
    let deep: Vec<_> = (0..20)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let unit = database.bind(Actor::nobody());
                    let users = User::objects().order_by(|u| u.is_staff.desc()).per_page(50);
                    users.page(&unit.read_db(), 200).await.unwrap();
                    ENDED.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    while ENDED.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let before = ENDED.load(Ordering::SeqCst);
    page(&database, 1).await.unwrap();
    let waited = ENDED.load(Ordering::SeqCst) - before;
    assert!(waited <= 6, "the first page waited for {waited} deep ones");
    for task in deep {
        task.await.unwrap();
    }
}

/// CWE-400, CWE-407: a long pattern over long texts is work that counts.
#[tokio::test]
async fn a_search_counts() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let options = Options {
        short_steps: 100_000,
        steps: 200_000,
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    let search = database.sqlite().read_on_thread(0, |c| {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000), \
             t(x) AS MATERIALIZED (SELECT replace(hex(zeroblob(20000)), '00', 'a')) \
             SELECT sum(instr(x, replace(hex(zeroblob(4000)), '00', 'a') || 'b' || i)) FROM n, t";
        c.bare(|sqlite| sqlite.query_row(sql, [], |row| row.get::<_, i64>(0)))
    });
    assert!(matches!(search.await, Err(Error::TooMuchWork)));
}

/// A database whose file is deleted, moved away or replaced acknowledges nothing that the next start would not find.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_file_saves_nothing_and_says_so() {
    use std::path::PathBuf;
    type Ruin = fn(&PathBuf);
    let ruins: [Ruin; 4] = [
        |path| std::fs::remove_file(path).unwrap(),
        |path| std::fs::rename(path, path.with_extension("away")).unwrap(),
        |path| {
            std::fs::copy(path, path.with_extension("backup")).unwrap();
            std::fs::rename(path.with_extension("backup"), path).unwrap();
        },
        |path| {
            let mut log = path.clone().into_os_string();
            log.push("-wal");
            std::fs::remove_file(log).unwrap();
        },
    ];
    for (i, ruin) in ruins.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.sqlite3");
        let database = Database::open(
            &format!("sqlite://{}", path.display()),
            Options {
                services: super::rights::services(),
                ..Options::default()
            },
        )
        .unwrap();
        database.create_all(&[Organisation::meta()]).unwrap();
        let add = async |name: &str| {
            let unit = database.bind(Actor::nobody());
            let saved = add(&unit.db(), name).await;
            match saved {
                Ok(_) => unit.finish(true).await,
                Err(error) => Err(error),
            }
        };
        add("a").await.unwrap();
        ruin(&path);
        let refused = add("b").await.unwrap_err();
        assert_eq!(refused.status(), 503, "{i}: {refused}");
        // Readers, and with them the health page, know it as well.
        let unit = database.bind(Actor::nobody());
        let read = Organisation::objects()
            .count(&unit.read_db().acting::<Fixtures>())
            .await;
        assert_eq!(read.unwrap_err().status(), 503, "{i}");
    }
}

/// Enough rows for a write that does not end within its work.
fn many_users(database: &Database) {
    let sqlite = rusqlite::Connection::open(database.path()).unwrap();
    sqlite
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) \
             INSERT INTO user (id, email, is_staff, is_secret, row_version) SELECT randomblob(16), i || '@example.com', 0, 0, 1 FROM n",
        )
        .unwrap();
}

fn little_work() -> Database {
    let database = Database::open(
        "sqlite::memory:",
        Options {
            steps: 100_000,
            models: MODELS(),
            services: super::rights::services(),
            ..Options::default()
        },
    )
    .unwrap();
    database.create_all(&MODELS()).unwrap();
    many_users(&database);
    database
}

/// A write that the work limit interrupts, with which the database rolls its whole transaction back.
async fn interrupted(db: &Db<Write>) -> Error {
    let service = db.acting::<Fixtures>();
    let all = User::objects().change_all(&service, |u| [u.is_secret.set(true)]);
    all.await.unwrap_err()
}

/// CWE-460. Attack: a write that does not end, and another one after it: half of the unit stays.
#[tokio::test]
async fn cwe_460_a_unit_that_the_database_rolled_back_is_dead() {
    let database = little_work();
    for commit in [true, false] {
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        add(&db, "before").await.unwrap();
        assert!(matches!(interrupted(&db).await, Error::TooMuchWork));
        // Whatever is done next is not done, nor is anything read as if it were.
        let errors = [
            add(&db, "after").await.map(drop).unwrap_err(),
            interrupted(&db).await,
            db.begin().await.unwrap_err(),
            Organisation::objects()
                .count(&db.acting::<Fixtures>())
                .await
                .map(drop)
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.status(), 503, "{error}");
            assert!(error.to_string().contains("nothing of it is saved"), "{error}");
        }
        assert_eq!(unit.finish(commit).await.is_err(), commit);
        assert!(names(&database).await.is_empty());
    }
    // The writer is free at once, and as it was.
    let unit = database.bind(Actor::nobody());
    add(&unit.db(), "next").await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["next"]);
    {
        let _attack = without(Control::Undone);
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        add(&db, "first half").await.unwrap();
        interrupted(&db).await;
        add(&db, "second half").await.unwrap();
        unit.finish(false).await.unwrap();
    }
    assert_eq!(
        names(&database).await,
        ["next", "second half"],
        "half of a unit, undone, stays"
    );
}

/// A stranger whose unit waited for the same COMMIT is told to come again; nothing of it is saved.
#[tokio::test]
async fn a_stranger_that_shared_the_commit_is_told_to_come_again() {
    let database = little_work();
    let stranger = database.bind(Actor::nobody());
    add(&stranger.db(), "stranger").await.unwrap();
    let next = tokio::spawn({
        let database = database.clone();
        async move {
            let unit = database.bind(Actor::nobody());
            add(&unit.db(), "next").await.unwrap();
            let error = interrupted(&unit.db()).await;
            (error.status(), unit.finish(true).await.is_err())
        }
    });
    // It waits for the turn, before whoever commits.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = stranger.finish(true).await.unwrap_err();
    assert!(matches!(error, Error::Busy(_)), "{error:?}");
    assert_eq!(error.status(), 503);
    assert!(error.to_string().contains("send it again"), "{error}");
    assert_eq!(next.await.unwrap(), (503, true));
    assert!(names(&database).await.is_empty());
    // Sent again, it is saved.
    let again = database.bind(Actor::nobody());
    add(&again.db(), "stranger").await.unwrap();
    again.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["stranger"]);
}

/// A full disk ends a unit as well.
#[tokio::test]
async fn a_full_disk_ends_the_unit() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = database();
    let pages = async |most: u32| {
        let writer = database.sqlite().writer.lock().await;
        let pages: i64 = writer
            .connection
            .bare(|sqlite| sqlite.query_row("PRAGMA page_count", [], |row| row.get(0)))
            .unwrap();
        let most = pages + i64::from(most);
        writer
            .connection
            .bare(|sqlite| sqlite.pragma_update(None, "max_page_count", most))
            .unwrap();
    };
    pages(2).await;
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let mut error = None;
    for i in 0..10_000 {
        if let Err(full) = add(&db, &format!("{i} {}", "x".repeat(90))).await {
            error = Some(full);
            break;
        }
    }
    let error = error.unwrap();
    assert_eq!(error.status(), 503, "{error}");
    pages(1_000_000).await;
    // Whether the database rolled back the unit or its last statement: it is whole or it is not.
    let after = add(&db, "after").await;
    let saved = unit.finish(true).await;
    assert_eq!(after.is_ok(), saved.is_ok());
    let names = names(&database).await;
    assert_eq!(names.is_empty(), saved.is_err(), "{names:?}");
}
