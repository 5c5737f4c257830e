//! Rules that are put together: nobody may do more than one of the parts allows, and no rule that a review reads goes unasked.

use super::*;
use crate::engine::{Database, Options};
use crate::*;
use vauban_macros::Model;

/// A page of a wiki: whoever is signed in changes what is published; staff reads everything.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub(crate) struct Leaf {
    id: Id<Leaf>,
    published: bool,
    #[field(max_length = 20)]
    text: String,
}
impl Policy for Leaf {
    fn rules(who: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
        let published = l.published.eq(true);
        let wiki = Rules {
            view: published.clone(),
            change: who.is_signed_in(),
            delete: who.is_signed_in(),
            ..Rules::none()
        };
        let auditors = Rules {
            view: who.is_staff(),
            ..Rules::none()
        };
        wiki.or(auditors)
    }
}

/// Owners have their things; staff has everything, and says what is featured.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub(crate) struct Thing {
    id: Id<Thing>,
    #[field(owner)]
    owner: ForeignKey<User>,
    #[field(privileged, default = false)]
    featured: bool,
}
impl Policy for Thing {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        let staff = Rules::staff(who).may_set(&t.featured, Filter::always());
        staff.or(Rules::owner(t.owner.is(who)))
    }
}

/// The rule for `role` would never be asked: nothing says that it carries privilege.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub(crate) struct Place {
    id: Id<Place>,
    #[field(owner)]
    owner: ForeignKey<User>,
    #[field(max_length = 20)]
    role: String,
}
impl Policy for Place {
    fn rules(who: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules::owner(p.owner.is(who)).may_set(&p.role, who.is_staff())
    }
}

service! {
    /// Makes what the attacks need.
    pub(super) Maker: Add<Leaf>, View<Leaf>, Add<User>, View<User>;
    waiver!(ServiceRights, "fixtures are made before anybody acts")
}

async fn site() -> (Database, User) {
    site_of(
        &crate::tests::on::url(),
        vec![User::meta(), Leaf::meta(), Thing::meta()],
    )
    .await
}

async fn site_of(url: &str, models: Vec<&'static ModelMeta>) -> (Database, User) {
    let options = Options {
        models: models.clone(),
        services: vec![actor::ServiceMeta::of::<Maker>()],
        ..Options::default()
    };
    let database = Database::open(url, options).unwrap();
    database.create_all(&models).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let maker = db.acting::<Maker>();
    let new = NewUser {
        email: "ann@example.com".into(),
    };
    let ann = User::create(new).save(&maker).await.unwrap();
    for published in [true, false] {
        let new = NewLeaf {
            published,
            text: "as it was".into(),
        };
        Leaf::create(new).save(&maker).await.unwrap();
    }
    unit.finish(true).await.unwrap();
    (database, ann)
}

fn acting(database: &Database, user: &User, is_staff: bool) -> crate::engine::Unit {
    database.bind(Actor::user(UserFacts {
        id: user.id.uuid(),
        is_staff,
        is_superuser: false,
    }))
}

/// CWE-863: who sees a row by one part does not change it by another, which does not show it.
#[tokio::test]
async fn half_of_one_rule_and_half_of_another_allow_nothing() {
    let (database, ann) = site().await;
    for (is_staff, published, status) in [
        (false, true, 200),
        (false, false, 404),
        (true, true, 200),
        (true, false, 403),
    ] {
        let unit = acting(&database, &ann, is_staff);
        let db = unit.db();
        let found = Leaf::objects()
            .get_to_change(&db, |l| l.published.eq(published))
            .await;
        let done = match found {
            Ok(leaf) => leaf.change(&db, |l| [l.text.set("changed")]).await.map(drop),
            Err(error) => Err(error),
        };
        let told = done.map_or_else(|error| error.status(), |()| 200);
        assert_eq!(told, status, "staff: {is_staff}, published: {published}");
        let gone = Leaf::objects()
            .filter(|l| l.published.eq(published))
            .delete_all(&db)
            .await
            .unwrap();
        assert_eq!(
            gone,
            u64::from(published),
            "staff: {is_staff}, published: {published}"
        );
        unit.finish(false).await.unwrap();
    }
}

/// CWE-269: a column is written by who may by the same part add or change its row.
#[tokio::test]
async fn a_privilege_goes_with_its_own_rules() {
    let (database, ann) = site().await;
    let add = async |is_staff, featured| {
        let unit = acting(&database, &ann, is_staff);
        let new = Thing::create(NewThing { owner: ann.id });
        let done = new.set(|t| [t.featured.set(featured)]).save(&unit.db()).await;
        done.map_or_else(|error| error.status(), |_| 200)
    };
    assert_eq!(add(true, true).await, 200);
    assert_eq!(add(false, true).await, 403);
    let unit = acting(&database, &ann, false);
    let db = unit.db();
    Thing::create(NewThing { owner: ann.id }).save(&db).await.unwrap();
    let own = Thing::objects()
        .get_to_change(&db, |t| t.owner.eq(ann.id))
        .await
        .unwrap();
    let done = own.change(&db, |t| [t.featured.set(true)]).await;
    assert_eq!(done.unwrap_err().status(), 403);
}

/// CWE-862: what `access.lock` prints as the rule of a column is asked, or nobody is served.
#[tokio::test]
async fn a_rule_that_would_not_be_asked_serves_nobody() {
    let models = vec![User::meta(), Leaf::meta(), Place::meta()];
    let (database, ann) = site_of(&crate::tests::on::url_without_policies(), models).await;
    let findings = crate::checks::check(&[User::meta(), Place::meta()]);
    let told = findings.iter().find(|finding| finding.model == "Place").unwrap();
    assert_eq!(told.id, "orm.E008");
    assert!(
        told.message.contains("#[field(privileged, default = …)]"),
        "{}",
        told.message
    );
    let unit = acting(&database, &ann, false);
    let db = unit.db();
    let place = async || {
        let new = NewPlace {
            owner: ann.id,
            role: "member".into(),
        };
        Place::create(new).save(&db).await
    };
    assert_eq!(place().await.unwrap_err().status(), 500);
    let _attack = without(Control::Symbolic);
    place().await.unwrap();
    let own = Place::objects()
        .get_to_change(&db, |p| p.owner.eq(ann.id))
        .await
        .unwrap();
    assert_eq!(
        own.change(&db, |p| [p.role.set("admin")]).await.unwrap().role,
        "admin"
    );
}
