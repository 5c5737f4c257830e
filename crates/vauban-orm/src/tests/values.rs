//! Computed values and what many rows become: at the ends of their types, and as questions about rows that nobody may see.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options};
use crate::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "measure", related(parts: Measure.whole))]
struct Measure {
    id: Id<Measure>,
    #[field(max_length = 100)]
    name: String,
    small: i32,
    large: Option<i64>,
    price: Decimal<2, 18>,
    at: DateTime,
    day: Date,
    #[field(default = false)]
    hidden: bool,
    whole: Option<ForeignKey<Measure>>,
}

impl Policy for Measure {
    fn rules(_: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: m.hidden.eq(false),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes what nobody sees.
    Hider: Add<Measure>, View<Measure>;
    waiver!(ServiceRights, "hidden rows are made for attacks")
}

fn measure(name: &str, small: i32, large: Option<i64>) -> NewMeasure {
    NewMeasure {
        name: name.into(),
        small,
        large,
        price: "1.50".parse().unwrap(),
        at: "2024-02-29T23:59:58.999999Z".parse().unwrap(),
        day: "2024-12-30".parse().unwrap(),
        whole: None,
    }
}

fn empty() -> Database {
    let models = vec![Measure::meta()];
    let database = Database::open(
        &crate::tests::on::url(),
        Options {
            models: models.clone(),
            services: vec![actor::ServiceMeta::of::<Hider>()],
            ..Options::default()
        },
    )
    .unwrap();
    database.create_all(&models).unwrap();
    database
}

/// CWE-190, CWE-369, CWE-209. Attack: numbers at the ends of their types and a divisor of nothing, so that the database's error
/// tells of a row. There is none: the end, or nothing.
#[tokio::test]
async fn no_number_is_an_error_of_the_database() {
    let database = empty();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    for (name, small, large) in [
        ("most", i32::MAX, Some(i64::MAX)),
        ("least", i32::MIN, Some(i64::MIN)),
        ("none", 0, None),
    ] {
        Measure::create(measure(name, small, large))
            .save(&db)
            .await
            .unwrap();
    }
    let less = -1;
    let rows = Measure::objects()
        .order_by(|m| m.name.asc())
        .values(|m| {
            (
                &m.name,
                &m.large + 1,
                &m.large - 1,
                &m.large * &m.large,
                &m.large / -1,
                &m.large % less,
                &m.small * &m.small,
                &m.small / (&m.small - &m.small),
            )
        })
        .all(&db)
        .await
        .unwrap();
    let square = i64::from(i32::MAX) * i64::from(i32::MAX);
    let (most, least) = (i64::MAX, i64::MIN);
    assert_eq!(
        rows,
        [
            (
                "least".into(),
                Some(least + 1),
                Some(least),
                Some(most),
                Some(most),
                Some(0),
                1 << 62,
                None
            ),
            (
                "most".into(),
                Some(most),
                Some(most - 1),
                Some(most),
                Some(-most),
                Some(0),
                square,
                None
            ),
            ("none".into(), None, None, None, None, None, 0, None),
        ]
    );
    // SQLite's own `sum` is an error here, when the statement ends.
    let both = Measure::objects()
        .aggregate(&db, |m| {
            (
                m.large.sum(),
                (&m.large * 1).sum().filter(m.large.gt(0)),
                (&m.large - 5).sum().filter(m.large.lt(0)),
                m.large.avg().filter(m.large.gt(0)),
                m.small.sum(),
                m.large.sum().filter(m.large.is_null()),
            )
        })
        .await
        .unwrap();
    assert_eq!(
        both,
        (
            Some(-1),
            Some(most),
            Some(least),
            Some(most as f64),
            Some(-1),
            None
        )
    );
    for _ in 0..3 {
        Measure::create(measure("more", 0, Some(i64::MAX)))
            .save(&db)
            .await
            .unwrap();
    }
    let sum = Measure::objects()
        .aggregate(&db, |m| m.large.sum())
        .await
        .unwrap();
    assert_eq!(sum, Some(most), "so much or more");
    let summed = Measure::objects()
        .filter(|m| (&m.large + &m.large).gt(i64::MAX - 1) & (&m.large / 0).is_null())
        .count(&db)
        .await
        .unwrap();
    assert_eq!(summed, 4);
}

/// Both databases mean the same by a part of a moment, of a day, and of a text.
#[tokio::test]
async fn moments_days_and_texts_have_the_same_parts_everywhere() {
    let database = empty();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let new = measure(" \u{c4}nne %_ ", 1, None);
    Measure::create(new).save(&db).await.unwrap();
    let all = Measure::objects;
    let moment = all()
        .values(|m| {
            (
                m.at.year(),
                m.at.month(),
                m.at.day(),
                m.at.weekday(),
                m.at.hour(),
                m.at.minute(),
                m.at.second(),
            )
        })
        .get(&db)
        .await
        .unwrap();
    assert_eq!(moment, (2024, 2, 29, 4, 23, 59, 58));
    let day = all()
        .values(|m| (m.day.year(), m.day.month(), m.day.day(), m.day.weekday()))
        .get(&db)
        .await
        .unwrap();
    assert_eq!(day, (2024, 12, 30, 1));
    let text = all()
        .values(|m| {
            (
                m.name.lower(),
                m.name.upper(),
                m.name.trim(),
                m.name.length(),
                m.name.trim().concat("!").concat(&m.name),
                m.whole.name.concat("!"),
                m.whole.name.coalesce("none"),
            )
        })
        .get(&db)
        .await
        .unwrap();
    let texts = [
        " \u{c4}nne %_ ",
        " \u{c4}NNE %_ ",
        "\u{c4}nne %_",
        "\u{c4}nne %_! \u{c4}nne %_ ",
    ]
    .map(String::from);
    let [lower, upper, trimmed, joined] = texts;
    assert_eq!(text, (lower, upper, trimmed, 9, joined, None, "none".into()));
    for (word, found) in [
        ("\u{e4}NN", true),
        ("\u{c4}nn", true),
        ("ann", false),
        ("%", true),
        ("x%", false),
        ("", true),
    ] {
        assert_eq!(
            all().filter(|m| m.name.search(word)).exists(&db).await.unwrap(),
            found,
            "{word}"
        );
    }
    let money = all()
        .aggregate(&db, |m| (m.price.sum(), m.price.max(), m.at.min(), m.name.max()))
        .await
        .unwrap();
    assert_eq!(money.0.unwrap().to_string(), "1.50");
    assert_eq!(money.3.as_deref(), Some(" \u{c4}nne %_ "));
    let which = all()
        .values(|m| {
            (
                case(m.small.gt(1), "many")
                    .when(m.small.eq(1), "one")
                    .otherwise("none"),
                case(m.small.gt(1), "many").or_none(),
            )
        })
        .get(&db)
        .await
        .unwrap();
    assert_eq!(which, ("one".into(), None));
    assert!(
        all()
            .filter(|m| m.name.trim().iexact("\u{c4}NNE %_"))
            .exists(&db)
            .await
            .unwrap()
    );
    assert!(
        all()
            .filter(|m| m.small.range(1, 1) & m.name.is_not_null())
            .exists(&db)
            .await
            .unwrap()
    );
    assert!(!all().filter(|m| m.small.range(2, 1)).exists(&db).await.unwrap());
}

/// CWE-203, CWE-863. Attack: what is counted, added up, the greatest, a group, a page tells of a row that nobody sees.
#[tokio::test]
async fn what_is_hidden_is_in_no_sum_and_no_group() {
    let database = empty();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let whole = Measure::create(measure("whole", 1, Some(1)))
        .save(&db)
        .await
        .unwrap();
    let part = || NewMeasure {
        whole: Some(whole.id),
        ..measure("part", 2, Some(2))
    };
    Measure::create(part()).save(&db).await.unwrap();
    // CWE-440: groups of the rows that happen to come first are no groups.
    let cut = Measure::objects().limit(2).group_by(|m| &m.small);
    let cut = cut.values(|m| m.id.count()).all(&db).await;
    assert!(
        matches!(&cut, Err(Error::Internal(why)) if why.contains("limit")),
        "{cut:?}"
    );
    let attack = async || {
        let all = Measure::objects;
        (
            all()
                .aggregate(&db, |m| (m.id.count(), m.large.sum(), m.large.max()))
                .await
                .unwrap(),
            all()
                .group_by(|m| &m.small)
                .values(|m| m.id.count())
                .all(&db)
                .await
                .unwrap(),
            all()
                .filter(|m| m.id.eq(whole.id))
                .values(|m| {
                    (
                        m.parts.count(),
                        m.parts.sum(|p| &p.large),
                        m.parts.max(|p| &p.small),
                        m.parts.avg(|p| &p.large),
                    )
                })
                .get(&db)
                .await
                .unwrap(),
            all().filter(|m| m.parts.count().gt(1)).exists(&db).await.unwrap(),
            all()
                .filter(|m| m.parts.all(|p| p.small.eq(2)))
                .count(&db)
                .await
                .unwrap(),
            all().values(|m| &m.small).distinct().all(&db).await.unwrap(),
            all()
                .order_by(|m| m.parts.count().desc())
                .first(&db)
                .await
                .unwrap()
                .unwrap()
                .id,
        )
    };
    let before = attack().await;
    assert_eq!(before.0, (2, Some(3), Some(2)));
    assert_eq!(before.2, (1, Some(2), Some(2), Some(2.0)));
    let hidden = NewMeasure {
        small: 9,
        large: Some(9),
        ..part()
    };
    Measure::create(hidden)
        .set(|m| [m.hidden.set(true)])
        .save(&db.acting::<Hider>())
        .await
        .unwrap();
    assert_eq!(attack().await, before);
    for control in [Control::View, Control::Folded] {
        let _attack = without(control);
        assert_ne!(attack().await, before, "{control:?}");
    }
}

/// CWE-400: what is computed is bounded as filters are, and what is asked of a set is not asked of a part.
#[tokio::test]
async fn what_is_computed_is_bounded() {
    let database = empty();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let sum = |m: &Columns<Measure>, terms: usize| {
        let first = &m.small + 0;
        (1..terms).fold(first, |sum, _| sum + &m.small)
    };
    let asked = async |terms: usize| {
        let rows = Measure::objects().filter(|m| sum(m, terms).gt(0));
        rows.count(&db).await.map_err(|error| error.status())
    };
    assert_eq!(asked(20).await, Ok(0));
    assert_eq!(asked(40).await, Err(400), "too deep");
    let long = "x".repeat(5_000);
    let found = Measure::objects()
        .filter(|m| m.name.concat(&*long).eq("x"))
        .count(&db)
        .await;
    assert_eq!(found.map_err(|error| error.status()), Err(400));
    let limited = Measure::objects().limit(3).aggregate(&db, |m| m.id.count()).await;
    assert_eq!(limited.map_err(|error| error.status()), Err(500), "CWE-440");
}

/// A row that comes in between, or goes, moves no other to another page.
#[tokio::test]
async fn a_page_by_key_is_stable() {
    let database = empty();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    for number in 0..6 {
        Measure::create(measure(&format!("m{number}"), number, None))
            .save(&db)
            .await
            .unwrap();
    }
    let query = || Measure::objects().order_by(|m| m.small.desc()).per_page(2);
    let names = |page: &KeysetPage<Measure>| page.iter().map(|m| m.small).collect::<Vec<_>>();
    let first = query().page_after(&db, None).await.unwrap();
    assert_eq!(names(&first), [5, 4]);
    for number in [7, 3] {
        Measure::create(measure("new", number, None))
            .save(&db)
            .await
            .unwrap();
    }
    let next: Cursor = first.next.unwrap().to_string().parse().unwrap();
    // The new 7 stands on the first page, and moves nothing on this one.
    assert_eq!(
        names(&query().page_after(&db, Some(&next)).await.unwrap()),
        [3, 3]
    );
    let other = Measure::objects()
        .order_by(|m| m.small.asc())
        .page_after(&db, Some(&next))
        .await;
    assert!(matches!(other, Err(Error::InvalidCursor)), "CWE-345: {other:?}");
    let none = query()
        .filter(|m| m.small.gt(5))
        .page_after(&db, Some(&next))
        .await;
    assert!(matches!(none, Err(Error::NotFound)), "{none:?}");
    let last = query().last(&db).await.unwrap().unwrap();
    assert_eq!(last.small, 0);
    let ids = [last.id, Id::random()];
    assert_eq!(
        query()
            .in_bulk(&db, ids)
            .await
            .unwrap()
            .into_keys()
            .collect::<Vec<_>>(),
        [last.id]
    );
    assert_eq!(query().count_up_to(&db, 4).await.unwrap(), 4);
}
