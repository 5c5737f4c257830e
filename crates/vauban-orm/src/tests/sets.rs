//! Sets are changed and deleted in one statement that judges, locks and writes.

use super::*;
use crate::*;

/// A row that two units want.
mod moved {
    use super::*;
    use crate::engine::{Database, Options};
    use vauban_macros::Model;

    /// Whoever opens a door is let in; a closed one may be repainted, and not into red.
    #[derive(Model, Debug, Clone)]
    #[model(crate = vauban_orm)]
    pub(super) struct Door {
        pub id: Id<Door>,
        #[field(default = false)]
        pub guarded: bool,
        #[field(max_length = 10)]
        pub colour: String,
    }

    impl Policy for Door {
        fn rules(_: Who<Self>, d: &Columns<Self>) -> Rules<Self> {
            // A guarded door is never red: no new value may make one.
            let may = d.guarded.eq(false) | d.colour.ne("red");
            Rules {
                view: Filter::always(),
                add: Filter::always(),
                change: may,
                delete: d.guarded.eq(false),
                ..Rules::none()
            }
        }
    }

    async fn one_door() -> (cluster::Database, Database, Door) {
        let server = cluster::database();
        let options = Options {
            models: vec![Door::meta()],
            ..Options::default()
        };
        let database = Database::open(&super::super::on::asked_as(&server), options).unwrap();
        database.create_all(&[Door::meta()]).unwrap();
        let unit = database.bind(Actor::nobody());
        let new = NewDoor {
            colour: "blue".into(),
        };
        let door = Door::create(new).save(&unit.db()).await.unwrap();
        unit.finish(true).await.unwrap();
        (server, database, door)
    }

    /// While one unit has made the door a guarded one, and not yet saved it, another does `write` to all doors; then the first
    /// saves. What the second came to, and the doors that are there afterwards.
    async fn meanwhile<T>(
        database: &Database,
        door: &Door,
        write: impl AsyncFnOnce(&Db<Write>) -> Result<T>,
    ) -> (Result<T>, Vec<(bool, String)>) {
        let (first, second) = (database.bind(Actor::nobody()), database.bind(Actor::nobody()));
        let (a, b) = (first.db(), second.db());
        let mine = Door::objects()
            .get_to_change(&a, |d| d.id.eq(door.id))
            .await
            .unwrap();
        mine.change(&a, |d| [d.guarded.set(true)]).await.unwrap();
        let (done, ()) = tokio::join!(write(&b), async {
            // Until it waits for the row.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            first.finish(true).await.unwrap();
        });
        let done = match done {
            Ok(done) => second.finish(true).await.map(|()| done),
            Err(error) => Err(error),
        };
        let unit = database.bind(Actor::nobody());
        let doors = Door::objects().all(&unit.read_db()).await.unwrap();
        (done, doors.into_iter().map(|d| (d.guarded, d.colour)).collect())
    }

    /// CWE-367. Attack: a row is moved between the moment at which a set was judged and the one at which it is written.
    #[tokio::test]
    async fn cwe_367_a_row_that_is_moved_meanwhile_keeps_no_forbidden_value() {
        let paint = async |db: &Db<Write>| Door::objects().change_all(db, |d| [d.colour.set("red")]).await;
        let (_server, database, door) = one_door().await;
        // Units are as if one ran after the other: what had looked before has to begin anew, what had not is done again …
        let looked = async |db: &Db<Write>| {
            db.begin().await?;
            Door::objects().count(db).await?;
            paint(db).await
        };
        let (done, doors) = meanwhile(&database, &door, looked).await;
        assert!(matches!(done, Err(Error::Undone)), "{done:?}");
        assert_eq!(doors, [(true, "blue".to_owned())]);
        let (_server, database, door) = one_door().await;
        let (done, doors) = meanwhile(&database, &door, paint).await;
        assert!(matches!(done, Err(Error::Forbidden)), "{done:?}");
        assert_eq!(doors, [(true, "blue".to_owned())]);
        // … and where they were not, the statement judges the row that it has locked.
        let (_server, database, door) = one_door().await;
        let _attack = without(Control::Serial);
        let (done, doors) = meanwhile(&database, &door, paint).await;
        assert!(matches!(done, Err(Error::Forbidden)), "{done:?}");
        assert_eq!(doors, [(true, "blue".to_owned())]);
    }

    /// CWE-367. Attack: a row is moved between the moment at which it was judged and the one at which it is deleted.
    #[tokio::test]
    async fn cwe_367_a_row_that_is_moved_meanwhile_is_not_deleted() {
        let delete = async |db: &Db<Write>| Door::objects().delete_all(db).await;
        let (_server, database, door) = one_door().await;
        let (done, doors) = meanwhile(&database, &door, delete).await;
        assert!(matches!(done, Ok(0)), "{done:?}");
        assert_eq!(doors.len(), 1);
        let (_server, database, door) = one_door().await;
        let _attack = without(Control::Serial);
        let (done, doors) = meanwhile(&database, &door, delete).await;
        assert!(matches!(done, Ok(0)), "{done:?}");
        assert_eq!(doors.len(), 1);
    }
}
