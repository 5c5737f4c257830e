//! Time in rules: of the moment at which a statement runs, not of the moment at which the rules were built.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::engine::{Database, Options};
use crate::*;
use vauban_macros::Model;

/// Seen until it ends, and taken until the day before its last.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Offer {
    id: Id<Offer>,
    ends: DateTime,
    last_day: Date,
    #[field(default = false)]
    taken: bool,
}

impl Policy for Offer {
    fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: o.ends.gt(who.now()),
            add: Filter::always(),
            change: o.last_day.gt(who.now().date_in_utc()),
            ..Rules::none()
        }
    }
}

macro_rules! frozen {
    ($name:ident, |$row:ident| $view:expr) => {
        #[derive(Model, Debug, Clone)]
        #[model(crate = vauban_orm)]
        struct $name {
            id: Id<$name>,
            ends: DateTime,
            last_day: Date,
            count: i64,
        }

        impl Policy for $name {
            fn rules(_: Who<Self>, $row: &Columns<Self>) -> Rules<Self> {
                Rules {
                    view: $view,
                    ..Rules::none()
                }
            }
        }
    };
}

static COUNTED: AtomicI64 = AtomicI64::new(0);
frozen!(ByMoment, |r| r.ends.gt(DateTime::now()));
frozen!(ByDay, |r| r.last_day.ge(Date::today_in_utc()));
frozen!(ByChance, |r| r.id.lt(Id::random()));
frozen!(ByCounter, |r| r.count.lt(COUNTED.fetch_add(1, Ordering::Relaxed)));
frozen!(ByOwnClock, |r| r.ends.gt(DateTime::from(jiff::Timestamp::now())));

fn database(models: Vec<&'static ModelMeta>) -> Database {
    database_at(&crate::tests::on::url(), models)
}

fn database_at(url: &str, models: Vec<&'static ModelMeta>) -> Database {
    let database = Database::open(url, Options::default()).unwrap();
    database.create_all(&models).unwrap();
    database
}

/// CWE-367. Attack: waiting; the row's time ends while the program runs.
#[tokio::test]
async fn cwe_367_a_rule_knows_what_time_it_is() {
    let database = database(vec![Offer::meta()]);
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let today = Date::today_in_utc();
    let offer = |milliseconds: i64, days: i32| NewOffer {
        ends: DateTime::from_micros(DateTime::now().micros() + milliseconds * 1000).unwrap(),
        last_day: today.plus_days(days).unwrap(),
    };
    for new in [
        offer(3_600_000, 2),
        offer(400, 2),
        offer(-1000, 2),
        offer(3_600_000, 0),
    ] {
        Offer::create(new).save(&db).await.unwrap();
    }
    let seen = async || Offer::objects().count(&db).await.unwrap();
    assert_eq!(seen().await, 3);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(seen().await, 2, "one ended meanwhile");

    let mut changed = 0;
    for offer in Offer::objects().all(&db).await.unwrap() {
        match Offer::objects().get_to_change(&db, |o| o.id.eq(offer.id)).await {
            Ok(offer) => {
                offer.change(&db, |o| [o.taken.set(true)]).await.unwrap();
                changed += 1;
            }
            Err(error) => assert!(matches!(error, Error::Forbidden), "{error}"),
        }
    }
    assert_eq!(changed, 1, "the other's last day is here");
}

/// CWE-367. The mistake: a rule that is built once asks what is known at one moment only. It serves nobody, and `check`
/// says what to write.
#[tokio::test]
async fn cwe_367_a_rule_that_asks_the_clock_while_it_is_built_serves_nobody() {
    async fn told<M: Policy + std::fmt::Debug>() -> String {
        let models = vec![M::meta()];
        let found = checks::check(&models);
        let db = database_at(&crate::tests::on::url_without_policies(), models);
        let unit = db.bind(Actor::nobody());
        {
            let _attack = without(Control::Symbolic);
            assert!(QuerySet::<M>::new().all(&unit.read_db()).await.is_ok());
        }
        let unit = db.bind(Actor::nobody());
        let error = QuerySet::<M>::new().all(&unit.read_db()).await.unwrap_err();
        assert!(matches!(error, Error::Internal(_)), "{error}");
        let [finding] = &*found else { panic!("{found:?}") };
        assert_eq!(finding.id, "orm.E006");
        assert!(error.to_string().contains(&finding.message));
        finding.message.clone()
    }
    assert!(told::<ByMoment>().await.contains("`who.now()`"));
    assert!(told::<ByDay>().await.contains("`who.now().date_in_utc()`"));
    assert!(told::<ByChance>().await.contains("`Id::random`"));
    assert!(told::<ByCounter>().await.contains("each time they are built"));
    assert!(told::<ByOwnClock>().await.contains("each time they are built"));
    assert!(checks::check(&[Offer::meta()]).is_empty());
}

#[test]
fn a_review_reads_the_time_as_such() {
    let rules = checks::policy(Offer::meta(), &[Offer::meta()]);
    let text = format!("{rules:?}");
    assert!(text.contains("ends > now"), "{text}");
    assert!(text.contains("last_day > today in UTC"), "{text}");
    let shown = |clock: crate::tree::value::Clock| clock.to_string();
    let hour = crate::tree::value::Clock::Moment {
        micros: -3_600_000_000,
    };
    assert_eq!(shown(hour), "now - 3600 s");
    let soon = crate::tree::value::Clock::Moment { micros: 1_050_000 };
    assert_eq!(shown(soon), "now + 1.05 s");
    let week = crate::tree::value::Clock::Day { micros: 0, days: 7 };
    assert_eq!(shown(week), "today in UTC + 7 days");
    // Behind the calendar's end nothing compares.
    let never = crate::tree::value::Clock::Day {
        micros: i64::MAX,
        days: i32::MAX,
    };
    assert_eq!(never.value(), crate::tree::value::Value::Null);
}
