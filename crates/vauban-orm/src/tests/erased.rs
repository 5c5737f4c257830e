//! People who are erased.

use vauban_macros::Model;

use crate::engine::{Database, Options};
use crate::query::TEST_MOST;
use crate::*;

/// Somebody, with a team and whoever invited them.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "erased_person", user)]
struct Person {
    id: Id<Person>,
    #[field(on_delete = cascade)]
    invited_by: Option<ForeignKey<Person>>,
    #[field(on_delete = cascade)]
    team: Option<ForeignKey<Team>>,
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "erased_team")]
struct Team {
    id: Id<Team>,
    #[field(on_delete = cascade)]
    leader: ForeignKey<Person>,
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "erased_bill")]
struct Bill {
    id: Id<Bill>,
    #[field(on_delete = restrict)]
    debtor: ForeignKey<Person>,
}

macro_rules! open_to_all {
    ($($model:ident),+) => { $(
        impl Policy for $model {
            fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
                let all = Filter::always;
                Rules { view: all(), add: all(), change: all(), delete: all(), ..Rules::none() }
            }
        }
    )+ };
}
open_to_all!(Person, Team, Bill);

fn database() -> Database {
    let models = vec![Person::meta(), Team::meta(), Bill::meta()];
    let options = Options {
        models: models.clone(),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&models).unwrap();
    database
}

async fn person(db: &Db<Write>, invited_by: Option<Id<Person>>, team: Option<Id<Team>>) -> Id<Person> {
    Person::create(NewPerson { invited_by, team })
        .save(db)
        .await
        .unwrap()
        .id
}

async fn erase(db: &Db<Write>, who: Id<Person>) -> Result<u64> {
    Person::objects().filter(|p| p.id.eq(who)).__erase(db).await
}

/// CWE-862. Attack: an account is erased, which asks no policy, and others go along: whom it invited, who is in its team.
#[tokio::test]
async fn cwe_862_whoever_is_erased_takes_nobody_along() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let host = person(&db, None, None).await;
    let guest = person(&db, Some(host), None).await;
    let leader = person(&db, None, None).await;
    let team = Team::create(NewTeam { leader }).save(&db).await.unwrap().id;
    let member = person(&db, None, Some(team)).await;
    for who in [host, leader] {
        let previewed = Person::objects()
            .filter(|p| p.id.eq(who))
            .__preview_erase(&db)
            .await;
        assert!(
            matches!(previewed, Err(Error::Restricted { .. })),
            "{previewed:?}"
        );
        let erased = erase(&db, who).await;
        assert!(matches!(erased, Err(Error::Restricted { .. })), "{erased:?}");
    }
    assert_eq!(Person::objects().count(&db).await.unwrap(), 4);
    for who in [guest, member, host, leader] {
        assert_eq!(erase(&db, who).await.unwrap(), 1);
    }
    assert_eq!(Team::objects().count(&db).await.unwrap(), 0);
}

/// CWE-400. Attack: so much is tied to an account that what keeps it cannot be asked.
#[tokio::test]
async fn cwe_400_what_keeps_somebody_is_asked_however_much_goes() {
    let database = database();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let [ann, ben] = [person(&db, None, None).await, person(&db, None, None).await];
    for _ in 0..5 {
        Team::create(NewTeam { leader: ann }).save(&db).await.unwrap();
        Team::create(NewTeam { leader: ben }).save(&db).await.unwrap();
        Bill::create(NewBill { debtor: ben }).save(&db).await.unwrap();
    }
    TEST_MOST.set(Some(3));
    for (who, kept) in [(ann, false), (ben, true)] {
        let this = || Person::objects().filter(|p| p.id.eq(who));
        assert_eq!(this().__is_kept(&db).await.unwrap(), kept);
        assert!(this().__preview_erase(&db).await.is_err());
    }
    TEST_MOST.set(None);
}

/// GDPR Art. 17, CWE-400. Attack: so much is tied to an account that a statement takes longer than everybody's may.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn whoever_has_much_is_erased_all_the_same() {
    if crate::tests::on::sqlite() {
        return;
    }
    let server = cluster::database();
    let models = vec![Person::meta(), Team::meta(), Bill::meta()];
    let options = Options {
        models: models.clone(),
        statement: std::time::Duration::from_millis(400),
        ..Options::default()
    };
    let database = Database::open(&server.url(), options).unwrap();
    database.create_all(&models).unwrap();
    server.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.1); RETURN OLD; END $$",
    );
    server.run("CREATE TRIGGER slow BEFORE DELETE ON erased_team FOR EACH ROW EXECUTE FUNCTION slow()");
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let [ann, ben] = [person(&db, None, None).await, person(&db, None, None).await];
    for leader in [ann, ben] {
        for _ in 0..8 {
            Team::create(NewTeam { leader }).save(&db).await.unwrap();
        }
    }
    unit.finish(true).await.unwrap();
    let by_hand = async |who| {
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        let done = Person::objects().filter(|p| p.id.eq(who)).delete_all(&db).await;
        unit.finish(false).await.unwrap();
        done
    };
    assert!(matches!(by_hand(ann).await, Err(Error::TooMuchWork)));
    let unit = database.bind(Actor::nobody());
    assert_eq!(erase(&unit.db(), ann).await.unwrap(), 1);
    unit.finish(true).await.unwrap();
    // It was that unit's: what follows on the connection has the bound of everybody.
    assert!(matches!(by_hand(ben).await, Err(Error::TooMuchWork)));
    let rows = server.run("SELECT count(*) FROM erased_team");
    assert_eq!(rows[0][0].as_deref(), Some("8"));
}
