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
