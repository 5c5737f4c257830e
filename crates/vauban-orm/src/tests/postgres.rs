//! What is PostgreSQL's own: transactions beside each other.

use super::*;
use crate::engine::{Database, Options};
use crate::*;

async fn two() -> (cluster::Database, Database) {
    let server = cluster::database();
    let options = Options {
        models: MODELS(),
        services: super::rights::services(),
        ..Options::default()
    };
    let database = Database::open(&on::asked_as(&server), options).unwrap();
    database.create_all(&MODELS()).unwrap();
    (server, database)
}

async fn add(db: &Db<Write>, name: &str) -> Result<Organisation> {
    let new = NewOrganisation { name: name.into() };
    Organisation::create(new).save(&db.acting::<Fixtures>()).await
}

async fn names(database: &Database) -> Vec<String> {
    let unit = database.bind(Actor::nobody());
    let all = Organisation::objects().order_by(|o| o.name.asc());
    let all = all.all(&unit.read_db().acting::<Fixtures>()).await.unwrap();
    all.into_iter().map(|one| one.name).collect()
}

/// CWE-362. Attack: two units each read what the other writes, and decide by it: one of them is undone, and says so.
#[tokio::test]
async fn cwe_362_units_are_as_if_one_ran_after_the_other() {
    let (_server, database) = two().await;
    let units = [database.bind(Actor::nobody()), database.bind(Actor::nobody())];
    for unit in &units {
        let db = unit.db();
        db.begin().await.unwrap();
        let none = Organisation::objects()
            .count(&db.acting::<Fixtures>())
            .await
            .unwrap();
        assert_eq!(none, 0);
    }
    // Whoever finds nobody there adds the one.
    let mut saved = 0;
    for unit in units {
        let done = match add(&unit.db(), "the only one").await {
            Ok(_) => unit.finish(true).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => saved += 1,
            Err(error) => assert_eq!(error.status(), 503, "{error}"),
        }
    }
    assert_eq!(saved, 1);
    assert_eq!(names(&database).await, ["the only one"]);
}

/// CWE-362. Attack: two admins take each other's role at the same moment. One after the other, the second has no right to it any
/// more: it is why there is no isolation but this one.
#[tokio::test]
async fn cwe_362_two_do_not_take_from_each_other_what_they_do_it_by() {
    let demoted = async || {
        let (_server, database) = two().await;
        let unit = database.bind(Actor::nobody());
        let service = unit.db();
        let service = service.acting::<Fixtures>();
        let new = NewOrganisation { name: "Alpha".into() };
        let organisation = Organisation::create(new).save(&service).await.unwrap().id;
        let mut admins = Vec::new();
        for email in ["ann@example.com", "ben@example.com"] {
            let user = User::create(NewUser { email: email.into() })
                .save(&service)
                .await
                .unwrap()
                .id;
            let role = Role::Admin;
            let new = NewMembership {
                organisation,
                user,
                role,
            };
            admins.push((user, Membership::create(new).save(&service).await.unwrap().id));
        }
        unit.finish(true).await.unwrap();
        let facts = |user: Id<User>| UserFacts {
            id: user.uuid(),
            is_staff: false,
            is_superuser: false,
        };
        let units = [0, 1].map(|who| database.bind(Actor::user(facts(admins[who].0))));
        let mut done = Vec::new();
        for (unit, (_, other)) in units.iter().zip(admins.iter().rev()) {
            let db = unit.db();
            let row = Membership::objects()
                .get_to_change(&db, |m| m.id.eq(*other))
                .await
                .unwrap();
            done.push(row.change(&db, |m| [m.role.set(Role::Member)]).await.map(drop));
        }
        let mut demoted = 0;
        for (unit, done) in units.into_iter().zip(done) {
            let saved = match done {
                Ok(()) => unit.finish(true).await,
                refused => refused,
            };
            demoted += usize::from(saved.is_ok());
        }
        demoted
    };
    assert_eq!(demoted().await, 1);
    let _attack = without(Control::Serial);
    assert_eq!(demoted().await, 2);
}

/// CWE-460. Attack: a statement that is dropped before its end, and another one after it: half of the unit stays.
#[tokio::test]
async fn cwe_460_a_unit_with_a_dropped_statement_is_dead() {
    let (_server, database) = two().await;
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    add(&db, "before").await.unwrap();
    // Begun, and dropped before anything can have come back.
    tokio::select! {
        biased;
        done = add(&db, "dropped") => panic!("done at the first look: {done:?}"),
        () = std::future::ready(()) => {}
    }
    let after = add(&db, "after").await.unwrap_err();
    assert_eq!(after.status(), 503, "{after}");
    assert!(unit.finish(true).await.is_err());
    assert!(names(&database).await.is_empty());
}

/// A server that went away is 503, and no error of ours; and it is used again when it is back.
#[tokio::test]
async fn a_database_that_is_away_is_said_to_be() {
    let away = Database::open("postgres://nobody@/none?host=/nowhere", Options::default()).unwrap();
    let unit = away.bind(Actor::nobody());
    away.set_models(MODELS()).unwrap();
    let error = Article::objects().count(&unit.read_db()).await.unwrap_err();
    assert_eq!(error.status(), 503, "{error}");
}

/// CWE-352: the second wall behind the types. Attack: a statement that writes, on a connection for reading.
#[tokio::test]
async fn a_reading_connection_cannot_write() {
    use crate::backend::Store;
    use crate::backend::postgres::Access;
    let (_server, database) = two().await;
    let Store::Postgres(store) = &database.0.store else {
        panic!("not on PostgreSQL")
    };
    let connection = store.get(Access::Read, None).await.unwrap();
    let refused = Error::from(connection.batch("DELETE FROM organisation").await.unwrap_err());
    assert!(matches!(refused, Error::ReadOnly), "{refused}");
}

/// A key that is taken is said by its field, also where only the constraint is named.
#[tokio::test]
async fn a_taken_value_is_told_by_its_field() {
    let (_server, database) = two().await;
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let user = || {
        User::create(NewUser {
            email: "ann@example.com".into(),
        })
    };
    let service = db.acting::<Fixtures>();
    user().save(&service).await.unwrap();
    let taken = user().save(&service).await.unwrap_err();
    assert!(
        matches!(&taken, Error::Unique { table: "user", fields } if *fields == ["email"]),
        "{taken:?}"
    );
    // The unit goes on.
    add(&db, "after").await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(names(&database).await, ["after"]);
}

/// CWE-410. Attack: a stranger writes a row of a small table again and again, and undoes everybody who writes another.
#[tokio::test]
async fn cwe_410_two_who_write_different_rows_of_a_small_table_undo_nobody() {
    let (server, database) = two().await;
    let mut ids = Vec::new();
    let unit = database.bind(Actor::nobody());
    for email in ["ann@example.com", "ben@example.com"] {
        let new = NewUser { email: email.into() };
        let made = User::create(new).save(&unit.db().acting::<Fixtures>()).await;
        ids.push(made.unwrap().id);
    }
    unit.finish(true).await.unwrap();
    // Now PostgreSQL knows how small it is, and would read it as a whole.
    server.run("ANALYZE");
    let units = [database.bind(Actor::nobody()), database.bind(Actor::nobody())];
    for (unit, id) in units.iter().zip(ids) {
        let db = unit.db();
        db.begin().await.unwrap();
        let db = db.acting::<Fixtures>();
        let row = User::objects().get_to_change(&db, |u| u.id.eq(id)).await.unwrap();
        row.change(&db, |u| [u.is_secret.set(true)]).await.unwrap();
    }
    for unit in units {
        unit.finish(true).await.unwrap();
    }
}

/// CWE-400. Attack: a view with half a second left waits for a row that somebody holds for long. It is answered in its time, by
/// 503 and its text kept, and not when the pool's own limit is over.
#[tokio::test]
async fn a_unit_waits_as_long_as_its_answer_may_take() {
    use crate::engine::answering_within;
    let (_server, database) = two().await;
    let unit = database.bind(Actor::nobody());
    add(&unit.db(), "one").await.unwrap();
    unit.finish(true).await.unwrap();
    let rename = async |unit: &engine::Unit, to: &str| {
        let db = unit.db();
        Organisation::objects()
            .change_all(
                &db.unscoped_write::<Organisation>(vauban_waiver::waiver!(
                    UnscopedWrite,
                    "the test holds a row that another one wants"
                )),
                |o| [o.name.set(to)],
            )
            .await
    };
    let holder = database.bind(Actor::nobody());
    rename(&holder, "held").await.unwrap();
    let begun = std::time::Instant::now();
    let half = std::time::Duration::from_millis(500);
    let error = answering_within(half, false, async {
        rename(&database.bind(Actor::nobody()), "wanted")
            .await
            .unwrap_err()
    });
    let error = error.await;
    assert!(matches!(error, Error::Busy(_) | Error::TooMuchWork), "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(4));
    holder.finish(true).await.unwrap();
}
