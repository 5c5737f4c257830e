//! Rows with what belongs to them: each under its own rule, in as many statements whatever the rows.

use super::*;
use crate::*;

async fn all_of<Q: RowQuery, L: Load<Q::Model>>(
    unit: &crate::engine::Unit,
    query: LoadingQuerySet<Q, L>,
) -> Vec<With<Q::Row, L::Got>>
where
    Q::Model: Model,
    Db<Read>: Reads<Q::Model>,
{
    query.all(&unit.read_db()).await.unwrap()
}

fn titles(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.title.as_str()).collect()
}

/// So many more tasks of an organisation.
async fn more_tasks(site: &Site, of: &Organisation, names: &[&str], assignee: Option<Id<User>>) {
    let unit = site.database.bind(Actor::nobody());
    let db = unit.db();
    for name in names {
        let new = NewTask {
            organisation: of.id,
            title: (*name).to_owned(),
            assignee,
        };
        Task::create(new).save(&db.acting::<Fixtures>()).await.unwrap();
    }
    unit.finish(true).await.unwrap();
}

#[tokio::test]
async fn relations_are_loaded_with_the_rows() {
    let site = Site::new().await;
    more_tasks(&site, &site.alpha, &["b", "a", "c"], Some(site.ben.id)).await;
    let unit = site.as_user(&site.ben);
    let query = Organisation::objects().order_by(|o| o.name.desc()).with(|o| {
        (
            o.tasks
                .load()
                .filter(|t| t.title.ne("c"))
                .order_by(|t| t.title.desc())
                .limit(2),
            o.memberships.load().with(|m| m.user.load()),
        )
    });
    let found = all_of(&unit, query).await;
    let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Beta", "Alpha"]);
    let (tasks, members) = &found[1].loaded;
    assert_eq!(titles(tasks), ["b", "alpha task"], "the first two of Alpha's own");
    let mut people: Vec<_> = members
        .iter()
        .map(|m| m.loaded.get().map(|user| user.email.as_str()))
        .collect();
    people.sort_unstable();
    assert_eq!(people, [Some("ann@example.com"), Some("ben@example.com")]);
    assert_eq!(titles(&found[0].loaded.0), ["beta task"]);
}

#[tokio::test]
async fn what_is_behind_a_foreign_key_is_joined_and_leads_on() {
    let site = Site::new().await;
    more_tasks(&site, &site.alpha, &["mine"], Some(site.ben.id)).await;
    let unit = site.as_user(&site.ben);
    let query = Task::objects().order_by(|t| t.title.asc()).with(|t| {
        (
            t.assignee.load(),
            t.organisation.load().with(|o| o.tasks.load().limit(1)),
        )
    });
    let found = all_of(&unit, query).await;
    let of = |at: usize| {
        let (assignee, organisation) = &found[at].loaded;
        let organisation = organisation.get().expect("it may be seen");
        let tasks = organisation.loaded.iter().map(|task| task.title.as_str());
        (
            assignee.clone().into_row().map(|user| user.id),
            tasks.collect::<Vec<_>>(),
        )
    };
    // Two tasks have one organisation: what belongs to it is read once, and given to both.
    assert_eq!(of(0), (None, vec!["alpha task"]));
    assert_eq!(of(1), (None, vec!["beta task"]));
    assert_eq!(of(2), (Some(site.ben.id), vec!["alpha task"]));
    assert!(matches!(found[0].loaded.0, One::Empty));
}

/// CWE-862. Attack: rows that nobody may ask for are read as what belongs to a row.
#[tokio::test]
async fn a_hidden_row_is_not_loaded() {
    let site = Site::new().await;
    // Whoever is a member of nothing sees an article's author, and no membership of theirs.
    let unit = site.as_user(&site.carl);
    let query = || {
        User::objects()
            .filter(|u| u.id.eq(site.ann.id))
            .with(|u| u.memberships.load())
    };
    let memberships = async || all_of(&unit, query()).await[0].loaded.len();
    {
        let _attack = without(Control::Loaded);
        assert_eq!(memberships().await, 1);
    }
    assert_eq!(memberships().await, 0);
    // Nor do hidden rows take the place of those that may be seen (CWE-203).
    let unit = site.as_user(&site.ann);
    let query = User::objects()
        .filter(|u| u.id.eq(site.ben.id))
        .with(|u| u.memberships.load().order_by(|m| m.role.desc()).limit(1));
    let found = all_of(&unit, query).await;
    assert_eq!(found[0].loaded[0].organisation, site.alpha.id);
}

/// CWE-862, CWE-204. Attack: the row behind a foreign key is read that may not be seen.
#[tokio::test]
async fn behind_a_foreign_key_a_hidden_row_is_hidden() {
    let site = Site::new().await;
    more_tasks(&site, &site.alpha, &["of a ghost"], Some(site.ghost.id)).await;
    let unit = site.as_user(&site.ann);
    let query = || {
        let of_ghost = Task::objects().filter(|t| t.title.eq("of a ghost"));
        of_ghost.with(|t| t.assignee.load().with(|u| u.memberships.load()))
    };
    {
        let _attack = without(Control::Related);
        assert!(all_of(&unit, query()).await[0].loaded.get().is_some());
    }
    assert!(all_of(&unit, query()).await[0].loaded.is_hidden());
}

#[tokio::test]
async fn rights_and_pages_go_with_it() {
    let site = Site::new().await;
    more_tasks(&site, &site.alpha, &["a", "b", "c"], None).await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let page = Task::objects()
        .with_may()
        .with(|t| t.organisation.load().with(|o| o.memberships.load().with_may()))
        .order_by(|t| t.title.asc())
        .per_page(2)
        .page(&db, 1)
        .await
        .unwrap();
    assert!(page.has_next && page.rows.len() == 2);
    assert!(page.rows[0].may_change() && page.rows[0].title == "a");
    let organisation = page.rows[0].loaded.get().expect("hers");
    assert_eq!(organisation.loaded.len(), 2);
    assert!(organisation.loaded.iter().all(Permitted::may_delete));
    // In a plain member's eyes.
    let unit = site.as_user(&site.ben);
    let found = Organisation::objects()
        .with(|o| o.tasks.load().with_may())
        .get(&unit.read_db(), |o| o.name.eq("Alpha"))
        .await
        .unwrap();
    assert!(found.loaded.iter().all(|task| !task.may_change()));
    let none = Organisation::objects().with(|o| o.tasks.load());
    assert!(none.first(&site.as_nobody().read_db()).await.unwrap().is_none());
    assert!(unit.db().begin().await.is_ok(), "in a turn as well");
    let in_turn = Organisation::objects().with(|o| o.tasks.load());
    assert_eq!(in_turn.all(&unit.db()).await.unwrap().len(), 2);
}

/// CWE-863. Attack: a statement is answered by another's text, whose rows belong by another key or come in another number.
#[tokio::test]
async fn what_differs_in_what_it_loads_differs_in_its_text() {
    let site = Site::new().await;
    more_tasks(&site, &site.alpha, &["a", "b"], Some(site.ann.id)).await;
    let unit = site.as_user(&site.ann);
    let few = async |limit: Option<u32>| {
        let query = Organisation::objects().filter(|o| o.name.eq("Alpha")).with(|o| {
            let tasks = o.tasks.load();
            limit.map_or_else(|| tasks.clone(), |limit| tasks.clone().limit(limit))
        });
        all_of(&unit, query).await[0].loaded.len()
    };
    assert_eq!(
        (few(None).await, few(Some(1)).await, few(Some(2)).await),
        (3, 1, 2)
    );
    let article = Article::objects().filter(|a| a.id.eq(site.public.id));
    let author = all_of(&unit, article.clone().with(|a| a.author.load())).await;
    let editor = all_of(&unit, article.clone().with(|a| a.editor.load())).await;
    let both = all_of(&unit, article.with(|a| (a.author.load(), a.editor.load()))).await;
    assert_eq!(author[0].loaded.get().map(|user| user.id), Some(site.ann.id));
    assert!(matches!(editor[0].loaded, One::Empty));
    assert!(both[0].loaded.0.get().is_some() && matches!(both[0].loaded.1, One::Empty));
}

/// CWE-400, CWE-770. Attack: one address has everything loaded that belongs to something.
#[tokio::test]
async fn what_a_query_loads_is_bounded() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let deep = Organisation::objects().with(|o| {
        o.tasks.load().with(|t| {
            t.organisation.load().with(|o| {
                o.tasks.load().with(|t| {
                    t.organisation.load().with(|o| {
                        o.tasks.load().with(|t| {
                            t.organisation.load().with(|o| {
                                o.tasks
                                    .load()
                                    .with(|t| t.organisation.load().with(|o| o.tasks.load()))
                            })
                        })
                    })
                })
            })
        })
    });
    let told = deep.all(&db).await.map(drop).unwrap_err();
    assert_eq!(told.status(), 400);
    assert!(told.to_string().contains("8 steps"), "{told}");
    let wide = Task::objects().with(|t| {
        let six = || {
            let one = || t.organisation.load();
            (one(), one(), one(), one(), one(), one())
        };
        (six(), six(), six(), six(), t.organisation.load())
    });
    let told = wide.all(&db).await.map(drop).unwrap_err();
    assert!(told.to_string().contains("24 relations"), "{told}");
}

/// CWE-400. Attack: a page that asks once for each row. However many rows there are, the statements are as many.
#[tokio::test]
async fn statements_are_as_many_for_two_rows_and_for_fifty() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let count = async || {
        let watch = site.database.watch();
        let query = Task::objects().with(|t| {
            (
                t.assignee.load(),
                t.organisation
                    .load()
                    .with(|o| o.memberships.load().with(|m| m.user.load())),
            )
        });
        let rows = all_of(&unit, query).await.len();
        (rows, watch.statements().len())
    };
    assert_eq!(
        count().await,
        (2, 2),
        "tasks with their organisations, and memberships with their users"
    );
    let names: Vec<_> = (0..48).map(|n| format!("task {n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    more_tasks(&site, &site.alpha, &names, Some(site.ann.id)).await;
    assert_eq!(count().await, (50, 2));
}

/// CWE-639, CWE-862: by metadata as by types.
#[tokio::test]
async fn by_metadata_relations_are_loaded_under_the_same_rules() {
    let site = Site::new().await;
    more_tasks(&site, &site.alpha, &["a", "b"], None).await;
    let unit = site.as_user(&site.ben);
    let db = unit.read_db();
    let (organisations, tasks) = (db.table("organisation").unwrap(), db.table("task").unwrap());
    let (key, title) = (
        tasks.column("organisation").unwrap(),
        tasks.column("title").unwrap(),
    );
    let load = || key.load().unwrap().order_by([title.desc()]).unwrap().limit(2);
    let by_name = organisations.column("name").unwrap().asc();
    let query = || {
        organisations
            .objects()
            .order_by([by_name.clone()])
            .unwrap()
            .load(load())
            .unwrap()
    };
    let shown = |rows: &[crate::untyped::AnyRow]| -> Vec<String> {
        rows.iter().map(|row| row.text(&title).unwrap()).collect()
    };
    let page = query().page(&db, 1).await.unwrap();
    assert_eq!(
        shown(page.rows[0].loaded(&key).unwrap()),
        ["b", "alpha task"].map(str::to_owned)
    );
    assert_eq!(
        shown(page.rows[1].loaded(&key).unwrap()),
        ["beta task"].map(str::to_owned)
    );
    let rows = query().with_may().all(&db).await.unwrap();
    assert!(!rows[0].may_change() && rows[1].may_change());
    assert_eq!(rows[0].loaded(&key).unwrap().len(), 2);
    let one = query().get(&db, page.rows[0].key()).await.unwrap();
    assert_eq!(one.loaded(&key).unwrap().len(), 2);
    assert!(query().first(&db).await.unwrap().is_some());
    // What was not loaded is told, and so is what does not belong there.
    let bare = organisations.objects().all(&db).await.unwrap();
    assert!(
        bare[0]
            .loaded(&key)
            .unwrap_err()
            .to_string()
            .contains("did not load")
    );
    assert!(tasks.objects().load(load()).is_err() && title.load().is_err());
    // Whoever sees the user sees none of the memberships.
    let unit = site.as_user(&site.carl);
    let db = unit.read_db();
    let of_user = db.table("membership").unwrap().column("user").unwrap();
    let users = db
        .table("user")
        .unwrap()
        .objects()
        .load(of_user.load().unwrap())
        .unwrap();
    let users = users.all(&db).await.unwrap();
    assert!(users.iter().all(|user| user.loaded(&of_user).unwrap().is_empty()) && users.len() > 3);
}

/// CWE-367. All statements of a query read one state: what is written meanwhile is in none of them.
#[tokio::test]
async fn what_is_loaded_is_of_the_same_moment_as_its_row() {
    use crate::backend::{Session, at_once};
    use crate::policy::authority::Authority;
    use crate::unit::Steps;

    struct Between {
        several: bool,
        panics: bool,
        path: std::path::PathBuf,
    }
    impl Steps for Between {
        type Found = (i64, i64);
        fn are_several(&self) -> bool {
            self.several
        }
        async fn run(&self, _: &Authority, session: Session<'_>, _: &mut String) -> Result<(i64, i64)> {
            #[allow(irrefutable_let_patterns, reason = "a build may have one database")]
            let Session::Sqlite(c) = session else {
                return Err(Error::NotFound);
            };
            let count = || c.bare(|c| c.query_row("SELECT count(*) FROM task", [], |row| row.get(0)));
            let before = count()?;
            let other = rusqlite::Connection::open(&self.path).unwrap();
            other
                .execute(
                    "INSERT INTO task (id, organisation_id, title, done, row_version) \
                     SELECT randomblob(16), id, 'between', 0, 1 FROM organisation LIMIT 1",
                    [],
                )
                .unwrap();
            assert!(!self.panics, "a field's type does");
            Ok((before, count()?))
        }
    }
    if !on::sqlite() {
        return; // REPEATABLE READ is PostgreSQL's own
    }
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let path = site.database.path().to_owned();
    let between = |several, panics| Between {
        several,
        panics,
        path: path.clone(),
    };
    let db = unit.read_db();
    let read = async |several| db.asker().read(between(several, false)).await.unwrap();
    assert_eq!(read(true).await, (2, 2));
    assert_eq!(
        read(false).await,
        (3, 4),
        "without it, the second sees what was written after the first"
    );
    // CWE-613: nor does the connection stay in that state, whatever happens.
    let panic = || at_once(db.asker().read(between(true, true)));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic));
    assert!(panicked.is_err());
    assert_eq!(read(false).await, (5, 6));
    assert_eq!(read(true).await, (6, 6));
}
