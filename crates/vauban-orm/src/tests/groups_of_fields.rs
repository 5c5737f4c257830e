//! Groups of fields that several models share: their columns are the model's in everything but where they are written.

use vauban_macros::{FieldGroup, Model};

use super::Site;
use crate::engine::{Options, Unit};
use crate::migrations::{Answers, Made, Set, SetFile, make, round_trip};
use crate::tests::User;
use crate::*;

#[derive(FieldGroup, Debug, Clone)]
#[group(crate = vauban_orm)]
pub(crate) struct Times {
    #[field(auto_now_add, index)]
    pub created: DateTime,
    #[field(auto_now)]
    pub changed: DateTime,
}

#[derive(FieldGroup, Debug, Clone)]
#[group(crate = vauban_orm)]
pub(crate) struct Address {
    #[field(max_length = 8)]
    pub city: String,
    #[field(min = 0, max = 99)]
    pub number: Option<i32>,
    #[field(default = 3)]
    floor: i64,
}

#[derive(FieldGroup, Debug, Clone)]
#[group(crate = vauban_orm)]
pub(crate) struct Byline {
    #[field(owner)]
    pub author: ForeignKey<User>,
    #[field(privileged, default = false)]
    pub hidden: bool,
}

/// Written once, for every row with a byline.
fn readable<P: Place, M>(by: &BylineColumns<P>, who: Who<M>) -> Filter<P::Scope> {
    by.hidden.eq(false) | by.author.is(who)
}

#[derive(Model, Debug, Clone)]
#[model(
    crate = vauban_orm,
    table = "parcel",
    unique(home.city, note),
    unique(lower(work.city), where = |p| p.home.number.gt(90)),
    index(by.author, times.changed),
    check(upstairs = |p| p.home.floor.ge(&p.work.floor)),
    related(answers: Answer.by.to)
)]
struct Parcel {
    id: Id<Parcel>,
    #[field(group)]
    pub times: Times,
    #[field(max_length = 10)]
    pub note: String,
    #[field(group, given, prefix = "home_")]
    pub home: Address,
    #[field(group, given)]
    by: Byline,
    #[field(group, given, prefix = "work_")]
    pub work: Address,
    pub last: i64,
}

impl Policy for Parcel {
    fn rules(who: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        let mine = p.by.author.is(who);
        Rules {
            view: readable(&p.by, who),
            ..Rules::owner(mine)
        }
        .may_set(&p.by.hidden, who.is_staff())
    }
}

/// The same table, its columns written one by one.
#[derive(Model, Debug, Clone)]
#[model(
    crate = vauban_orm,
    table = "parcel",
    unique(home_city, note),
    unique(lower(work_city), where = |p| p.home_number.gt(90)),
    index(author, changed),
    check(upstairs = |p| p.home_floor.ge(&p.work_floor)),
)]
struct Plain {
    id: Id<Plain>,
    #[field(auto_now_add, index)]
    pub created: DateTime,
    #[field(auto_now)]
    pub changed: DateTime,
    #[field(max_length = 10)]
    pub note: String,
    #[field(max_length = 8)]
    pub home_city: String,
    #[field(min = 0, max = 99)]
    pub home_number: Option<i32>,
    #[field(default = 3)]
    home_floor: i64,
    #[field(owner)]
    author: ForeignKey<User>,
    #[field(privileged, default = false)]
    hidden: bool,
    #[field(max_length = 8)]
    pub work_city: String,
    #[field(min = 0, max = 99)]
    pub work_number: Option<i32>,
    #[field(default = 3)]
    work_floor: i64,
    pub last: i64,
}

impl Policy for Plain {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(FieldGroup, Debug, Clone)]
#[group(crate = vauban_orm)]
struct Reply {
    #[field(on_delete = cascade_owned)]
    to: ForeignKey<Parcel>,
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Answer {
    id: Id<Answer>,
    #[field(group, given)]
    by: Reply,
    #[field(max_length = 10)]
    text: String,
}

impl Policy for Answer {
    fn rules(who: Who<Self>, a: &Columns<Self>) -> Rules<Self> {
        let reads = readable(&a.by.to.by, who);
        Rules {
            view: reads.clone(),
            add: reads.clone(),
            delete: reads,
            ..Rules::none()
        }
    }
}

/// A model and what was said of it above: all but the functions, which tell by what they do.
fn described(model: &ModelMeta) -> Vec<String> {
    let column = |c: &ColumnMeta| {
        let target = c.target.map(|target| target().table);
        let default = c.default.map(|default| default());
        let limits = (c.limits, c.kind, c.nullable, c.untyped.max_bytes);
        let marks = (c.unique, c.index, c.auto, c.privilege, c.versioned, c.on_delete);
        format!(
            "{} {} {limits:?} {default:?} {marks:?} {target:?} {}",
            c.field, c.column, c.public
        )
    };
    let index = |i: &crate::meta::IndexMeta| format!("{:?} {} {:?}", i.columns, i.unique, i.ignores_case);
    let indexes = model.indexes.iter().map(index);
    model.columns.iter().map(column).chain(indexes).collect()
}

#[test]
fn a_group_describes_the_columns_that_one_would_write() {
    let parcel = described(Parcel::meta());
    assert_eq!(parcel, described(Plain::meta()));
    assert_eq!(<Parcel as Model>::__GIVEN, <Plain as Model>::__GIVEN);
    // What the group keeps to its module, and what the model does, nobody asks for by its name (CWE-200).
    let public = |field: &str| Parcel::meta().column(field).unwrap().public;
    assert!(public("home_city") && public("created"));
    assert!(!public("home_floor") && !public("author") && !public("hidden"));
    // A key that a hidden parcel holds as well tells of it, and nothing else is found.
    let found = checks::check(&[User::meta(), Parcel::meta(), Answer::meta()]);
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.id, one.message.contains("home_city")))
        .collect();
    assert_eq!(
        found,
        [("orm.E003", false), ("orm.E003", true)],
        "of emails, and of parcels"
    );
}

fn made(model: &'static ModelMeta, sets: &[Set]) -> Option<String> {
    match make(model.package, &[User::meta(), model], sets, &Answers::default()).unwrap() {
        Made::New(new) => Some(new.text),
        Made::Nothing => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn to_take_fields_into_a_group_is_no_migration() {
    let text = made(Plain::meta(), &[]).unwrap();
    assert_eq!(text, made(Parcel::meta(), &[]).unwrap());
    assert!(
        text.contains("home_floor") && text.contains("\"parcel_created_idx\""),
        "{text}"
    );
    let sets = vec![Set {
        package: Parcel::meta().package,
        folder: "",
        files: Vec::leak(vec![SetFile {
            name: "0001_initial",
            text: Box::leak(text.into_boxed_str()),
        }]),
    }];
    assert_eq!(made(Parcel::meta(), &sets), None);
    round_trip(&sets, &[]).unwrap();
}

struct Post {
    ann: Unit,
    ben: Unit,
    author: Id<User>,
    stranger: Id<User>,
    /// The people's table with them in it.
    _site: Site,
}

async fn post() -> Post {
    let options = Options {
        models: super::MODELS()
            .into_iter()
            .chain([Parcel::meta(), Answer::meta()])
            .collect(),
        services: vec![actor::ServiceMeta::of::<super::Fixtures>()],
        ..Options::default()
    };
    let site = Site::with(options).await;
    Post {
        ann: site.as_user(&site.ann),
        ben: site.as_user(&site.ben),
        author: site.ann.id,
        stranger: site.ben.id,
        _site: site,
    }
}

fn address(city: &str, number: Option<i32>) -> NewAddress {
    NewAddress {
        city: city.into(),
        number,
    }
}

fn parcel(author: Id<User>, note: &str, home: &str) -> NewParcel {
    NewParcel {
        note: note.into(),
        home: address(home, Some(7)),
        by: NewByline { author },
        work: address("Ulm", None),
        last: 12,
    }
}

#[tokio::test]
async fn rows_are_written_read_and_found_by_a_groups_columns() {
    let post = post().await;
    let db = post.ann.db();
    let made = Parcel::create(parcel(post.author, "a", "Bonn"))
        .save(&db)
        .await
        .unwrap();
    assert_eq!(made.times.created, made.times.changed);
    let second = parcel(post.author, "b", "Aachen");
    let second = Parcel::create(second)
        .set(|p| [p.home.floor.set(9)])
        .save(&db)
        .await
        .unwrap();
    assert_eq!((second.home.floor, second.work.floor, second.last), (9, 3, 12));

    let all = Parcel::objects;
    let notes = async |rows: QuerySet<Parcel>| -> Vec<String> {
        let rows = rows.all(&db).await.unwrap();
        rows.into_iter().map(|parcel| parcel.note).collect()
    };
    assert_eq!(notes(all().order_by(|p| p.home.city.asc())).await, ["b", "a"]);
    assert_eq!(
        notes(all().filter(|p| p.home.floor.gt(&p.work.floor))).await,
        ["b"]
    );
    assert_eq!(
        notes(all().filter(|p| p.times.created.gt(made.times.created))).await,
        ["b"]
    );
    assert_eq!(
        notes(all().filter(|p| p.by.author.email.starts_with("ann")))
            .await
            .len(),
        2
    );

    let row = all()
        .related(|p| &p.by.author)
        .get_to_change(&db, |p| p.note.eq("a"))
        .await
        .unwrap();
    assert_eq!((row.home.city.as_str(), row.home.number), ("Bonn", Some(7)));
    // The relation stands in its own field, though columns of groups come before it.
    assert_eq!(row.by.author.get().unwrap().id, post.author);
    let row = row
        .change(&db, |p| [p.work.number.set(4), p.home.city.set("Köln")])
        .await
        .unwrap();
    assert_eq!((row.home.city.as_str(), row.work.number), ("Köln", Some(4)));
    assert!(row.times.changed > made.times.changed && row.times.created == made.times.created);

    let new = NewAnswer {
        by: NewReply { to: row.id },
        text: "yes".into(),
    };
    Answer::create(new).save(&db).await.unwrap();
    assert_eq!(
        notes(all().filter(|p| p.answers.any(|a| a.text.eq("yes")))).await,
        ["a"]
    );
    let loaded = Answer::objects()
        .with(|a| a.by.to.load())
        .first(&db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(loaded.loaded.get().unwrap().work.number, Some(4));
}

#[tokio::test]
async fn what_a_group_says_of_a_column_holds_in_the_model() {
    let post = post().await;
    let db = post.ann.db();
    let told = |done: Result<Parcel>| {
        let error = done.unwrap_err();
        let fields: Vec<_> = error.problems().into_iter().map(|one| one.field).collect();
        (fields, error.status())
    };
    let mut long = parcel(post.author, "a", "Recklinghausen");
    long.work.number = Some(100);
    let told_of = Parcel::create(long).save(&db).await;
    assert_eq!(told(told_of), (vec!["home_city", "work_number"], 422));

    let id = Parcel::create(parcel(post.author, "a", "Bonn"))
        .save(&db)
        .await
        .unwrap()
        .id;
    let twice = Parcel::create(parcel(post.author, "a", "Bonn")).save(&db).await;
    assert_eq!(told(twice), (vec!["note", "home_city"], 409));
    let below = Parcel::create(parcel(post.author, "b", "Bonn"))
        .set(|p| [p.home.floor.set(2)])
        .save(&db)
        .await;
    assert_eq!(told(below), (vec!["home_floor", "work_floor"], 422));

    // CWE-915: privilege goes with the column. CWE-639: and so does the policy.
    let row = async || {
        Parcel::objects()
            .get_to_change(&db, |p| p.id.eq(id))
            .await
            .unwrap()
    };
    assert_eq!(
        row()
            .await
            .change(&db, |p| [p.by.hidden.set(true)])
            .await
            .unwrap_err()
            .status(),
        403
    );
    let given_away = row()
        .await
        .change(&db, |p| [p.by.author.set(post.stranger)])
        .await;
    assert_eq!(given_away.unwrap_err().status(), 403);
    post.ann.finish(true).await.unwrap();
    let of_another = parcel(post.author, "c", "Bonn");
    let refused = Parcel::create(of_another).save(&post.ben.db()).await;
    assert_eq!(refused.unwrap_err().status(), 403);
}

#[tokio::test]
async fn known_by_metadata_they_are_columns_like_others() {
    let post = post().await;
    let db = post.ann.db();
    Parcel::create(parcel(post.author, "a", "Bonn"))
        .save(&db)
        .await
        .unwrap();
    let table = db.table("parcel").unwrap();
    let city = table.column("home_city").unwrap();
    let row = table.objects().first(&db).await.unwrap().unwrap();
    assert_eq!(row.text(&city).unwrap(), "Bonn");
    assert!(table.column("city").is_none() && table.column("home").is_none());
    // CWE-200
    for kept in ["home_floor", "author", "hidden"] {
        assert!(table.column(kept).is_none(), "{kept}");
    }
}
