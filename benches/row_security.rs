//! What row-level security costs: the same statements of the ORM on a PostgreSQL that has the models' rules as policies of its own and
//! on one that has not, in turn, one after the other on one task. Read the ratios.
//!
//! `cargo bench -p vauban-orm --features postgres --bench row_security`; `-- ROUNDS` for more than 15.
#![allow(deprecated, reason = "a measuring program opens the database by itself")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measuring program"
)]

use std::time::Instant;

use vauban_macros::Model;
use vauban_orm::engine::{Database, Options, OwnersUrl};
use vauban_orm::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, user)]
struct User {
    id: Id<User>,
    #[field(max_length = 100)]
    name: String,
}
impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// Its rules are about its own columns.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, index(created))]
struct Article {
    id: Id<Article>,
    #[field(max_length = 100)]
    title: String,
    #[field(owner)]
    author: ForeignKey<User>,
    published: bool,
    #[field(auto_now_add)]
    created: DateTime,
}
impl Policy for Article {
    fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
        let mine = a.author.is(who);
        Rules {
            view: a.published.eq(true) | mine.clone(),
            ..Rules::owner(mine)
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(members: Member.organisation))]
struct Organisation {
    id: Id<Organisation>,
    #[field(max_length = 100)]
    name: String,
}
impl Policy for Organisation {
    fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: o.members.any(|m| m.user.is(who)),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, unique(user, organisation))]
struct Member {
    id: Id<Member>,
    organisation: ForeignKey<Organisation>,
    user: ForeignKey<User>,
}
impl Policy for Member {
    fn rules(who: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: m.user.is(who),
            ..Rules::none()
        }
    }
}

/// Its rules read members.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, index(organisation, created))]
struct Task {
    id: Id<Task>,
    organisation: ForeignKey<Organisation>,
    #[field(max_length = 100)]
    title: String,
    #[field(auto_now_add)]
    created: DateTime,
}
impl Policy for Task {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        let member = t.organisation.members.any(|m| m.user.is(who));
        Rules {
            view: member.clone(),
            add: member.clone(),
            change: member.clone(),
            delete: member,
            ..Rules::none()
        }
    }
}

/// 100,000 articles of 1,000 people, and as many tasks of 2,000 organisations, of which the first person belongs to two.
const ROWS: &str = "
    INSERT INTO \"user\" (id, name, row_version) SELECT md5('u' || n)::uuid, n::text, 1 FROM generate_series(1, 1000) n;
    INSERT INTO organisation (id, name, row_version) SELECT md5('o' || n)::uuid, n::text, 1 FROM generate_series(1, 2000) n;
    INSERT INTO member (id, organisation_id, user_id, row_version)
        SELECT md5('m' || n)::uuid, md5('o' || n)::uuid, md5('u' || (n - 1) / 2 + 1)::uuid, 1 FROM generate_series(1, 2000) n;
    INSERT INTO article (id, title, author_id, published, created, row_version)
        SELECT md5('a' || n)::uuid, 'Article ' || n, md5('u' || n % 1000 + 1)::uuid, n % 3 <> 0, now() - n * interval '1 minute', 1
          FROM generate_series(1, 100000) n;
    INSERT INTO task (id, organisation_id, title, created, row_version)
        SELECT md5('t' || n)::uuid, md5('o' || n % 2000 + 1)::uuid, 'Task ' || n, now() - n * interval '1 minute', 1
          FROM generate_series(1, 100000) n;
    ANALYZE";

struct Side {
    database: Database,
    server: cluster::Database,
    actor: Actor,
    mine: Id<User>,
    organisation: Id<Organisation>,
    article: Id<Article>,
    task: Id<Task>,
}

impl Side {
    fn new(row_security: bool) -> Self {
        let server = cluster::database();
        let (url, owner) = server.with_two_roles();
        let options = Options {
            models: vec![
                User::meta(),
                Article::meta(),
                Organisation::meta(),
                Member::meta(),
                Task::meta(),
            ],
            row_security,
            owner: Some(OwnersUrl::new(&owner)),
            log_queries: false,
            ..Options::default()
        };
        let models = options.models.clone();
        let database = Database::open(&url, options).unwrap();
        database.create_all(&models).unwrap();
        server.run(ROWS);
        let id = |of: &str| {
            server.run(&format!("SELECT md5('{of}')::uuid"))[0][0]
                .clone()
                .unwrap()
        };
        let (user, organisation, article, task) = (id("u1"), id("o1"), id("a1000"), id("t2000"));
        Self {
            actor: Binder::__for_the_sites_identity().user(UserFacts {
                id: user.parse().unwrap(),
                is_staff: false,
                is_superuser: false,
            }),
            mine: user.parse().unwrap(),
            organisation: organisation.parse().unwrap(),
            article: article.parse().unwrap(),
            task: task.parse().unwrap(),
            database,
            server,
        }
    }

    async fn run(&self, work: Work) {
        let unit = self.database.bind(self.actor);
        match work {
            Work::ArticleById => {
                let db = unit.read_db();
                Article::objects()
                    .get(&db, |a| a.id.eq(self.article))
                    .await
                    .unwrap();
            }
            Work::TaskById => {
                let db = unit.read_db();
                Task::objects().get(&db, |t| t.id.eq(self.task)).await.unwrap();
            }
            Work::Articles => {
                let newest = Article::objects().order_by(|a| a.created.desc()).limit(50);
                assert_eq!(newest.all(&unit.read_db()).await.unwrap().len(), 50);
            }
            Work::Tasks => {
                let newest = Task::objects().order_by(|t| t.created.desc()).limit(50);
                assert_eq!(newest.all(&unit.read_db()).await.unwrap().len(), 50);
            }
            Work::AddArticle => {
                let new = NewArticle {
                    title: "new".to_owned(),
                    author: self.mine,
                    published: true,
                };
                Article::create(new).save(&unit.db()).await.unwrap();
            }
            Work::AddTask => {
                let new = NewTask {
                    title: "new".to_owned(),
                    organisation: self.organisation,
                };
                Task::create(new).save(&unit.db()).await.unwrap();
            }
            Work::ChangeArticle => {
                let all = Article::objects().filter(|a| a.id.eq(self.article));
                let done = all.change_all(&unit.db(), |a| [a.title.set("changed")]).await;
                assert_eq!(done.unwrap(), 1);
            }
            Work::ChangeTask => {
                let all = Task::objects().filter(|t| t.id.eq(self.task));
                let done = all.change_all(&unit.db(), |t| [t.title.set("changed")]).await;
                assert_eq!(done.unwrap(), 1);
            }
        }
        unit.finish(true).await.unwrap();
    }

    /// Microseconds of one.
    async fn time(&self, work: Work) -> f64 {
        let times = work.times();
        let begun = Instant::now();
        for _ in 0..times {
            self.run(work).await;
        }
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(times)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    ArticleById,
    TaskById,
    Articles,
    Tasks,
    AddArticle,
    AddTask,
    ChangeArticle,
    ChangeTask,
}

const ALL: [(Work, &str); 8] = [
    (Work::ArticleById, "row by id, rule of its own columns"),
    (Work::TaskById, "row by id, rule that reads memberships"),
    (Work::Articles, "list of 50, rule of its own columns"),
    (Work::Tasks, "list of 50, rule that reads memberships"),
    (Work::AddArticle, "insert, rule of its own columns"),
    (Work::AddTask, "insert, rule that reads memberships"),
    (Work::ChangeArticle, "update, rule of its own columns"),
    (Work::ChangeTask, "update, rule that reads memberships"),
];

impl Work {
    fn times(self) -> u32 {
        match self {
            Self::Articles | Self::Tasks => 100,
            _ => 200,
        }
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn main() {
    let rounds = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(15);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let [off, on] = [false, true].map(Side::new);
    runtime.block_on(async {
        println!(
            "| work | off, µs | on, µs | on / off (lowest–highest of {rounds} rounds) |\n|---|---|---|---|"
        );
        for (work, name) in ALL {
            off.time(work).await;
            on.time(work).await;
            let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..rounds {
                let (one, other) = (off.time(work).await, on.time(work).await);
                without.push(one);
                with.push(other);
                ratios.push(other / one);
            }
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let most = ratios.iter().copied().fold(0.0, f64::max);
            println!(
                "| {name} | {:.0} | {:.0} | {:.2} ({least:.2}–{most:.2}) |",
                median(without),
                median(with),
                median(ratios)
            );
        }
    });
    drop(off.database);
    drop(on.database);
    drop((off.server, on.server));
}
