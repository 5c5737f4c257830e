//! What a deletion would take with it.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options};
use crate::*;

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "preview_box")]
struct Crate {
    id: Id<Crate>,
}
impl Policy for Crate {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: Filter::always(),
            delete: Filter::always(),
            ..Rules::none()
        }
    }
}

/// Goes with its crate, whoever deletes that; some are not to be seen.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "preview_thing")]
struct Thing {
    id: Id<Thing>,
    #[field(on_delete = cascade_owned)]
    inside: ForeignKey<Crate>,
    secret: bool,
}
impl Policy for Thing {
    fn rules(_: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: t.secret.eq(false),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

/// CWE-203. Attack: how many rows go that nobody shows is told by the page that asks whether it is meant.
#[tokio::test]
async fn cwe_203_a_preview_counts_what_may_be_seen() {
    let options = Options {
        models: vec![Crate::meta(), Thing::meta()],
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&[Crate::meta(), Thing::meta()]).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let inside = Crate::create(NewCrate {}).save(&db).await.unwrap().id;
    for secret in [false, false, true, true, true] {
        Thing::create(NewThing { inside, secret })
            .save(&db)
            .await
            .unwrap();
    }
    unit.finish(true).await.unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    let row = || Crate::objects().get_to_delete(&db, |c| c.id.eq(inside));
    let counts = |preview: DeletePreview| {
        preview
            .going
            .into_iter()
            .map(|c| (c.model, c.rows))
            .collect::<Vec<_>>()
    };
    let preview = row().await.unwrap().preview(&db).await.unwrap();
    assert_eq!(counts(preview), [("Crate", 1), ("Thing", 2)]);
    let preview = Crate::objects().preview_delete_all(&db).await.unwrap();
    assert_eq!(counts(preview), [("Crate", 1), ("Thing", 2)]);
    {
        let _attack = without(Control::PreviewSeen);
        let preview = row().await.unwrap().preview(&db).await.unwrap();
        assert_eq!(counts(preview), [("Crate", 1), ("Thing", 5)]);
    }
    // Nothing was done.
    assert_eq!(Thing::objects().count(&db).await.unwrap(), 2);
    drop(db);
    unit.finish(false).await.unwrap();
}

/// CWE-203. A preview says of what keeps a deletion from being done what the deletion says.
#[tokio::test]
async fn a_preview_is_refused_as_the_deletion_is() {
    let site = Site::new().await;
    // Ann leads Alpha, with two members and a task.
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let alpha = || Organisation::objects().get_to_delete(&db, |o| o.id.eq(site.alpha.id));
    let preview = alpha().await.unwrap().preview(&db).await.unwrap();
    let going: Vec<_> = preview.going.iter().map(|c| (c.model, c.rows)).collect();
    assert_eq!(going[0], ("Organisation", 1));
    assert!(
        going.contains(&("Membership", 2)) && going.contains(&("Task", 1)),
        "{going:?}"
    );
    let draft = || Article::objects().get_to_delete(&db, |a| a.id.eq(site.draft.id));
    assert_eq!(draft().await.unwrap().preview(&db).await.unwrap().going.len(), 1);
    // She may not delete a user at all; nor is it looked what goes.
    assert!(
        User::objects()
            .preview_delete_all(&db)
            .await
            .unwrap()
            .going
            .is_empty()
    );
}

/// CWE-770. Attack: a link that asks what a deletion takes along, of a row to which strangers have tied more than fits. On a server nothing
/// but this counts what is held for it.
#[tokio::test]
async fn cwe_770_what_a_deletion_finds_is_bounded() {
    use crate::query::TEST_MOST;
    let options = Options {
        models: vec![Crate::meta(), Thing::meta()],
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&[Crate::meta(), Thing::meta()]).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let inside = Crate::create(NewCrate {}).save(&db).await.unwrap().id;
    for _ in 0..5 {
        let new = NewThing { inside, secret: true };
        Thing::create(new).save(&db).await.unwrap();
    }
    unit.finish(true).await.unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let row = || Crate::objects().get_to_delete(&db, |c| c.id.eq(inside));
    TEST_MOST.set(Some(5));
    let previewed = row().await.unwrap().preview(&db).await;
    assert!(matches!(previewed, Err(Error::TooLarge(_))), "{previewed:?}");
    let deleted = row().await.unwrap().delete(&db).await;
    assert!(matches!(deleted, Err(Error::TooLarge(_))), "{deleted:?}");
    let all = Crate::objects().delete_all(&db).await;
    assert!(matches!(all, Err(Error::TooLarge(_))), "{all:?}");
    TEST_MOST.set(Some(6));
    row().await.unwrap().preview(&db).await.unwrap();
    row().await.unwrap().delete(&db).await.unwrap();
    TEST_MOST.set(None);
}

/// CWE-400. What a preview costs is remembered as its own, and not as what was asked before it: a cheap page would wait among the deep
/// ones for it.
#[tokio::test]
async fn cwe_400_what_a_preview_costs_is_its_own() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let options = Options {
        models: vec![Crate::meta(), Thing::meta()],
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&[Crate::meta(), Thing::meta()]).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    // Of this thread's connection.
    let asked = || {
        let connection = database.sqlite();
        connection.read_inline(|c| Ok(c.asked())).unwrap()
    };
    Crate::objects().count(&db).await.unwrap();
    let cheap = asked();
    Crate::objects().preview_delete_all(&db).await.unwrap();
    let preview = asked();
    assert!(
        cheap != 0 && preview != 0 && cheap != preview,
        "{cheap}, {preview}"
    );
}
