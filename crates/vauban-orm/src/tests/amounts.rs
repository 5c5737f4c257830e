//! Days, times and amounts as columns: kept exactly, in their order, and refused where another program wrote nonsense.

use super::*;
use crate::engine::{Database, Options};
use crate::*;
use vauban_macros::Model;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "bill")]
struct Bill {
    id: Id<Bill>,
    amount: Decimal<2, 8>,
    due: Date,
    at: Option<Time>,
    #[field(default = Decimal::ZERO)]
    paid: Decimal,
}

impl Policy for Bill {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            change: Filter::always(),
            ..Rules::public()
        }
    }
}

fn bill(amount: &str, due: &str, at: Option<&str>) -> NewBill {
    NewBill {
        amount: amount.parse().unwrap(),
        due: due.parse().unwrap(),
        at: at.map(|at| at.parse().unwrap()),
    }
}

#[tokio::test]
async fn days_times_and_amounts_are_columns_in_their_order() {
    let database = Database::open(&crate::tests::on::url(), Options::default()).unwrap();
    let mut models = MODELS();
    models.push(Bill::meta());
    database.create_all(&models).unwrap();
    let site = Site::new().await;
    let unit = database.bind(Actor::user(UserFacts {
        id: site.ann.id.uuid(),
        is_staff: false,
        is_superuser: false,
    }));
    let db = unit.db();
    for new in [
        bill("9.50", "1999-12-31", Some("08:00")),
        bill("10", "2026-11-29", Some("14:30:00.000001")),
        bill("-100.00", "0999-01-01", None),
    ] {
        Bill::create(new).save(&db).await.unwrap();
    }
    let amounts = async |rows: QuerySet<Bill>| -> Vec<String> {
        let rows = rows.all(&db).await.unwrap();
        rows.iter().map(|bill| bill.amount.to_string()).collect()
    };
    // Numbers by their worth and not by their text, days by the calendar.
    let all = Bill::objects;
    assert_eq!(
        amounts(all().order_by(|b| b.amount.asc())).await,
        ["-100.00", "9.50", "10.00"]
    );
    assert_eq!(
        amounts(all().order_by(|b| b.due.desc())).await,
        ["10.00", "9.50", "-100.00"]
    );
    assert_eq!(
        amounts(all().order_by(|b| b.at.desc())).await,
        ["10.00", "9.50", "-100.00"]
    );
    let ten = Decimal::whole(10).unwrap();
    assert_eq!(amounts(all().filter(|b| b.amount.ge(ten))).await, ["10.00"]);
    let day = Date::parse("2000-01-01").unwrap();
    assert_eq!(
        amounts(all().filter(|b| b.due.lt(day)).order_by(|b| b.due.asc())).await,
        ["-100.00", "9.50"]
    );
    let noon = Time::new(12, 0, 0).unwrap();
    assert_eq!(amounts(all().filter(|b| b.at.gt(noon))).await, ["10.00"]);

    let bill = all().get_to_change(&db, |b| b.amount.eq(ten)).await.unwrap();
    assert_eq!(bill.at.unwrap().to_string(), "14:30:00.000001");
    let due = bill.due.plus_days(1).unwrap();
    let changed = bill
        .change(&db, |b| {
            [b.due.set(due), b.paid.set(Decimal::from_units(5).unwrap())]
        })
        .await
        .unwrap();
    assert_eq!(
        (
            changed.due.to_string().as_str(),
            changed.paid.to_string().as_str()
        ),
        ("2026-11-30", "0.05")
    );
}

/// A line of an order, with few digits, so that many sums have too many.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "order_line")]
struct Line {
    id: Id<Line>,
    price: Decimal<2, 4>,
    off: Option<Decimal<2, 4>>,
    pieces: i64,
    few: u16,
    total: Decimal<2, 4>,
    rest: Option<Decimal<2, 4>>,
}

impl Policy for Line {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            change: Filter::always(),
            ..Rules::public()
        }
    }
}

type Cents = Decimal<2, 4>;

fn cents(units: i64) -> Cents {
    Cents::from_units(units).unwrap()
}

fn line(price: i64, off: Option<i64>, pieces: i64, few: u16) -> NewLine {
    NewLine {
        price: cents(price),
        off: off.map(cents),
        pieces,
        few,
        total: Cents::ZERO,
        rest: None,
    }
}

async fn lines(new: Vec<NewLine>) -> (Database, crate::engine::Unit) {
    let database = Database::open(&on::url(), Options::default()).unwrap();
    database.create_all(&[Line::meta()]).unwrap();
    database.set_models(vec![Line::meta()]).unwrap();
    let unit = database.bind(Actor::nobody());
    Line::create_all(new).save(&unit.db()).await.unwrap();
    (database, unit)
}

/// What fits, in 128 bits.
fn exact(units: i128) -> Option<Cents> {
    i64::try_from(units).ok().and_then(Cents::from_units)
}

#[tokio::test]
async fn amounts_are_computed_exactly_or_not_at_all() {
    let ends = [
        -9_999, -9_998, -5_000, -1, 0, 1, 4_999, 5_000, 5_001, 9_998, 9_999,
    ];
    let pieces = [i64::MIN, i64::MIN + 1, -3, -1, 0, 1, 2, 3, i64::MAX];
    let mut new = Vec::new();
    for (i, price) in ends.into_iter().enumerate() {
        for (j, off) in ends.into_iter().map(Some).chain([None]).enumerate() {
            let few = u16::try_from(i + j).unwrap();
            new.push(line(price, off, pieces[(i * 7 + j) % pieces.len()], few));
        }
    }
    let (_database, unit) = lines(new).await;
    let db = unit.db();
    type Computed = (Line, [Option<Cents>; 6]);
    let rows = Line::objects().all(&db).await.unwrap();
    let computed = |line: &Line| -> [Option<Cents>; 6] {
        let (price, pieces) = (i128::from(line.price.units()), i128::from(line.pieces));
        let off = line.off.map(|off| i128::from(off.units()));
        let few = i128::from(line.few);
        let sum = exact(price + 12);
        [
            off.and_then(|off| exact(price + off)),
            off.and_then(|off| exact(price - off)),
            exact(price * pieces),
            exact(few * price),
            // None on the way is none, whatever comes after.
            sum.and_then(|sum| off.and_then(|off| exact(i128::from(sum.units()) - off))),
            off.and_then(|off| exact(price + off)).or(Some(line.price)),
        ]
    };
    let mut seen: Vec<Computed> = Vec::new();
    for row in rows {
        let expected = computed(&row);
        let values = Line::objects()
            .filter(|l| l.id.eq(row.id))
            .values(|l| {
                (
                    &l.price + &l.off,
                    &l.price - &l.off,
                    &l.price * &l.pieces,
                    &l.few * &l.price,
                    (&l.price + cents(12)) - &l.off,
                    (&l.price + &l.off).coalesce(&l.price),
                )
            })
            .all(&db)
            .await
            .unwrap();
        let (a, b, c, d, e, f) = values[0];
        assert_eq!([a, b, c, d, e, Some(f)], expected, "{row:?}");
        seen.push((row, expected));
    }
    // In filters, orders and sums.
    let greater = Line::objects().filter(|l| (&l.price + &l.off).gt(cents(5_000)));
    let more = |of: &Computed| of.1[0].is_some_and(|sum| sum > cents(5_000));
    let expected = seen.iter().filter(|of| more(of)).count();
    assert!(expected > 0 && seen.iter().any(|of| of.1[0].is_none()));
    assert_eq!(greater.count(&db).await.unwrap(), expected as u64);
    let all = Line::objects()
        .aggregate(&db, |l| (&l.price + &l.off).sum())
        .await
        .unwrap();
    let sum: i64 = seen.iter().filter_map(|of| of.1[0]).map(Decimal::units).sum();
    assert_eq!(all.map(Decimal::units), Some(sum));
    let none = Line::objects()
        .filter(|l| (&l.few * &l.price).is_null())
        .count(&db)
        .await
        .unwrap();
    assert_eq!(none as usize, seen.iter().filter(|of| of.1[3].is_none()).count());
}

/// The digits of a constant decide what is too much, and no text is taken for another's.
#[tokio::test]
async fn a_constants_digits_are_its_own() {
    let (_database, unit) = lines(vec![line(0, None, 11, 0)]).await;
    let db = unit.db();
    for _ in 0..2 {
        let small = Line::objects()
            .values(|l| &l.pieces * cents(999))
            .all(&db)
            .await
            .unwrap();
        assert_eq!(small, [None]);
        let large = Decimal::<2, 6>::from_units(999).unwrap();
        let large = Line::objects()
            .values(|l| &l.pieces * large)
            .all(&db)
            .await
            .unwrap();
        assert_eq!(large[0].unwrap().to_string(), "109.89");
    }
}

#[tokio::test]
async fn an_amount_is_set_to_what_is_computed_or_refused() {
    let (_database, unit) = lines(vec![line(9_990, Some(9), 3, 0), line(10, Some(5), 4, 0)]).await;
    let db = unit.db();
    let told = |error: Error| {
        error
            .problems()
            .into_iter()
            .map(|one| one.field)
            .collect::<Vec<_>>()
    };
    // 99.99 is an amount, and no end that stands for more.
    let all = Line::objects();
    all.change_all(&db, |l| [l.total.set_to(&l.price + &l.off)])
        .await
        .unwrap();
    let totals = async || -> Vec<String> {
        let rows = Line::objects()
            .order_by(|l| l.price.asc())
            .all(&db)
            .await
            .unwrap();
        rows.iter().map(|line| line.total.to_string()).collect()
    };
    assert_eq!(totals().await, ["0.15", "99.99"]);
    for refused in [
        Line::objects()
            .change_all(&db, |l| [l.total.set_to(&l.price * &l.pieces)])
            .await,
        Line::objects()
            .change_all(&db, |l| {
                [l.total.set_to((&l.price + &l.total).coalesce(Cents::ZERO))]
            })
            .await,
    ] {
        assert_eq!(told(refused.unwrap_err()), ["total"]);
    }
    // CWE-682: an optional amount does not become none, for that is another one.
    let optional = Line::objects()
        .change_all(&db, |l| [l.rest.set_to(&l.price * &l.pieces)])
        .await;
    assert_eq!(told(optional.unwrap_err()), ["rest"]);
    assert_eq!(totals().await, ["0.15", "99.99"]);
    let one = Line::objects()
        .get_to_change(&db, |l| l.pieces.eq(4))
        .await
        .unwrap();
    let one = one
        .change(&db, |l| [l.rest.set_to(&l.price * &l.pieces - &l.off)])
        .await
        .unwrap();
    assert_eq!(one.rest.unwrap().to_string(), "0.35");
    assert!(
        Line::objects()
            .filter(|l| l.rest.gt(&l.price + &l.off))
            .count(&db)
            .await
            .unwrap()
            == 1
    );
}
