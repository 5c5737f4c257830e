//! Every kind of value is read as it was written, in its order, on both databases; what does not fit is refused at its field,
//! and nothing of it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options, Unit};
use crate::untyped::Given;
use crate::*;

/// What somebody chose.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    theme: String,
    #[serde(default)]
    sizes: BTreeMap<String, i64>,
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub(super) struct Device {
    id: Id<Device>,
    #[field(max_length = 5)]
    pub name: String,
    pub small: i16,
    #[field(min = -5, max = 100)]
    pub level: i32,
    pub port: u16,
    pub serial: u32,
    #[field(min = 0)]
    pub hits: i64,
    #[field(min = 0, max = 10)]
    pub price: Decimal,
    #[field(max = 1)]
    pub share: Option<f64>,
    #[field(min = 0, max = 86_400)]
    pub uptime: Duration,
    pub address: Option<IpAddress>,
    #[field(max_length = 200)]
    pub settings: Json<Settings>,
    pub notes: Option<Json<Vec<String>>>,
    pub any: Option<Json<serde_json::Value>>,
}

impl Policy for Device {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            change: Filter::always(),
            ..Rules::public()
        }
    }
}

/// Makes one value of a new row wrong.
type Wrong = fn(&mut NewDevice);

fn device() -> NewDevice {
    NewDevice {
        name: "a".into(),
        small: -7,
        level: 5,
        port: u16::MAX,
        serial: u32::MAX,
        hits: 1,
        price: Decimal::whole(10).unwrap(),
        share: Some(0.5),
        uptime: "1:30:00.000001".parse().unwrap(),
        address: Some("::ffff:192.0.2.1".parse().unwrap()),
        settings: Json(Settings {
            theme: "é \"\\ \u{1}".into(),
            sizes: BTreeMap::from([("b".to_owned(), i64::MIN), ("a".to_owned(), 1)]),
        }),
        notes: None,
        any: None,
    }
}

fn site() -> (Database, Unit) {
    let database = Database::open(&on::url(), Options::default()).unwrap();
    let models = vec![Device::meta()];
    database.create_all(&models).unwrap();
    database.set_models(models).unwrap();
    let unit = database.bind(Actor::nobody());
    (database, unit)
}

#[tokio::test]
async fn every_value_is_read_as_it_was_written() {
    let (_database, unit) = site();
    let db = unit.db();
    let new = device();
    let id = Device::create(device()).save(&db).await.unwrap().id;
    let mut other = device();
    (other.small, other.port, other.serial) = (i16::MIN, 0, 0);
    other.uptime = Duration::ZERO;
    other.notes = Some(Json(vec!["x".into()]));
    other.address = Some("2001:db8::1".parse().unwrap());
    Device::create(other).save(&db).await.unwrap();
    let read = Device::objects().get(&db, |d| d.id.eq(id)).await.unwrap();
    assert_eq!(
        (read.small, read.level, read.port, read.serial),
        (new.small, new.level, new.port, new.serial)
    );
    assert_eq!(
        (read.hits, read.price, read.share, read.uptime),
        (new.hits, new.price, new.share, new.uptime)
    );
    assert_eq!((read.address, &read.settings), (new.address, &new.settings));
    assert_eq!(read.notes, None);

    let count = async |rows: QuerySet<Device>| rows.count(&db).await.unwrap();
    let all = Device::objects;
    let hour = Duration::from_seconds(3600).unwrap();
    assert_eq!(count(all().filter(|d| d.uptime.gt(hour))).await, 1);
    assert_eq!(
        count(all().filter(|d| d.serial.ge(u32::MAX) & d.port.gt(7_u16))).await,
        1
    );
    assert_eq!(count(all().filter(|d| d.small.lt(-7_i16))).await, 1);
    assert_eq!(count(all().filter(|d| d.notes.is_null())).await, 1);
    // CWE-1289: another spelling is the same address.
    let address: IpAddress = "::FFFF:c000:201".parse().unwrap();
    assert_eq!(count(all().filter(|d| d.address.eq(address))).await, 1);
    assert_eq!(count(all().filter(|d| d.address.is_in([address]))).await, 1);
    let first = all().order_by(|d| d.uptime.asc()).all(&db).await.unwrap();
    assert_eq!(first[0].uptime, Duration::ZERO);

    let row = all().get_to_change(&db, |d| d.id.eq(id)).await.unwrap();
    let settings = Settings {
        theme: "plain".into(),
        sizes: BTreeMap::new(),
    };
    let row = row.change(&db, |d| {
        [d.settings.set(settings.clone()), d.notes.set(Some(Json(vec![])))]
    });
    let row = row.await.unwrap();
    assert_eq!((row.settings.0, row.notes), (settings, Some(Json(vec![]))));
}

/// CWE-20, CWE-158, CWE-190, CWE-770, CWE-1284. Attack: a value that the column's type holds and the field does not.
#[tokio::test]
async fn cwe_1284_what_does_not_fit_is_refused_at_its_field() {
    let (_database, unit) = site();
    let db = unit.db();
    let duration = |seconds| Duration::from_seconds(seconds).unwrap();
    let cases: [(&str, &str, Wrong); 9] = [
        ("name", "max_length", |d| d.name = "abcdef".into()),
        ("name", "null_characters", |d| d.name = "a\0".into()),
        ("level", "range", |d| d.level = 101),
        ("level", "range", |d| d.level = -6),
        ("hits", "min", |d| d.hits = -1),
        ("price", "range", |d| d.price = Decimal::from_units(1001).unwrap()),
        ("share", "max", |d| d.share = Some(1.5)),
        ("settings", "max_bytes", |d| d.settings.0.theme = "x".repeat(200)),
        ("settings", "null_characters", |d| {
            d.settings.0.theme = "\0".into();
        }),
    ];
    for (field, code, wrong) in cases {
        let mut new = device();
        wrong(&mut new);
        let error = Device::create(new).save(&db).await.unwrap_err();
        let told: Vec<_> = error
            .problems()
            .iter()
            .map(|p| (p.field, p.problem.code()))
            .collect();
        assert_eq!((told.as_slice(), error.status()), (&[(field, code)][..], 422));
    }
    let mut new = device();
    new.uptime = duration(86_401);
    let error = Device::create(new).save(&db).await.unwrap_err();
    assert_eq!(
        error.problems()[0].problem,
        "Enter a duration from 0:00:00 to 24:00:00."
    );
    assert_eq!(Device::objects().count(&db).await.unwrap(), 0);
    unit.finish(false).await.unwrap();
}

/// The same attack past our own checks: the database holds every row to the bounds, and says at which field.
#[tokio::test]
async fn cwe_1284_the_database_holds_numbers_to_their_bounds() {
    let wrong: [(&str, Wrong); 5] = [
        ("level", |d| d.level = 101),
        ("hits", |d| d.hits = -1),
        ("price", |d| d.price = Decimal::from_units(-1).unwrap()),
        ("share", |d| d.share = Some(1.000_1)),
        ("uptime", |d| d.uptime = Duration::from_micros(-1).unwrap()),
    ];
    for (field, wrong) in wrong {
        let (_database, unit) = site();
        let mut new = device();
        wrong(&mut new);
        let error = {
            let _attack = without(Control::Validation);
            Device::create(new).save(&unit.db()).await.unwrap_err()
        };
        assert_eq!(
            (error.problems()[0].field, error.status()),
            (field, 422),
            "{error}"
        );
    }
}

/// CWE-209: a step beyond a bound is no error, which could tell of a value; the bound is where it ends.
#[tokio::test]
async fn an_increase_ends_at_the_bounds() {
    let (_database, unit) = site();
    let db = unit.db();
    let id = Device::create(device()).save(&db).await.unwrap().id;
    for (by, hits) in [(-2, 0), (7, 7), (i64::MAX, i64::MAX), (i64::MIN, 0)] {
        let row = Device::objects()
            .get_to_change(&db, |d| d.id.eq(id))
            .await
            .unwrap();
        let row = row.change(&db, |d| [d.hits.increase_by(by)]).await.unwrap();
        assert_eq!(row.hits, hits, "{by}");
    }
}

/// CWE-843, CWE-203: by metadata the types are as strict, and documents are no oracle.
#[tokio::test]
async fn by_metadata_the_types_are_as_strict() {
    let (_database, unit) = site();
    let db = unit.db();
    let id = Device::create(device()).save(&db).await.unwrap().id;
    let table = db.table("device").unwrap();
    let column = |name| table.column(name).unwrap();
    for (name, text, shown) in [
        ("small", "-7", "-7"),
        ("serial", "4294967295", "4294967295"),
        ("uptime", "1:30:00.000001", "1:30:00.000001"),
        ("address", "::ffff:192.0.2.1", "192.0.2.1"),
    ] {
        let given = column(name).parse(text).unwrap();
        let rows = table
            .objects()
            .filter(column(name).eq(given).unwrap())
            .unwrap()
            .all(&db)
            .await
            .unwrap();
        assert_eq!(rows[0].text(&column(name)).unwrap(), shown, "{name}");
    }
    for (name, text) in [
        ("small", "32768"),
        ("port", "-1"),
        ("serial", "4294967296"),
        ("uptime", "90"),
        ("address", "127.1"),
        ("settings", "{\"theme\":1}"),
        ("settings", "{"),
    ] {
        assert!(column(name).parse(text).is_err(), "{name} {text}");
    }
    let settings = column("settings");
    let given = || Given::from(Json(vec!["x".to_owned()]));
    assert!(settings.eq(given()).is_err() && settings.ne(given()).is_err());
    assert!(settings.is_in([given()]).is_err() && settings.lt(given()).is_err());
    assert!(settings.contains("dark").is_err());
    assert!(!settings.is_ordered() && !settings.is_text());
    let _ = id;
}

/// CWE-532: a document that is not of its type any more names table, column and row, and nothing of itself.
#[tokio::test]
async fn a_document_of_another_shape_is_named_by_table_column_and_key() {
    if !on::sqlite() {
        return; // written past the ORM, by a driver of its own
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("db");
    let url = format!("sqlite://{}", file.display());
    let database = Database::open(&url, Options::default()).unwrap();
    let models = vec![Device::meta()];
    database.create_all(&models).unwrap();
    database.set_models(models).unwrap();
    let unit = database.bind(Actor::nobody());
    let id = Device::create(device()).save(&unit.db()).await.unwrap().id;
    unit.finish(true).await.unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    for stored in ["{\"theme\": 7}", "{\"secret\": 1}", "secret", ""] {
        other
            .execute("UPDATE \"device\" SET \"settings\" = ?", [stored])
            .unwrap();
        let unit = database.bind(Actor::nobody());
        let error = Device::objects().all(&unit.read_db()).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`device.settings`") && text.contains(&id.to_string()),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
        // What is not asked of the document is answered as before.
        assert_eq!(Device::objects().count(&unit.read_db()).await.unwrap(), 1);
    }
}

/// Documents that no column takes.
fn unfit() -> [(&'static str, String); 3] {
    let many = vec!["1e308"; 1000].join(",");
    [
        ("json_depth", "[".repeat(33) + &"]".repeat(33)),
        ("null_characters", r#"{"a":"\u0000"}"#.to_owned()),
        // CWE-400: 6,001 bytes that PostgreSQL would give back as 310,000.
        ("max_bytes", format!("[{many}]")),
    ]
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "draft")]
struct Draft {
    id: Id<Draft>,
    pub number: i32,
    #[field(default = Json(serde_json::json!("\0")))]
    pub any: Option<Json<serde_json::Value>>,
}

impl Policy for Draft {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

/// CWE-754: a default that no column takes is told at its field, and no row is without it.
#[tokio::test]
async fn cwe_754_a_default_that_is_refused_is_not_nothing() {
    let database = Database::open(&on::url(), Options::default()).unwrap();
    let models = vec![Draft::meta()];
    database.create_all(&models).unwrap();
    database.set_models(models).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let error = Draft::create(NewDraft { number: 1 }).save(&db).await.unwrap_err();
    assert_eq!(error.problems()[0].field, "any");
    assert_eq!(Draft::objects().count(&db).await.unwrap(), 0);
}

/// CWE-20, CWE-754. Attack: whoever may set a document by metadata sends one that is refused, and the one that is stored is gone.
#[tokio::test]
async fn cwe_754_a_refused_document_empties_no_column() {
    let (_database, unit) = site();
    let db = unit.db();
    let mut new = device();
    new.any = Some(Json(serde_json::json!({ "a": 1 })));
    let id = Device::create(new).save(&db).await.unwrap().id;
    let table = db.table("device").unwrap();
    let any = table.column("any").unwrap();
    let key = table.key(&id.to_string()).unwrap();
    for (code, text) in unfit() {
        let json = Json(serde_json::from_str::<serde_json::Value>(&text).unwrap());
        let ways = [
            any.set_text(&text).unwrap(),
            any.set(json.clone()).unwrap(),
            any.set(Some(json.clone())).unwrap(),
            any.set(crate::tree::value::Value::Text(text.clone())).unwrap(),
        ];
        for (way, set) in ways.into_iter().enumerate() {
            let row = table.objects().get_to_change(&db, key).await.unwrap();
            let error = row.change(&db, [set]).await.unwrap_err();
            assert_eq!(error.problems()[0].problem.code(), code, "{way}");
        }
        let mut new = device();
        new.any = Some(json);
        let error = Device::create(new).save(&db).await.unwrap_err();
        assert_eq!(error.problems()[0].problem.code(), code);
        assert!(any.parse(&text).is_err() || code == "max_bytes");
    }
    let row = Device::objects().get(&db, |d| d.id.eq(id)).await.unwrap();
    assert_eq!(row.any, Some(Json(serde_json::json!({ "a": 1 }))));
}
