//! Rows of a module that does not know the site's user: theirs by `UserId`.

use super::*;
use crate::engine::{Database, Options};
use crate::*;
use vauban_macros::Model;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "book_entry")]
pub(super) struct Entry {
    pub(super) id: Id<Entry>,
    #[field(max_length = 20)]
    pub(super) text: String,
    #[field(owner)]
    pub(super) author: UserId,
    pub(super) helper: Option<UserId>,
}

impl Policy for Entry {
    fn rules(who: Who<Self>, e: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: e.author.is(who) | e.helper.is(who),
            ..Rules::owner(e.author.is(who))
        }
    }
}

fn acting(user: &User) -> Actor {
    Actor::user(UserFacts {
        id: user.id.uuid(),
        is_staff: false,
        is_superuser: false,
    })
}

/// CWE-639, CWE-862, ASVS 5.0 8.2.2.
#[tokio::test]
async fn rows_of_a_user_are_theirs_though_the_model_is_not_known() {
    let database = Database::open(&crate::tests::on::url(), Options::default()).unwrap();
    let mut models = MODELS();
    models.push(Entry::meta());
    database.create_all(&models).unwrap();
    let site = Site::new().await;
    let (ann, ben) = (acting(&site.ann), acting(&site.ben));
    let of = |actor: &Actor| UserId::of(actor).unwrap();
    assert_eq!(of(&ann).id::<User>(), site.ann.id);
    assert_eq!(UserId::from(site.ann.id), of(&ann));

    let unit = database.bind(ann);
    let new = |author| NewEntry {
        text: "hello".into(),
        author,
        helper: None,
    };
    let db = unit.db();
    // In another's name.
    let forged = Entry::create(new(of(&ben))).save(&db).await;
    assert!(matches!(forged, Err(Error::Forbidden)), "{forged:?}");
    let entry = Entry::create(new(of(&ann))).save(&db).await.unwrap();
    assert_eq!(entry.author, of(&ann));
    unit.finish(true).await.unwrap();

    for (actor, seen) in [(ann, 1), (ben, 0), (Actor::nobody(), 0)] {
        let unit = database.bind(actor);
        {
            let _attack = without(Control::View);
            assert_eq!(Entry::objects().count(&unit.read_db()).await.unwrap(), 1);
        }
        assert_eq!(Entry::objects().count(&unit.read_db()).await.unwrap(), seen);
    }
    // CWE-862: nobody is no helper of a row without one; no service is a user.
    assert!(UserId::of(&Actor::nobody()).is_none());
    assert!(UserId::of(&Actor::service::<Fixtures>()).is_none());
}
