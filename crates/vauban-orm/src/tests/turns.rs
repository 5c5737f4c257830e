//! CWE-863: many rows in one write are no more than their rules allow one after the other, where rules count rows like them.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options};
use crate::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_shelf", related(items: Item.shelf, slots: Slot.shelf, jobs: Job.shelf))]
struct Shelf {
    id: Id<Shelf>,
}
impl Policy for Shelf {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            delete: Filter::always(),
            ..Rules::public()
        }
    }
}

/// At most three on a shelf, of which at most two are open; one stays.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_item", related(parts: Item.part_of))]
struct Item {
    id: Id<Item>,
    #[field(on_delete = cascade)]
    shelf: ForeignKey<Shelf>,
    #[field(on_delete = set_null)]
    beside: Option<ForeignKey<Shelf>>,
    #[field(on_delete = cascade)]
    part_of: Option<ForeignKey<Item>>,
    #[field(default = false)]
    open: bool,
}
impl Policy for Item {
    fn rules(_: Who<Self>, i: &Columns<Self>) -> Rules<Self> {
        let lonely = i.shelf.items.filter(|o| o.beside.is_null()).count().lt(2);
        Rules {
            add: i.shelf.items.count().lt(3),
            change: (i.open.eq(false) | i.shelf.items.filter(|o| o.open.eq(true)).count().lt(2)) & lonely,
            delete: i.shelf.items.any(|o| o.id.ne(&i.id)),
            ..Rules::public()
        }
    }
}

/// Seen and taken as long as none of the shelf is; one may be nobody's.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_slot")]
struct Slot {
    id: Id<Slot>,
    #[field(max_length = 10, unique)]
    name: String,
    shelf: ForeignKey<Shelf>,
    #[field(default = false)]
    taken: bool,
}
impl Policy for Slot {
    fn rules(_: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        let open = !s.shelf.slots.any(|o| o.taken.eq(true));
        Rules {
            view: open.clone(),
            add: Filter::always(),
            change: open,
            ..Rules::none()
        }
    }
}

/// One of a shelf may be nobody's.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_job")]
struct Job {
    id: Id<Job>,
    shelf: ForeignKey<Shelf>,
    #[field(on_delete = set_null)]
    author: Option<ForeignKey<Team>>,
    #[field(on_delete = set_null)]
    reviewer: Option<ForeignKey<Team>>,
}
impl Policy for Job {
    fn rules(_: Who<Self>, j: &Columns<Self>) -> Rules<Self> {
        let nobodys = j.shelf.jobs.filter(|o| o.author.is_null() & o.reviewer.is_null());
        Rules {
            add: Filter::always(),
            change: nobodys.count().lt(1),
            ..Rules::public()
        }
    }
}

/// Members let each other in and out.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_team", related(members: Member.team, keys: Key.team))]
struct Team {
    id: Id<Team>,
}
impl Policy for Team {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            delete: t.members.any(|m| m.user.is(who)) | t.members.count().lt(1),
            ..Rules::public()
        }
    }
}
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_member", unique(team, user))]
struct Member {
    id: Id<Member>,
    #[field(owner, on_delete = cascade)]
    team: ForeignKey<Team>,
    #[field(owner)]
    user: ForeignKey<User>,
}
impl Policy for Member {
    fn rules(who: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        let member = m.team.members.any(|o| o.user.is(who));
        Rules {
            view: member.clone(),
            add: member.clone() | m.user.is(who),
            change: member.clone(),
            delete: member,
            ..Rules::none()
        }
    }
}

/// Everybody keeps one key of their own to each team.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "turn_key")]
struct Key {
    id: Id<Key>,
    team: ForeignKey<Team>,
    #[field(owner)]
    user: ForeignKey<User>,
}
impl Policy for Key {
    fn rules(who: Who<Self>, k: &Columns<Self>) -> Rules<Self> {
        let mine = k.user.is(who);
        let another = k.team.keys.any(|o| o.user.is(who) & o.id.ne(&k.id));
        Rules {
            add: mine.clone(),
            delete: mine & another,
            ..Rules::public()
        }
    }
}

fn models() -> Vec<&'static ModelMeta> {
    [
        &MODELS()[..],
        &[
            Shelf::meta(),
            Item::meta(),
            Slot::meta(),
            Job::meta(),
            Team::meta(),
            Member::meta(),
            Key::meta(),
        ],
    ]
    .concat()
}

fn database() -> Database {
    let options = Options {
        models: models(),
        services: rights::services(),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&models()).unwrap();
    database
}

fn items(shelf: &Shelf, many: usize) -> impl Iterator<Item = NewItem> {
    let shelf = shelf.id;
    (0..many).map(move |_| NewItem {
        shelf,
        beside: None,
        part_of: None,
    })
}

async fn shelf(db: &Db<Write>) -> Shelf {
    Shelf::create(NewShelf {}).save(db).await.unwrap()
}

async fn count(db: &Db, shelf: &Shelf) -> u64 {
    Item::objects()
        .filter(|i| i.shelf.eq(shelf.id))
        .count(db)
        .await
        .unwrap()
}

/// Attack: fifty rows at once, where three may be there.
#[tokio::test]
async fn cwe_863_rows_that_are_added_together_are_no_more_than_one_by_one() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    for many in [4, 50, 1_200] {
        let shelf = shelf(&db).await;
        let added = Item::create_all(items(&shelf, many)).save(&db).await.unwrap_err();
        let Error::Rows(rows) = added else {
            panic!("{added:?}")
        };
        assert!(
            matches!(
                rows[..],
                [RowProblem {
                    row: 3,
                    error: Error::Forbidden
                }]
            ),
            "{rows:?}"
        );
        assert_eq!(count(&db, &shelf).await, 0);
    }
    let three = shelf(&db).await;
    assert_eq!(
        Item::create_all(items(&three, 3)).save(&db).await.unwrap().len(),
        3
    );
    let attacked = shelf(&db).await;
    let _attack = without(Control::InTurn);
    Item::create_all(items(&attacked, 50)).save(&db).await.unwrap();
}

/// Attack: a set is deleted, of which each alone may go and one has to stay.
#[tokio::test]
async fn cwe_863_rows_that_are_deleted_together_are_no_more_than_one_by_one() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let of = |shelf: &Shelf| {
        let id = shelf.id;
        Item::objects().filter(|i| i.shelf.eq(id))
    };
    let full = shelf(&db).await;
    let made = Item::create_all(items(&full, 3)).save(&db).await.unwrap();
    let all = of(&full).delete_all(&db).await;
    assert!(matches!(all, Err(Error::Forbidden)), "{all:?}");
    assert_eq!(count(&db, &full).await, 3);
    // Nor by what they stand on, which they go with.
    let whole = Shelf::objects()
        .get_to_delete(&db, |s| s.id.eq(full.id))
        .await
        .unwrap();
    let whole = whole.delete(&db).await;
    assert!(matches!(whole, Err(Error::Forbidden)), "{whole:?}");
    assert_eq!(count(&db, &full).await, 3);
    // Two of them are what they may be; parts of each other go in whatever order.
    let tie = async |part: &Item, of: &Item| {
        let row = Item::objects().get_to_change(&db, |i| i.id.eq(part.id)).await;
        row.map(drop).unwrap_err();
        let (part, of) = (part.id, of.id);
        Item::objects()
            .filter(|i| i.id.eq(part))
            .change_all(
                &db.unscoped_write::<Item>(vauban_waiver::waiver!(
                    UnscopedWrite,
                    "a test ties rows to each other"
                )),
                |i| [i.part_of.set(of)],
            )
            .await
            .unwrap();
    };
    tie(&made[0], &made[1]).await;
    let gone = of(&full)
        .filter(|i| i.id.is_in([made[0].id, made[1].id]))
        .delete_all(&db)
        .await;
    assert_eq!(gone.unwrap(), 2);
    assert_eq!(count(&db, &full).await, 1);
    let attacked = shelf(&db).await;
    Item::create_all(items(&attacked, 3)).save(&db).await.unwrap();
    let _attack = without(Control::InTurn);
    assert_eq!(of(&attacked).delete_all(&db).await.unwrap(), 3);
}

/// Attack: a set is changed, of which each alone may become what it would.
#[tokio::test]
async fn cwe_863_rows_that_are_changed_together_are_no_more_than_one_by_one() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let beside = async || {
        let (full, other) = (shelf(&db).await, shelf(&db).await);
        let other_id = other.id;
        let new = items(&full, 3).map(|item| NewItem {
            beside: Some(other_id),
            ..item
        });
        Item::create_all(new).save(&db).await.unwrap();
        (full, other)
    };
    let open = async |shelf: &Shelf, most: u32| {
        let some = Item::objects().filter(|i| i.shelf.eq(shelf.id)).limit(most);
        let some = some.all(&db).await.unwrap();
        let ids: Vec<_> = some.iter().map(|item| item.id).collect();
        Item::objects()
            .filter(|i| i.id.is_in(ids))
            .change_all(&db, |i| [i.open.set(true)])
            .await
    };
    let (full, _) = beside().await;
    let all = open(&full, 3).await;
    assert!(matches!(all, Err(Error::Forbidden)), "{all:?}");
    let opened = Item::objects().filter(|i| i.shelf.eq(full.id) & i.open.eq(true));
    assert_eq!(opened.count(&db).await.unwrap(), 0, "all or none");
    assert_eq!(open(&full, 2).await.unwrap(), 2);
    // What a deletion empties is changed: the third would stand beside nothing as two others do.
    let (_, other) = beside().await;
    let row = async || {
        Shelf::objects()
            .get_to_delete(&db, |s| s.id.eq(other.id))
            .await
            .unwrap()
    };
    let emptied = row().await.delete(&db).await;
    assert!(matches!(emptied, Err(Error::Forbidden)), "{emptied:?}");
    let (attacked, _) = beside().await;
    let _attack = without(Control::InTurn);
    assert_eq!(open(&attacked, 3).await.unwrap(), 3);
    row().await.delete(&db).await.unwrap();
}

/// Attack: rows that are there are saved together, of which the first takes the others out of sight, and with it the right to change
/// them. What is not found in its turn is refused (CWE-636).
#[tokio::test]
async fn cwe_863_rows_that_are_saved_together_are_no_more_than_one_by_one() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let shelf = shelf(&db).await.id;
    let rows = || {
        let new = |name: &str| NewSlot {
            name: name.into(),
            shelf,
        };
        Slot::create_all(["a", "b", "c"].map(new))
    };
    rows().save(&db).await.unwrap();
    let take = async || {
        let taken = rows().set(|s| [s.taken.set(true)]);
        taken.or_change(|s| &s.name, |s| &s.taken).save(&db).await
    };
    let all = take().await.unwrap_err();
    let is_second = matches!(&all, Error::Rows(rows) if matches!(rows[..], [RowProblem { row: 1, error: Error::Forbidden }]));
    assert!(is_second, "{all:?}");
    assert_eq!(Slot::objects().count(&db).await.unwrap(), 3, "all or none");
    let _attack = without(Control::InTurn);
    assert_eq!(take().await.unwrap().len(), 3);
}

/// Attack: rows that lose different columns by one deletion, of which each alone may.
#[tokio::test]
async fn cwe_863_rows_that_are_emptied_together_are_no_more_than_one_by_one() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    for different in [false, true] {
        let shelf = shelf(&db).await.id;
        let team = Team::create(NewTeam {}).save(&db).await.unwrap();
        let (this, none) = (Some(team.id), None);
        let (author, reviewer) = if different { (none, this) } else { (this, none) };
        let jobs = [(this, none), (author, reviewer)].map(|(author, reviewer)| NewJob {
            shelf,
            author,
            reviewer,
        });
        Job::create_all(jobs).save(&db).await.unwrap();
        let row = async || {
            let row = Team::objects().get_to_delete(&db, |t| t.id.eq(team.id)).await;
            row.unwrap()
        };
        let both = row().await.delete(&db).await;
        assert!(matches!(both, Err(Error::Forbidden)), "{both:?}");
        let _attack = without(Control::InTurn);
        row().await.delete(&db).await.unwrap();
    }
}

/// Attack: all keys of one's own at once, of which each alone may go for the sake of another. "Another one than this" is about the
/// row, also where the other has to be one's own.
#[tokio::test]
async fn cwe_863_the_last_row_of_ones_own_stays() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let service = unit.db().acting::<Fixtures>();
    let email = "ann@example.com".into();
    let ann = User::create(NewUser { email }).save(&service).await.unwrap().id;
    unit.finish(true).await.unwrap();
    let unit = database.bind(Actor::user(UserFacts {
        id: ann.uuid(),
        is_staff: false,
        is_superuser: false,
    }));
    let db = unit.db();
    let team = Team::create(NewTeam {}).save(&db).await.unwrap().id;
    let keys = (0..3).map(|_| NewKey { team, user: ann });
    let keys = Key::create_all(keys).save(&db).await.unwrap();
    let all = Key::objects().delete_all(&db).await;
    assert!(matches!(all, Err(Error::Forbidden)), "{all:?}");
    assert_eq!(Key::objects().count(&db).await.unwrap(), 3);
    let but_one = Key::objects().filter(|k| k.id.ne(keys[1].id));
    assert_eq!(but_one.delete_all(&db).await.unwrap(), 2);
    unit.finish(true).await.unwrap();
}

/// Who one is, is said by what was there before: a member who takes all out goes last of all, in whatever order.
#[tokio::test]
async fn what_somebody_may_do_by_a_row_of_theirs_they_may_do_to_all() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let service = db.acting::<Fixtures>();
    let mut users = Vec::new();
    for email in ["ann@example.com", "ben@example.com", "cat@example.com"] {
        let new = NewUser { email: email.into() };
        users.push(User::create(new).save(&service).await.unwrap().id);
    }
    unit.finish(true).await.unwrap();
    let ann = Actor::user(UserFacts {
        id: users[0].uuid(),
        is_staff: false,
        is_superuser: false,
    });
    let unit = database.bind(ann);
    let db = unit.db();
    let team = Team::create(NewTeam {}).save(&db).await.unwrap().id;
    let member = |user: Id<User>| NewMember { team, user };
    let together = Member::create_all(users.iter().copied().map(member))
        .save(&db)
        .await;
    assert!(together.is_err(), "no row justifies another");
    Member::create(member(users[0])).save(&db).await.unwrap();
    Member::create_all(users[1..].iter().copied().map(member))
        .save(&db)
        .await
        .unwrap();
    let row = Team::objects()
        .get_to_delete(&db, |t| t.id.eq(team))
        .await
        .unwrap();
    row.delete(&db).await.unwrap();
    unit.finish(true).await.unwrap();
}
