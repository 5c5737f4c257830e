//! What goes with a row, however the rows refer to each other.

use super::*;
use crate::engine::{Database, Options, Unit};
use crate::*;
use vauban_macros::Model;

/// Goes with the next one.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "cascade_link")]
struct Link {
    id: Id<Link>,
    #[field(on_delete = cascade)]
    next: Option<ForeignKey<Link>>,
    #[field(default = false)]
    locked: bool,
}
impl Policy for Link {
    fn rules(_: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            change: Filter::always(),
            delete: l.locked.eq(false),
            ..Rules::public()
        }
    }
}

/// Has to be about something; goes with its link.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "cascade_doc")]
struct Doc {
    id: Id<Doc>,
    #[field(on_delete = set_null)]
    about: Option<ForeignKey<Link>>,
    #[field(on_delete = set_null)]
    besides: Option<ForeignKey<Link>>,
    #[field(on_delete = cascade)]
    owner: Option<ForeignKey<Link>>,
}
impl Policy for Doc {
    fn rules(_: Who<Self>, d: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            change: !(d.about.is_null() & d.besides.is_null()),
            delete: Filter::always(),
            ..Rules::public()
        }
    }
}

/// Teams and people refer to each other.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "cascade_team")]
struct Team {
    id: Id<Team>,
    #[field(on_delete = cascade)]
    lead: ForeignKey<Person>,
}
impl Policy for Team {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            delete: Filter::always(),
            ..Rules::public()
        }
    }
}
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "cascade_person")]
struct Person {
    id: Id<Person>,
    #[field(on_delete = cascade)]
    team: ForeignKey<Team>,
}
impl Policy for Person {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            delete: Filter::always(),
            ..Rules::public()
        }
    }
}

fn models() -> Vec<&'static ModelMeta> {
    vec![Link::meta(), Doc::meta(), Team::meta(), Person::meta()]
}

fn database(options: Options) -> Database {
    let database = Database::open("sqlite::memory:", options).unwrap();
    database.create_all(&models()).unwrap();
    database
}

fn id<M>(number: u32) -> Id<M> {
    Id::from_uuid(uuid::Uuid::from_u128(u128::from(number)))
}

/// Rows as they may come to be, whatever the order in which one would have to write them.
fn fill(database: &Database, sql: &str) {
    let sqlite = rusqlite::Connection::open(database.path()).unwrap();
    sqlite.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    sqlite.execute_batch(sql).unwrap();
    let broken: i64 = sqlite
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(broken, 0);
}

/// Links 1…n, each of which refers to the one before it.
fn chain(database: &Database, links: u32) {
    fill(
        database,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {links}) INSERT INTO cascade_link \
             SELECT unhex(printf('%032x', i)), iif(i = 1, NULL, unhex(printf('%032x', i - 1))), 0, 1 FROM n"
        ),
    );
}

async fn left(unit: &Unit) -> u64 {
    Link::objects().count(&unit.read_db()).await.unwrap()
}

async fn delete(db: &Db<Write>, number: u32) -> Result<()> {
    let link = Link::objects().get_to_delete(db, |l| l.id.eq(id(number))).await?;
    link.delete(db).await
}

/// CWE-674. Attack: a chain of rows, and the first of them is deleted.
#[tokio::test]
async fn cwe_674_a_chain_of_rows_goes_without_taking_the_stack() {
    let database = database(Options::default());
    chain(&database, 10_000);
    let unit = database.bind(Actor::nobody());
    delete(&unit.db(), 1).await.unwrap();
    assert_eq!(left(&unit).await, 0);
    unit.finish(true).await.unwrap();
    assert_eq!(left(&database.bind(Actor::nobody())).await, 0);
}

/// CWE-400: the work of a cascade is bounded; beyond that nothing of it is done.
#[tokio::test]
async fn cwe_400_a_cascade_ends_with_its_work() {
    let database = database(Options {
        steps: 400_000,
        ..Options::default()
    });
    chain(&database, 10_000);
    let unit = database.bind(Actor::nobody());
    let error = delete(&unit.db(), 1).await.unwrap_err();
    assert_eq!(error.status(), 503, "{error}");
    assert_eq!(left(&unit).await, 10_000);
    // The unit is as it was.
    delete(&unit.db(), 9_999).await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(left(&database.bind(Actor::nobody())).await, 9_998);
}

/// Rows that all may go do go, whichever way they hang together; one that may not keeps all of them.
#[tokio::test]
async fn rows_go_together_however_they_refer_to_each_other() {
    let database = database(Options::default());
    let three = "INSERT INTO cascade_link VALUES \
        (unhex(printf('%032x', 1)), unhex(printf('%032x', {1})), 0, 1), \
        (unhex(printf('%032x', 2)), unhex(printf('%032x', 1)), 0, 1), \
        (unhex(printf('%032x', 3)), unhex(printf('%032x', 2)), 0, 1)";
    // In a circle, by any of them; and one that refers to itself.
    for first in [3, 2, 1] {
        fill(&database, &three.replace("{1}", &first.to_string()));
        let unit = database.bind(Actor::nobody());
        delete(&unit.db(), 1).await.unwrap();
        assert_eq!(left(&unit).await, 0, "{first}");
        unit.finish(true).await.unwrap();
    }
    // A row and its grandchild in one set: the child goes with them.
    chain(&database, 3);
    let unit = database.bind(Actor::nobody());
    let ends = Link::objects().filter(|l| l.id.is_in([id(1), id(3)]));
    assert_eq!(ends.delete_all(&unit.db()).await.unwrap(), 2);
    assert_eq!(left(&unit).await, 0);
    unit.finish(false).await.unwrap();
    // CWE-862: not if the child may not be deleted.
    fill(
        &database,
        "UPDATE cascade_link SET locked = 1 WHERE id = unhex(printf('%032x', 2))",
    );
    let unit = database.bind(Actor::nobody());
    let ends = || Link::objects().filter(|l| l.id.is_in([id(1), id(3)]));
    assert_eq!(ends().delete_all(&unit.db()).await.unwrap_err().status(), 403);
    assert_eq!(left(&unit).await, 3);
    let _attack = without(Control::Cascade);
    assert!(ends().delete_all(&unit.db()).await.is_ok());
}

/// Tables that refer to each other, of rows that need each other.
#[tokio::test]
async fn rows_go_together_across_tables() {
    let rows = "INSERT INTO cascade_team VALUES (unhex(printf('%032x', 1)), unhex(printf('%032x', 2)), 1); \
        INSERT INTO cascade_person VALUES (unhex(printf('%032x', 2)), unhex(printf('%032x', 1)), 1)";
    let database = database(Options::default());
    fill(&database, rows);
    let delete = async || {
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        let team = Team::objects()
            .get_to_delete(&db, |t| t.id.eq(id(1)))
            .await
            .unwrap();
        let deleted = team.delete(&db).await;
        unit.finish(deleted.is_ok()).await.unwrap();
        deleted
    };
    // A table that is no model's refers to one of them, which is seen before and not at everybody's COMMIT.
    fill(
        &database,
        "CREATE TABLE by_hand (person BLOB REFERENCES cascade_person (id)); \
         INSERT INTO by_hand VALUES (unhex(printf('%032x', 2)))",
    );
    assert_eq!(delete().await.unwrap_err().status(), 409);
    fill(&database, "DROP TABLE by_hand");
    delete().await.unwrap();
    let unit = database.bind(Actor::nobody());
    assert!(!Team::objects().exists(&unit.read_db()).await.unwrap());
    assert!(!Person::objects().exists(&unit.read_db()).await.unwrap());
}

/// CWE-674. Attack: the chain leads through two tables.
#[tokio::test]
async fn cwe_674_a_chain_through_tables_goes_without_taking_the_stack() {
    let database = database(Options::default());
    // Team 1 is led by person 2, of team 1; team 3 by person 2, with person 4; and so on.
    fill(
        &database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 2 FROM n LIMIT 3000) INSERT INTO cascade_team \
         SELECT unhex(printf('%032x', i)), unhex(printf('%032x', max(i - 1, 2))), 1 FROM n; \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 2 FROM n LIMIT 3000) INSERT INTO cascade_person \
         SELECT unhex(printf('%032x', i + 1)), unhex(printf('%032x', i)), 1 FROM n",
    );
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let first = Team::objects()
        .get_to_delete(&db, |t| t.id.eq(id(1)))
        .await
        .unwrap();
    first.delete(&db).await.unwrap();
    assert_eq!(Team::objects().count(&db).await.unwrap(), 0);
    assert_eq!(Person::objects().count(&db).await.unwrap(), 0);
    unit.finish(true).await.unwrap();
}

/// CWE-863: a row that loses several references is judged without all of them.
#[tokio::test]
async fn a_row_is_judged_as_it_becomes_in_the_end() {
    let database = database(Options::default());
    chain(&database, 1);
    let link = |number: u32| format!("unhex(printf('%032x', {number}))");
    let more = format!(
        "INSERT INTO cascade_link VALUES ({}, NULL, 0, 1), ({}, NULL, 0, 1)",
        link(2),
        link(3)
    );
    fill(&database, &more);
    let doc = |about: u32, besides: u32, owner: &str| {
        fill(
            &database,
            &format!(
                "DELETE FROM cascade_doc; INSERT INTO cascade_doc VALUES (x'00000000000000000000000000000009', {}, {}, {owner}, 1)",
                link(about),
                link(besides)
            ),
        );
    };
    let both = async || {
        let unit = database.bind(Actor::nobody());
        let gone = Link::objects()
            .filter(|l| l.id.is_in([id(1), id(2)]))
            .delete_all(&unit.db())
            .await;
        let left = Doc::objects().count(&unit.read_db()).await.unwrap();
        unit.finish(false).await.unwrap();
        (gone.map_err(|error| error.status()), left)
    };
    doc(1, 2, "NULL");
    assert_eq!(both().await, (Err(403), 1), "two references to two rows");
    {
        let _attack = without(Control::Cascade);
        assert_eq!(both().await, (Ok(2), 1));
    }
    doc(1, 1, "NULL");
    assert_eq!(both().await, (Err(403), 1), "two references to one row");
    doc(1, 3, "NULL");
    assert_eq!(both().await, (Ok(2), 1), "one of them stays");
    // What goes itself is not changed.
    doc(1, 2, &link(2));
    assert_eq!(both().await, (Ok(2), 0));
}
