//! A row that holds what its model does not know: said by table, column and key, and nothing is left out in silence.

use super::Role;
use crate::*;
use vauban_macros::Model;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Post {
    id: Id<Post>,
    r#type: Role,
}

impl Policy for Post {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

#[tokio::test]
async fn an_unknown_choice_is_named_by_table_column_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("db");
    let url = format!("sqlite://{}", file.display());
    let database = engine::Database::open(&url, engine::Options::default()).unwrap();
    let models = vec![<Post as Model>::meta()];
    database.create_all(&models).unwrap();
    database.set_models(models).unwrap();
    let unit = database.bind(Actor::nobody());
    let mut ids = Vec::new();
    for r#type in [Role::Member, Role::Admin] {
        ids.push(
            Post::create(NewPost { r#type })
                .save(&unit.db())
                .await
                .unwrap()
                .id,
        );
    }
    unit.finish(true).await.unwrap();
    let admins = Post::objects().filter(|p| p.r#type.eq(Role::Admin));
    let unit = database.bind(Actor::nobody());
    assert_eq!(admins.all(&unit.read_db()).await.unwrap().len(), 1);

    let other = rusqlite::Connection::open(&file).unwrap();
    let changed = other.execute(
        "UPDATE \"post\" SET \"type\" = 'secret pirate' WHERE \"type\" = 'admin'",
        [],
    );
    assert_eq!(changed, Ok(1));
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    for error in [
        Post::objects().all(&db).await.unwrap_err(),
        Post::objects().get(&db, |p| p.id.eq(ids[1])).await.unwrap_err(),
        Post::objects().page(&db, 1).await.unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            text.contains("`post.type`") && text.contains(&ids[1].to_string()),
            "{text}"
        );
        // CWE-532: which row, and not what is in it.
        assert!(!text.contains("pirate"), "{text}");
        assert_eq!(error.status(), 500);
    }
    // The other row is read by its key as before.
    assert!(Post::objects().get(&db, |p| p.id.eq(ids[0])).await.is_ok());
}
