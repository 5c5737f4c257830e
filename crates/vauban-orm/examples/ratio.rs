//! What the ORM costs beside bare rusqlite with prepared statements, on the same file, as ratios of one run:
//! `cargo run --release -p vauban-orm --example ratio`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    deprecated
)]

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use vauban_orm::engine::{Database, Options};
use vauban_orm::*;

mod models;
use models::{NewPost, NewUser, Post, User};

#[allow(dead_code)]
struct Bare {
    id: uuid::Uuid,
    title: String,
    score: i64,
    published: bool,
    created: jiff::Timestamp,
    author: uuid::Uuid,
}

fn bare(row: &rusqlite::Row<'_>) -> rusqlite::Result<Bare> {
    let id = |i| -> rusqlite::Result<uuid::Uuid> {
        Ok(uuid::Uuid::from_slice(row.get_ref(i)?.as_blob().unwrap()).unwrap())
    };
    Ok(Bare {
        id: id(0)?,
        title: row.get(1)?,
        score: row.get(2)?,
        published: row.get(3)?,
        created: jiff::Timestamp::from_microsecond(row.get(4)?).unwrap(),
        author: id(5)?,
    })
}

/// Reads in place never wait, so they can be polled by hand: no run time in the figures.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a read in place waited"),
    }
}

/// Nanoseconds a call, the least of several rounds, taken in turn.
fn pair(times: u32, mut a: impl FnMut(usize), mut b: impl FnMut(usize)) -> (f64, f64) {
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..7 {
        let start = Instant::now();
        (0..times as usize).for_each(&mut a);
        best.0 = best.0.min(start.elapsed().as_nanos() as f64 / f64::from(times));
        let start = Instant::now();
        (0..times as usize).for_each(&mut b);
        best.1 = best.1.min(start.elapsed().as_nanos() as f64 / f64::from(times));
    }
    best
}

/// The benchmark is its own identity.
fn binder() -> Binder {
    Binder::__for_the_sites_identity()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let models = vec![User::meta(), Post::meta()];
    let options = Options {
        models: models.clone(),
        log_queries: false,
        ..Options::default()
    };
    let database = Database::open("sqlite::memory:", options).unwrap();
    database.create_all(&models).unwrap();
    let ids: Vec<_> = runtime.block_on(async {
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        let mut users = Vec::new();
        for i in 0..100 {
            users.push(
                User::create(NewUser {
                    name: format!("user {i}"),
                })
                .save(&db)
                .await
                .unwrap()
                .id,
            );
        }
        let mut ids = Vec::new();
        for i in 0..10_000 {
            let new = NewPost {
                title: format!("The title of post {i}"),
                score: i,
                published: true,
                created: DateTime::from_micros(1_700_000_000_000_000 + i).unwrap(),
                author: users[i as usize % 100],
            };
            ids.push(Post::create(new).save(&db).await.unwrap().id);
        }
        unit.finish(true).await.unwrap();
        ids
    });
    let c = rusqlite::Connection::open(database.path()).unwrap();
    let unit = database.bind(binder().user(UserFacts {
        id: uuid::Uuid::nil(),
        is_staff: false,
        is_superuser: false,
    }));
    let db = unit.read_db();

    let (raw, orm) = pair(
        20_000,
        |i| {
            let id = ids[i * 7919 % 10_000].uuid();
            let mut s = c
                .prepare_cached("SELECT id, title, score, published, created, author_id FROM post WHERE id = ? AND published = 1")
                .unwrap();
            black_box(s.query_row([id.as_bytes()], bare).unwrap());
        },
        |i| {
            let id = ids[i * 7919 % 10_000];
            black_box(now(Post::objects().get(&db, |p| p.id.eq(id))).unwrap());
        },
    );
    println!(
        "row by id          bare {raw:8.0} ns   orm {orm:8.0} ns   ratio {:.2}",
        orm / raw
    );

    let (raw, orm) = pair(
        1_000,
        |_| {
            let mut s = c
                .prepare_cached(
                    "SELECT p.id, p.title, p.score, p.published, p.created, p.author_id, u.id, u.name FROM post p \
                     LEFT JOIN user u ON u.id = p.author_id WHERE p.published = 1 ORDER BY p.created DESC, p.id DESC LIMIT 50",
                )
                .unwrap();
            let rows = s
                .query_map([], |row| {
                    Ok((bare(row)?, row.get::<_, [u8; 16]>(6)?, row.get::<_, String>(7)?))
                })
                .unwrap();
            black_box(rows.collect::<Result<Vec<_>, _>>().unwrap());
        },
        |_| {
            let query = Post::objects()
                .related(|p| &p.author)
                .order_by(|p| p.created.desc())
                .limit(50);
            assert_eq!(black_box(now(query.all(&db)).unwrap()).len(), 50);
        },
    );
    println!(
        "50 rows joined     bare {raw:8.0} ns   orm {orm:8.0} ns   ratio {:.2}",
        orm / raw
    );

    let author = {
        let unit = database.bind(Actor::nobody());
        now(User::objects().first(&unit.read_db())).unwrap().unwrap().id
    };
    let new = |i: usize| NewPost {
        title: format!("The title of post {i}"),
        score: i as i64,
        published: true,
        created: DateTime::from_micros(1_800_000_000_000_000).unwrap(),
        author,
    };
    // Inside one transaction each, undone at the end: the statement and not the disk.
    let raw = {
        c.execute_batch("PRAGMA foreign_keys = ON; BEGIN IMMEDIATE")
            .unwrap();
        let start = Instant::now();
        for i in 0..10_000 {
            let new = new(i);
            let mut s = c
                .prepare_cached("INSERT INTO post VALUES (?, ?, ?, ?, ?, ?, 1)")
                .unwrap();
            s.execute(rusqlite::params![
                Id::<Post>::new().uuid().as_bytes(),
                new.title,
                new.score,
                new.published,
                new.created.micros(),
                new.author.uuid().as_bytes()
            ])
            .unwrap();
        }
        let raw = start.elapsed().as_nanos() as f64 / 10_000.0;
        c.execute_batch("ROLLBACK").unwrap();
        raw
    };
    let orm = runtime.block_on(async {
        let unit = database.bind(binder().user(UserFacts {
            id: uuid::Uuid::nil(),
            is_staff: false,
            is_superuser: false,
        }));
        let db = unit.db();
        db.begin().await.unwrap();
        let start = Instant::now();
        for i in 0..10_000 {
            black_box(Post::create(new(i)).save(&db).await.unwrap());
        }
        let orm = start.elapsed().as_nanos() as f64 / 10_000.0;
        unit.finish(false).await.unwrap();
        orm
    });
    println!(
        "insert, checked    bare {raw:8.0} ns   orm {orm:8.0} ns   ratio {:.2}",
        orm / raw
    );

    let (one, three) = pair(
        5_000,
        |i| drop(black_box(Post::objects().filter(|p| p.score.eq(i as i64)))),
        |i| {
            let query = Post::objects()
                .filter(|p| p.score.eq(i as i64) & (p.published.eq(true) | p.score.lt(3)) & !p.score.gt(9));
            drop(black_box(query));
        },
    );
    println!("a query with one condition {one:4.0} ns, with four {three:4.0} ns");

    let units = 20_000_u32;
    let start = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..64)
            .map(|t| {
                let database = database.clone();
                tokio::spawn(async move {
                    for i in 0..units / 64 {
                        let unit = database.bind(Actor::nobody());
                        let new = NewPost {
                            title: format!("{t} {i}"),
                            score: 1,
                            published: true,
                            created: DateTime::now(),
                            author,
                        };
                        Post::create(new).save(&unit.db()).await.unwrap();
                        unit.finish(true).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    println!(
        "units of one insert, 64 tasks, synchronous=FULL: {:.0}/s",
        f64::from(units) / start.elapsed().as_secs_f64()
    );
}
