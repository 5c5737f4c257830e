//! What the database keeps of a model's rows: uniqueness of some of them, or without case, and conditions across columns. Each
//! refusal is at its fields; what is kept is found by `makemigrations`, forward and back.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options, Unit};
use crate::migrations::{Answers, Made, Set, SetFile, make, round_trip};
use crate::*;

#[derive(Model, Debug, Clone)]
#[model(
    crate = vauban_orm,
    table = "seat",
    unique(lower(email)),
    unique(room, where = |s| s.active.eq(true) & s.kind.ne("shared")),
    index(room, email, where = |s| s.note.is_null()),
    check(in_order = |s| s.first.le(&s.last)),
    check(known = |s| s.kind.is_in(["plain", "shared", "it's"]) & !s.first.lt(-5))
)]
struct Seat {
    id: Id<Seat>,
    #[field(max_length = 50)]
    email: String,
    room: i64,
    active: bool,
    #[field(max_length = 20)]
    kind: String,
    first: i32,
    last: i32,
    #[field(max_length = 20)]
    note: Option<String>,
}

/// The same table, before.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "seat", check(in_order = "first < last"))]
struct SeatBefore {
    id: Id<SeatBefore>,
    #[field(max_length = 50)]
    email: String,
    #[field(unique)]
    room: i64,
    active: bool,
    #[field(max_length = 20)]
    kind: String,
    first: i32,
    last: i32,
    #[field(max_length = 20)]
    note: Option<String>,
}

/// What no database keeps.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, check(of_now = |m| m.made.le("2026-11-29T14:30:00Z".parse::<DateTime>().unwrap())))]
struct Momentary {
    id: Id<Momentary>,
    made: DateTime,
}
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, user, unique(name, where = |r| r.boss.name.eq("x")))]
struct Reaching {
    id: Id<Reaching>,
    #[field(max_length = 20)]
    name: String,
    boss: Option<ForeignKey<Reaching>>,
}

macro_rules! open {
    ($($model:ident)+) => { $(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                Rules { add: Filter::always(), change: Filter::always(), ..Rules::public() }
            }
        }
    )+ };
}
open!(Seat SeatBefore Momentary Reaching);

fn seat(email: &str, room: i64, active: bool) -> NewSeat {
    NewSeat {
        email: email.into(),
        room,
        active,
        kind: "plain".into(),
        first: 1,
        last: 2,
        note: None,
    }
}

fn site() -> (Database, Unit) {
    let database = Database::open(&on::url(), Options::default()).unwrap();
    let models = vec![Seat::meta()];
    database.create_all(&models).unwrap();
    database.set_models(models).unwrap();
    let unit = database.bind(Actor::nobody());
    (database, unit)
}

fn fields<T: std::fmt::Debug>(done: Result<T>) -> (Vec<&'static str>, u16) {
    let error = done.unwrap_err();
    (
        error.problems().into_iter().map(|one| one.field).collect(),
        error.status(),
    )
}

#[tokio::test]
async fn without_case_is_without_that_of_ascii_letters_on_both() {
    let (_database, unit) = site();
    let db = unit.db();
    Seat::create(seat("Ann@example.com", 1, false))
        .save(&db)
        .await
        .unwrap();
    Seat::create(seat("Änn@example.com", 1, false))
        .save(&db)
        .await
        .unwrap();
    Seat::create(seat("änn@example.com", 1, false))
        .save(&db)
        .await
        .unwrap();
    let taken = Seat::create(seat("aNN@EXAMPLE.com", 1, false)).save(&db).await;
    assert_eq!(fields(taken), (vec!["email"], 409));
}

#[tokio::test]
async fn a_condition_says_of_which_rows_a_key_is() {
    let (_database, unit) = site();
    let db = unit.db();
    for (email, active) in [("a", false), ("b", false), ("c", true)] {
        Seat::create(seat(email, 1, active)).save(&db).await.unwrap();
    }
    let mut shared = seat("d", 1, true);
    shared.kind = "shared".into();
    Seat::create(shared).save(&db).await.unwrap();
    let taken = Seat::create(seat("e", 1, true)).save(&db).await;
    assert_eq!(fields(taken), (vec!["room"], 409));
}

/// A change makes a row one of those that the key is of.
#[tokio::test]
async fn a_change_of_the_condition_meets_the_key() {
    let (_database, unit) = site();
    let db = unit.db();
    Seat::create(seat("a", 1, true)).save(&db).await.unwrap();
    let id = Seat::create(seat("b", 1, false)).save(&db).await.unwrap().id;
    let row = Seat::objects().get_to_change(&db, |s| s.id.eq(id)).await.unwrap();
    let taken = row.change(&db, |s| [s.active.set(true)]).await;
    assert_eq!(fields(taken), (vec!["room"], 409));
}

#[tokio::test]
async fn what_does_not_go_together_is_told_at_its_fields() {
    type Wrong = fn(&mut NewSeat);
    let cases: [(Wrong, &[&str]); 3] = [
        (|s| s.first = 3, &["first", "last"]),
        (|s| s.kind = "other".into(), &["kind", "first"]),
        (|s| s.first = -6, &["kind", "first"]),
    ];
    for (wrong, named) in cases {
        let (_database, unit) = site();
        let mut new = seat("a", 1, true);
        wrong(&mut new);
        let mut told = fields(Seat::create(new).save(&unit.db()).await);
        told.0.sort_by_key(|field| *field != "kind");
        assert_eq!((told.0.as_slice(), told.1), (named, 422));
    }
    let (_database, unit) = site();
    let mut fits = seat("a", 1, true);
    fits.kind = "it's".into();
    Seat::create(fits).save(&unit.db()).await.unwrap();
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn set(files: &[(&str, String)]) -> Vec<Set> {
    let files: Vec<SetFile> = files
        .iter()
        .map(|(name, text)| SetFile {
            name: leaked(name),
            text: leaked(text),
        })
        .collect();
    vec![Set {
        package: Seat::meta().package,
        folder: "",
        files: files.leak(),
    }]
}

fn made(model: &'static ModelMeta, sets: &[Set]) -> Option<String> {
    match make(Seat::meta().package, &[model], sets, &Answers::default()).unwrap() {
        Made::New(new) => Some(new.text),
        Made::Nothing => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_kept_is_found_and_made_forward_and_back() {
    let first = made(SeatBefore::meta(), &set(&[])).unwrap();
    let one = set(&[("0001_initial", first.clone())]);
    assert_eq!(made(SeatBefore::meta(), &one), None);
    let second = made(Seat::meta(), &one).unwrap();
    for line in [
        "ignores_case = [\"email\"]",
        r#"where = '("active" = TRUE AND "kind" IS DISTINCT FROM '\''shared'\'')'"#
            .replace("'\\''", "'")
            .as_str(),
        "drop_index = \"seat_room_uniq\"",
        "drop_constraint = \"in_order\"",
        "\"first\" <= \"last\"",
    ] {
        let plain = second.replace(['\'', '"', '\\'], "");
        assert!(
            plain.contains(&line.replace(['\'', '"', '\\'], "")),
            "{line} in {second}"
        );
    }
    let two = set(&[("0001_initial", first.clone()), ("0002_seat", second.clone())]);
    assert_eq!(made(Seat::meta(), &two), None, "nothing is found twice: {second}");
    let back = made(SeatBefore::meta(), &two).unwrap();
    let three = set(&[
        ("0001_initial", first),
        ("0002_seat", second),
        ("0003_back", back),
    ]);
    assert_eq!(made(SeatBefore::meta(), &three), None);
    round_trip(&two, &[]).unwrap();
    round_trip(&three, &[]).unwrap();
}

/// A moment has another spelling on each database, and another row may change: neither stands in a file.
#[test]
fn what_no_database_keeps_is_told() {
    for (model, said) in [
        (Momentary::meta(), "`made`"),
        (Reaching::meta(), "the row's own columns"),
    ] {
        let found = checks::check(&[model]);
        assert!(
            found
                .iter()
                .any(|one| one.id == "orm.E011" && one.message.contains(said)),
            "{found:?}"
        );
        let made = make(model.package, &[model], &[], &Answers::default()).unwrap();
        assert!(
            matches!(&made, Made::Refuses(told) if told[0].contains(said)),
            "{made:?}"
        );
    }
    assert!(checks::check(&[Seat::meta()]).is_empty());
}
