//! What the ORM costs beside tokio-postgres with prepared statements, written by hand, over the same socket: ratios of one run, round
//! by round in turn, on a PostgreSQL of its own.
//! `cargo run --release -p vauban-orm --features postgres --example ratio_postgres [-- generic]`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    deprecated
)]

use std::hint::black_box;
use std::time::Instant;

use tokio_postgres::{Client, Statement};
use vauban_orm::engine::{Database, Options, Unit};
use vauban_orm::*;

#[path = "ratio_postgres/by_hand.rs"]
mod by_hand;
mod models;
use by_hand::{Micros, Uid, post_of};
use models::{NewPost, NewUser, Post, User};

/// Rounds of each measurement; the median counts.
const ROUNDS: usize = 21;
/// Rows that are gone through.
const MANY: i64 = 100_000;

/// The two sides, and what both read.
struct Sides {
    client: Client,
    database: Database,
    ids: Vec<Id<Post>>,
    author: Id<User>,
}

/// Both `times` times a round, in turn; prints microseconds a call and the median of the rounds' ratios.
async fn pair(what: &str, times: usize, by_hand: impl AsyncFn(usize), orm: impl AsyncFn(usize)) {
    let (mut hand, mut own, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let first = Instant::now();
        for i in 0..times {
            by_hand(round * times + i).await;
        }
        let one = first.elapsed().as_secs_f64();
        let second = Instant::now();
        for i in 0..times {
            orm(round * times + i).await;
        }
        let other = second.elapsed().as_secs_f64();
        // The first round prepares.
        if round > 0 {
            hand.push(one * 1e6 / times as f64);
            own.push(other * 1e6 / times as f64);
            ratios.push(other / one);
        }
    }
    let median = |all: &mut Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "{what:<34} by hand {:9.1} µs   orm {:9.1} µs   ratio {:.2} ({:.2}–{:.2})",
        median(&mut hand),
        median(&mut own),
        median(&mut ratios),
        ratios[ROUNDS / 4],
        ratios[ROUNDS * 3 / 4]
    );
}

fn someone() -> Actor {
    Binder::__for_the_sites_identity().user(UserFacts {
        id: uuid::Uuid::nil(),
        is_staff: false,
        is_superuser: false,
    })
}

impl Sides {
    async fn new(url: &str) -> Self {
        let models = vec![User::meta(), Post::meta()];
        let options = Options {
            models: models.clone(),
            log_queries: false,
            ..Options::default()
        };
        let database = Database::open(url, options).unwrap();
        database.create_all(&models).unwrap();
        let unit = database.bind(Actor::nobody());
        let people = (0..100).map(|i| NewUser {
            name: format!("user {i}"),
        });
        let people = User::create_all(people.collect::<Vec<_>>())
            .save(&unit.db())
            .await
            .unwrap();
        unit.finish(true).await.unwrap();
        let mut ids = Vec::new();
        for thousand in 0..MANY / 1_000 {
            let unit = database.bind(Actor::nobody());
            let posts = (0..1_000).map(|i| post(thousand * 1_000 + i, people[i as usize % 100].id));
            let made = Post::create_all(posts.collect::<Vec<_>>())
                .save(&unit.db())
                .await
                .unwrap();
            ids.extend(made.iter().map(|post| post.id));
            unit.finish(true).await.unwrap();
        }
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute("ANALYZE; SET jit = off").await.unwrap();
        Self {
            client,
            database,
            ids,
            author: people[0].id,
        }
    }

    fn unit(&self) -> Unit {
        self.database.bind(someone())
    }

    fn id(&self, i: usize) -> Id<Post> {
        self.ids[i * 7_919 % self.ids.len()]
    }

    async fn prepared(&self, sql: &str) -> Statement {
        self.client.prepare(sql).await.unwrap()
    }

    async fn reads(&self) {
        let client = &self.client;
        let unit = self.unit();
        let db = unit.read_db();
        let row = self.prepared(by_hand::ROW).await;
        pair(
            "row by id",
            1_000,
            async |i| {
                let id = Uid(self.id(i).uuid());
                black_box(post_of(&client.query_one(&row, &[&id]).await.unwrap()));
            },
            async |i| {
                let id = self.id(i);
                black_box(Post::objects().get(&db, |p| p.id.eq(id)).await.unwrap());
            },
        )
        .await;
        let fifty = self.prepared(by_hand::FIFTY).await;
        pair(
            "50 rows joined",
            200,
            async |_| {
                let rows = client.query(&fifty, &[]).await.unwrap();
                let all = rows.iter().map(|row| {
                    let author: Uid = row.get(6);
                    (post_of(row), author, row.get::<_, String>(7))
                });
                assert_eq!(black_box(all.collect::<Vec<_>>()).len(), 50);
            },
            async |_| {
                let query = Post::objects().related(|p| &p.author);
                let query = query.order_by(|p| p.created.desc()).limit(50);
                assert_eq!(black_box(query.all(&db).await.unwrap()).len(), 50);
            },
        )
        .await;
        let (name, newest) = (
            self.prepared(by_hand::NAME).await,
            self.prepared(by_hand::NEWEST).await,
        );
        pair(
            "three independent reads, joined",
            500,
            async |i| {
                let (id, author) = (Uid(self.id(i).uuid()), Uid(self.author.uuid()));
                let (ids, authors) = ([&id as _], [&author as _]);
                let (one, two, three) = tokio::join!(
                    client.query_one(&row, &ids),
                    client.query_one(&name, &authors),
                    client.query(&newest, &[]),
                );
                black_box((post_of(&one.unwrap()), two.unwrap().get::<_, String>(1)));
                black_box(three.unwrap().iter().map(post_of).collect::<Vec<_>>());
            },
            async |i| {
                let id = self.id(i);
                let newest = Post::objects().order_by(|p| p.created.desc()).limit(5);
                let (one, two, three) = tokio::join!(
                    Post::objects().get(&db, |p| p.id.eq(id)),
                    User::objects().get(&db, |u| u.id.eq(self.author)),
                    newest.all(&db),
                );
                black_box((one.unwrap(), two.unwrap(), three.unwrap()));
            },
        )
        .await;
    }

    /// Transactions by hand are serializable, as those of units are.
    async fn writes(&self) {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";
        let client = &self.client;
        let insert = self.prepared(by_hand::INSERT).await;
        let put = async |i: usize| {
            let new = post(i as i64, self.author);
            let (id, created) = (Uid(Id::<Post>::new().uuid()), Micros(new.created.micros()));
            let author = Uid(new.author.uuid());
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&id, &new.title, &new.score, &new.published, &created, &author];
            client.execute(&insert, &values).await.unwrap();
        };
        pair(
            "insert, a unit of its own",
            200,
            async |i| {
                client.batch_execute(BEGIN).await.unwrap();
                put(i).await;
                client.batch_execute("COMMIT").await.unwrap();
            },
            async |i| {
                let unit = self.unit();
                black_box(
                    Post::create(post(i as i64, self.author))
                        .save(&unit.db())
                        .await
                        .unwrap(),
                );
                unit.finish(true).await.unwrap();
            },
        )
        .await;
        pair(
            "100 inserts in one unit",
            2,
            async |_| {
                client.batch_execute(BEGIN).await.unwrap();
                for i in 0..100 {
                    put(i).await;
                }
                client.batch_execute("COMMIT").await.unwrap();
            },
            async |_| {
                let unit = self.unit();
                let db = unit.db();
                for i in 0..100 {
                    Post::create(post(i, self.author)).save(&db).await.unwrap();
                }
                unit.finish(true).await.unwrap();
            },
        )
        .await;
        let (row, update) = (
            self.prepared(by_hand::ROW).await,
            self.prepared(by_hand::UPDATE).await,
        );
        pair(
            "read, then update",
            200,
            async |i| {
                let id = Uid(self.id(i).uuid());
                client.batch_execute(BEGIN).await.unwrap();
                let read = client.query_one(&row, &[&id]).await.unwrap();
                let (_, version) = (post_of(&read), read.get::<_, i64>(6));
                let score = i as i64;
                let changed = client.execute(&update, &[&score, &id, &version]).await.unwrap();
                assert_eq!(changed, 1);
                client.batch_execute("COMMIT").await.unwrap();
            },
            async |i| {
                let (unit, id) = (self.unit(), self.id(i));
                let db = unit.db();
                db.begin().await.unwrap();
                let row = Post::objects().get_to_change(&db, |p| p.id.eq(id)).await.unwrap();
                row.change(&db, |p| [p.score.set(i as i64)]).await.unwrap();
                unit.finish(true).await.unwrap();
            },
        )
        .await;
        let bulk = self.prepared(by_hand::BULK).await;
        pair(
            "1,000 rows in one statement",
            2,
            async |_| {
                let new: Vec<_> = (0..1_000).map(|i| post(i, self.author)).collect();
                let ids: Vec<_> = new.iter().map(|_| Uid(Id::<Post>::new().uuid())).collect();
                let titles: Vec<_> = new.iter().map(|post| post.title.as_str()).collect();
                let scores: Vec<_> = new.iter().map(|post| post.score).collect();
                let published: Vec<_> = new.iter().map(|post| post.published).collect();
                let created: Vec<_> = new.iter().map(|post| Micros(post.created.micros())).collect();
                let authors: Vec<_> = new.iter().map(|post| Uid(post.author.uuid())).collect();
                client.batch_execute(BEGIN).await.unwrap();
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                    [&ids, &titles, &scores, &published, &created, &authors];
                assert_eq!(client.execute(&bulk, &values).await.unwrap(), 1_000);
                client.batch_execute("COMMIT").await.unwrap();
            },
            async |_| {
                let unit = self.unit();
                let new: Vec<_> = (0..1_000).map(|i| post(i, self.author)).collect();
                let made = Post::create_all(new).save(&unit.db()).await.unwrap();
                assert_eq!(made.len(), 1_000);
                unit.finish(true).await.unwrap();
            },
        )
        .await;
    }

    async fn stream(&self) {
        use std::pin::pin;
        let all = self.prepared(by_hand::ALL).await;
        let unit = self.unit();
        let db = unit.read_db();
        let before = resident();
        pair(
            "100,000 rows, gone through",
            1,
            async |_| {
                let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
                let mut rows = pin!(self.client.query_raw(&all, none).await.unwrap());
                let mut sum = 0;
                while let Some(row) =
                    std::future::poll_fn(|cx| futures_core::Stream::poll_next(rows.as_mut(), cx)).await
                {
                    sum += post_of(&row.unwrap()).score;
                }
                black_box(sum);
            },
            async |_| {
                let (mut sum, mut posts) = (0, Post::objects().chunks(4_000));
                while let Some(some) = posts.next(&db).await.unwrap() {
                    sum += some.iter().map(|post| post.score).sum::<i64>();
                }
                black_box(sum);
            },
        )
        .await;
        println!(
            "memory meanwhile: {before} KiB before, {} KiB behind it",
            resident()
        );
    }
}

/// What the process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn post(i: i64, author: Id<User>) -> NewPost {
    NewPost {
        title: format!("The title of post {i}"),
        score: i,
        published: true,
        created: DateTime::from_micros(1_700_000_000_000_000 + i).unwrap(),
        author,
    }
}

fn main() {
    let server = cluster::database();
    // What of it is planning: with `generic` no statement is planned for its values, on either side.
    if std::env::args().any(|argument| argument == "generic") {
        server.run(&format!(
            "ALTER DATABASE \"{}\" SET plan_cache_mode = force_generic_plan",
            server.name()
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let sides = Sides::new(&server.url()).await;
        let only: Vec<_> = std::env::args()
            .skip(1)
            .filter(|part| part != "generic")
            .collect();
        let is_asked_for = |part: &str| only.is_empty() || only.iter().any(|one| one == part);
        if is_asked_for("reads") {
            sides.reads().await;
        }
        if is_asked_for("stream") {
            sides.stream().await;
        }
        if is_asked_for("writes") {
            sides.writes().await;
        }
    });
}
