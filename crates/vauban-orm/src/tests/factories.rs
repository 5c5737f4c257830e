//! Rows of which a test says only what it is about.

use std::collections::HashSet;

use vauban_macros::{Choices, Model};

use super::{Fixtures, Site};
use crate::factory::Factory;
use crate::field::{Field, FieldLimits, Kind, Mismatch, Value, ValueRef};
use crate::*;

#[derive(Choices, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[choices(crate = vauban_orm)]
enum Size {
    Small,
    Large,
}

/// Takes none of the values that are tried.
#[derive(Debug, Clone)]
struct Odd(String);
impl Field for Odd {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok(Self(text.to_owned())),
            _ => Err(Mismatch),
        }
    }
    fn check(&self, _: &FieldLimits) -> Result<(), Problem> {
        match self.0.as_str() {
            "odd" => Ok(()),
            _ => Err(Problem::new("integer", "Enter a whole number.")),
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "made_all")]
struct All {
    id: Id<All>,
    #[field(max_length = 2, unique)]
    short: String,
    #[field(max_length = 200, unique)]
    email: String,
    #[field(unique)]
    slug: Slug,
    address: IpAddress,
    size: Size,
    #[field(min = 7, max = 9)]
    few: i16,
    #[field(max = -3)]
    below: i64,
    port: u16,
    price: Decimal,
    #[field(min = 60)]
    takes: Duration,
    on: Date,
    at: Time,
    since: DateTime,
    ratio: f64,
    #[field(max_length = 32)]
    raw: Vec<u8>,
    facts: Json<Vec<String>>,
    may_be: Option<Odd>,
}
impl Policy for All {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "made_odd")]
struct OddOne {
    id: Id<OddOne>,
    odd: Odd,
    all: ForeignKey<All>,
}
impl Policy for OddOne {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "made_circle")]
struct Circle {
    id: Id<Circle>,
    next: ForeignKey<Circle>,
}
impl Policy for Circle {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn models() -> Vec<&'static ModelMeta> {
    vec![All::meta(), OddOne::meta(), Circle::meta()]
}

#[tokio::test]
async fn every_required_column_has_a_value_of_its_own() {
    let database = engine::Database::open(&super::on::url(), engine::Options::default()).unwrap();
    database.create_all(&models()).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let all = Factory::<All>::new().create_many(&db, 20).await.unwrap();
    let slugs: HashSet<_> = all.iter().map(|row| row.slug.to_string()).collect();
    let sizes: HashSet<_> = all.iter().map(|row| row.size).collect();
    assert_eq!((all.len(), slugs.len(), sizes.len()), (20, 20, 2));
    for row in &all {
        assert!(
            (7..=9).contains(&row.few) && row.below <= -3 && row.email.contains('@'),
            "{row:?}"
        );
        assert!(
            row.takes.as_micros() >= 60_000_000 && row.may_be.is_none(),
            "{row:?}"
        );
    }
    let told = Factory::<All>::new()
        .set(|a| [a.email.set("ann@example.com")])
        .set(|a| [a.few.set(8_i16)])
        .create_each(&db, 2, |n, a| [a.email.set(format!("{n}@example.com"))])
        .await
        .unwrap();
    assert!(told[0].email == "0@example.com" && told[1].email == "1@example.com" && told[1].few == 8);
    // A row that it refers to is made as well, and what cannot be known is asked for.
    let odd = || Factory::<OddOne>::new();
    let error = odd().create(&db).await.unwrap_err().to_string();
    assert!(
        error.contains("`OddOne.odd`") && error.contains("[row.odd.set(…)]"),
        "{error}"
    );
    let made = odd()
        .set(|o| [o.odd.set(Odd("odd".into()))])
        .create(&db)
        .await
        .unwrap();
    assert!(All::objects().get(&db, |a| a.id.eq(made.all.id())).await.is_ok());
    let error = Factory::<Circle>::new()
        .create(&db)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("leads back to itself"), "{error}");
}

/// CWE-862: a factory goes no way round the rules. Attack: somebody makes what they may not, and what goes with it.
#[tokio::test]
async fn cwe_862_a_factory_acts_for_whoevers_handle_it_is() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    // Its author would be another user, whom nobody makes.
    let other = Factory::<super::Article>::new().create(&db).await;
    assert!(matches!(other, Err(Error::Forbidden)), "{other:?}");
    let mine = Factory::<super::Article>::new().set(|a| [a.author.set(site.ann.id)]);
    mine.create(&db).await.unwrap();
    let made = Factory::<super::Task>::new()
        .create(&db.acting::<Fixtures>())
        .await
        .unwrap();
    assert!(!made.title.is_empty());
    unit.finish(true).await.unwrap();
}
