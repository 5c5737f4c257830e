//! Many rows in one write: all or none, each under its rules, and none justified by another.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options};
use crate::*;

fn article(site: &Site, slug: &str) -> NewArticle {
    NewArticle {
        title: slug.into(),
        slug: slug.parse().unwrap(),
        author: site.ann.id,
        editor: None,
    }
}

async fn slugs(db: &Db) -> Vec<String> {
    let all = Article::objects()
        .order_by(|a| a.slug.asc())
        .all(db)
        .await
        .unwrap();
    all.into_iter().map(|a| a.slug.to_string()).collect()
}

fn rows(error: Error) -> Vec<RowProblem> {
    match error {
        Error::Rows(rows) => rows,
        other => panic!("not of rows: {other:?}"),
    }
}

#[tokio::test]
async fn many_rows_are_added_in_their_order() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let new = (0..2_345).map(|i| article(&site, &format!("a-{i:04}")));
    let made = Article::create_all(new)
        .set(|a| [a.published.set(true)])
        .save(&db)
        .await
        .unwrap();
    assert_eq!(made.len(), 2_345);
    assert!(
        made.iter()
            .enumerate()
            .all(|(i, a)| a.slug.to_string() == format!("a-{i:04}"))
    );
    assert!(made.iter().all(|a| a.published && a.hits == 0));
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ben);
    let found = Article::objects()
        .get(&unit.db(), |a| a.id.eq(made[1_234].id))
        .await
        .unwrap();
    assert_eq!(found.slug.to_string(), "a-1234");
    assert_eq!(slugs(&unit.db()).await.len(), 2_346);
    assert!(Article::create_all([]).save(&unit.db()).await.unwrap().is_empty());
}

/// CWE-862, CWE-639. Attack: between rows that may be added, one that may not, or that refers to a row that is not there for
/// whoever asks.
#[tokio::test]
async fn cwe_862_each_row_is_judged_and_one_that_is_refused_keeps_all_out() {
    let site = Site::new().await;
    let rows_with = |bad: NewArticle, at: usize| {
        let mut new: Vec<_> = (0..1_100).map(|i| article(&site, &format!("a-{i}"))).collect();
        new[at] = bad;
        new
    };
    for at in [0, 700, 1_099] {
        let unit = site.as_user(&site.ann);
        let db = unit.db();
        let bens = NewArticle {
            author: site.ben.id,
            ..article(&site, "bens")
        };
        let refused = rows(
            Article::create_all(rows_with(bens, at))
                .save(&db)
                .await
                .unwrap_err(),
        );
        assert!(
            matches!(refused[..], [RowProblem { row, error: Error::Forbidden }] if row == at),
            "{refused:?}"
        );
        let ghosts = NewArticle {
            editor: Some(site.ghost.id),
            ..article(&site, "ghosts")
        };
        let absent = NewArticle {
            editor: Some(Id::random()),
            ..article(&site, "absent")
        };
        // CWE-203: the same for one that is hidden and one that is absent.
        for bad in [ghosts, absent] {
            let refused = rows(
                Article::create_all(rows_with(bad, at))
                    .save(&db)
                    .await
                    .unwrap_err(),
            );
            let [
                RowProblem {
                    row,
                    error: Error::Invalid(problems),
                },
            ] = &refused[..]
            else {
                panic!("{refused:?}")
            };
            assert_eq!(
                (*row, problems[0].field, problems[0].problem.code()),
                (at, "editor", "not_available")
            );
        }
        // The unit goes on, and nothing of them is in it.
        Article::create(article(&site, "after")).save(&db).await.unwrap();
        assert_eq!(slugs(&db).await, ["after", "draft", "public"]);
    }
    // Without the rule it goes in.
    let unit = site.as_user(&site.ann);
    let bens = NewArticle {
        author: site.ben.id,
        ..article(&site, "bens")
    };
    let _attack = without(Control::EachRow);
    Article::create_all(rows_with(bens, 3))
        .save(&unit.db())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_said_by_row_and_field() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let long = |slug: &str| NewArticle {
        title: "far too long for a title".into(),
        ..article(&site, slug)
    };
    let new = [article(&site, "a"), long("b"), article(&site, "c"), long("d")];
    let wrong = rows(Article::create_all(new).save(&db).await.unwrap_err());
    let told: Vec<_> = wrong
        .iter()
        .map(|problem| (problem.row, problem.error.problems()[0].field))
        .collect();
    assert_eq!(told, [(1, "title"), (3, "title")]);
    // Twice among them, and one that is there already.
    for (slugs, at) in [
        (vec!["a", "b", "c", "d", "b"], 4),
        (vec!["a", "b", "public"], 2),
        (vec!["draft"], 0),
    ] {
        let new = slugs.into_iter().map(|slug| article(&site, slug));
        let error = Article::create_all(new).save(&db).await.unwrap_err();
        assert_eq!(error.status(), 409);
        let wrong = rows(error);
        assert!(
            matches!(&wrong[..], [RowProblem { row, error: Error::Unique { fields, .. } }] if *row == at && fields == &["slug"]),
            "{wrong:?}"
        );
    }
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ann);
    assert_eq!(slugs(&unit.db()).await, ["draft", "public"]);
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(seats: Seat.room))]
struct Room {
    id: Id<Room>,
    #[field(default = false)]
    open: bool,
}
impl Policy for Room {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

/// Whoever sits in a room lets others in; the first seat of a room nobody takes by themselves unless they hold its key.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Seat {
    id: Id<Seat>,
    room: ForeignKey<Room>,
    has_key: bool,
    #[field(privileged, default = false)]
    vip: bool,
}
impl Policy for Seat {
    fn rules(_: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: s.has_key.eq(true) | s.room.seats.any(|seat| seat.has_key.eq(true)),
            ..Rules::none()
        }
        .may_set(&s.vip, s.has_key.eq(true))
    }
}

fn rooms() -> Database {
    let options = Options {
        models: vec![Room::meta(), Seat::meta()],
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&[Room::meta(), Seat::meta()]).unwrap();
    database
}

/// CWE-863. Attack: a row that is added justifies the next one, which nothing that was there before does.
#[tokio::test]
async fn cwe_863_no_row_justifies_another_that_is_added_with_it() {
    let database = rooms();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let room = Room::create(NewRoom {}).save(&db).await.unwrap();
    let seats = |many: usize| {
        (0..many).map(|i| NewSeat {
            room: room.id,
            has_key: i == 0,
        })
    };
    for many in [2, 1_500] {
        let refused = rows(Seat::create_all(seats(many)).save(&db).await.unwrap_err());
        assert!(
            matches!(
                refused[..],
                [RowProblem {
                    row: 1,
                    error: Error::Forbidden
                }]
            ),
            "{refused:?}"
        );
        assert_eq!(Seat::objects().count(&db).await.unwrap(), 0);
    }
    {
        let _attack = without(Control::TogetherUnjustified);
        let many = if crate::tests::on::sqlite() { 2 } else { 1_001 };
        let attack = seats(many).map(|seat| NewSeat {
            has_key: seat.has_key || many > 2,
            ..seat
        });
        let added = Seat::create_all(attack.chain(seats(2).skip(1))).save(&db).await;
        added.unwrap();
    }
    // Of what was there before, it does.
    Seat::create_all(seats(3)).save(&db).await.unwrap();
}

/// CWE-266. Attack: a column that carries privilege is set in one of the rows.
#[tokio::test]
async fn cwe_266_a_column_with_privilege_is_judged_in_the_row_that_sets_it() {
    let database = rooms();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let room = Room::create(NewRoom {}).save(&db).await.unwrap();
    let first = NewSeat {
        room: room.id,
        has_key: true,
    };
    Seat::create(first).save(&db).await.unwrap();
    let rows_of = |keys: [bool; 3]| {
        let rows = keys.into_iter().enumerate().map(|(at, has_key)| {
            let seat = Seat::create(NewSeat {
                room: room.id,
                has_key,
            });
            if at == 1 {
                seat.set(|s| [s.vip.set(true)])
            } else {
                seat
            }
        });
        rows.collect::<CreateAll<_>>()
    };
    let made = rows_of([false, true, false]).save(&db).await.unwrap();
    assert_eq!(
        made.iter().map(|seat| seat.vip).collect::<Vec<_>>(),
        [false, true, false]
    );
    let refused = rows(rows_of([true, false, true]).save(&db).await.unwrap_err());
    assert!(
        matches!(
            refused[..],
            [RowProblem {
                row: 1,
                error: Error::Forbidden
            }]
        ),
        "{refused:?}"
    );
    assert_eq!(Seat::objects().count(&db).await.unwrap(), 4);
    let _attack = without(Control::MaySet);
    rows_of([true, false, true]).save(&db).await.unwrap();
}

/// A set is read so many rows at a time, each under its rules.
#[tokio::test]
async fn a_large_set_is_read_in_chunks() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let new = (0..1_234).map(|i| article(&site, &format!("a-{i:04}")));
    let rows = new.map(|new| {
        let published = new.title.ends_with('7');
        Article::create(new).set(|a| [a.published.set(published)])
    });
    rows.collect::<CreateAll<_>>().save(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ben);
    let db = unit.read_db();
    // Ben sees what is published: every tenth of them, and one more.
    let (mut chunks, mut sizes, mut all) = (Article::objects().chunks(50), Vec::new(), Vec::new());
    while let Some(rows) = chunks.next(&db).await.unwrap() {
        sizes.push(rows.len());
        all.extend(rows.into_iter().map(|a| a.id));
    }
    assert_eq!(sizes, [50, 50, 24]);
    let expected: Vec<_> = Article::objects()
        .all(&db)
        .await
        .unwrap()
        .iter()
        .map(|a| a.id)
        .collect();
    assert_eq!(all, expected);
    assert!(chunks.next(&db).await.unwrap().is_none());
    let mut limited = 0;
    let query = Article::objects().filter(|a| a.slug.ne(slug("public"))).limit(60);
    let each = query.for_each(&db, async |_| {
        limited += 1;
        Ok::<_, Error>(())
    });
    each.await.unwrap();
    assert_eq!(limited, 60);
    let ordered = Article::objects().order_by(|a| a.title.asc());
    assert!(ordered.chunks(10).next(&db).await.is_err());
}

fn slug(slug: &str) -> Slug {
    slug.parse().unwrap()
}

/// CWE-362, CWE-863. Attack: among rows that are changed together, one was changed meanwhile, or would become what it may not.
#[tokio::test]
async fn cwe_362_rows_are_changed_together_each_by_its_version() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let new = (0..3).map(|i| article(&site, &format!("a-{i}")));
    Article::create_all(new).save(&db).await.unwrap();
    let mine = || Article::objects().filter(|a| a.slug.starts_with("a-"));
    let ordered = || mine().order_by(|a| a.slug.asc());
    let rows_of = async || ordered().all_to_change(&db).await.unwrap();
    let changed = Changeable::change_each(rows_of().await, &db, |row, a| {
        [a.title.set(format!("{}!", row.title))]
    });
    let titles: Vec<_> = changed.await.unwrap().into_iter().map(|a| a.title).collect();
    assert_eq!(titles, ["a-0!", "a-1!", "a-2!"]);
    let old = rows_of().await;
    let second = Article::objects()
        .get_to_change(&db, |a| a.slug.eq(slug("a-1")))
        .await
        .unwrap();
    second.change(&db, |a| [a.title.set("meanwhile")]).await.unwrap();
    let lost = Changeable::change_each(old, &db, |_, a| [a.title.set("lost")]).await;
    let refused = rows(lost.unwrap_err());
    assert!(
        matches!(
            refused[..],
            [RowProblem {
                row: 1,
                error: Error::Conflict
            }]
        ),
        "{refused:?}"
    );
    let hidden = Changeable::change_each(rows_of().await, &db, |row, a| {
        let editor = if row.title == "a-2!" {
            site.ghost.id
        } else {
            site.ben.id
        };
        [a.editor.set(editor)]
    });
    let refused = rows(hidden.await.unwrap_err());
    assert!(
        matches!(
            refused[..],
            [RowProblem {
                row: 2,
                error: Error::Invalid(_)
            }]
        ),
        "{refused:?}"
    );
    assert_eq!(
        mine()
            .filter(|a| a.title.eq("lost") | a.editor.eq(site.ben.id))
            .count(&db)
            .await
            .unwrap(),
        0
    );
    // What may not be changed is not among them.
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ben);
    assert!(
        Article::objects()
            .all_to_change(&unit.db())
            .await
            .unwrap()
            .is_empty()
    );
}

/// CWE-770. Attack: a list without an end is to be added, and one in which everything is wrong is to be told of.
#[tokio::test]
async fn cwe_770_what_is_done_with_many_rows_is_bounded() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let endless = std::iter::repeat_with(|| article(&site, "x"));
    let added = Article::create_all(endless).save(&db).await;
    assert!(matches!(added, Err(Error::TooLarge(_))), "{added:?}");
    let new = (0..120).map(|i| article(&site, &format!("a-{i:03}")));
    Article::create_all(new).save(&db).await.unwrap();
    let mine = Article::objects().filter(|a| a.slug.starts_with("a-"));
    let mine = mine.all_to_change(&db).await.unwrap();
    assert_eq!(mine.len(), 120);
    let wrong = Changeable::change_each(mine, &db, |_, a| [a.title.set("x".repeat(100_000))]).await;
    assert_eq!(rows(wrong.unwrap_err()).len(), 100);
}
