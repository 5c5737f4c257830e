//! `who.is_member(…)` and `who.has_role(…)`: rules of tenants, on both databases.

use vauban_macros::{Model, Role as Roles};

use crate::membership::{Membership as _, Role as _, StoredMembers};
use crate::policy::actor::{Actor, UserFacts};
use crate::*;

#[derive(Model, Debug)]
#[model(crate = vauban_orm, user)]
pub(super) struct Person {
    pub(super) id: Id<Person>,
    #[field(max_length = 20)]
    pub(super) name: String,
}

impl Policy for Person {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Roles)]
#[choices(crate = vauban_orm)]
pub(super) enum Role {
    Viewer,
    Editor,
    #[role(manages)]
    Admin,
    Owner,
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm)]
pub(super) struct Firm {
    pub(super) id: Id<Firm>,
    #[field(max_length = 20)]
    pub(super) name: String,
}

impl Policy for Firm {
    fn rules(who: Who<Self>, f: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: who.is_member(&f.id),
            change: who.has_role(&f.id, Role::Owner),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, membership, unique(firm, person))]
pub(super) struct Seat {
    pub(super) id: Id<Seat>,
    #[field(tenant, on_delete = cascade)]
    pub firm: ForeignKey<Firm>,
    #[field(owner, index, on_delete = cascade)]
    pub person: ForeignKey<Person>,
    #[field(role)]
    pub role: Role,
}

impl Policy for Seat {
    fn rules(who: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules::members(who, s)
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm)]
pub(super) struct Job {
    pub(super) id: Id<Job>,
    #[field(tenant, on_delete = cascade)]
    pub(super) firm: ForeignKey<Firm>,
    #[field(max_length = 20)]
    pub(super) title: String,
}

impl Policy for Job {
    fn rules(who: Who<Self>, j: &Columns<Self>) -> Rules<Self> {
        let editor = who.has_role(&j.firm, Role::Editor);
        Rules {
            view: who.is_member(&j.firm),
            add: editor.clone(),
            change: editor,
            ..Rules::none()
        }
    }
}

/// An id without a foreign key is nobody's tenant.
#[derive(Model, Debug)]
#[model(crate = vauban_orm)]
pub(super) struct Loose {
    id: Id<Loose>,
    firm: Id<Firm>,
}

impl Policy for Loose {
    fn rules(who: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: who.is_member(&l.firm),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes firms and their people.
    pub(super) Setting: View<Person>, Add<Person>, View<Firm>, Add<Firm>, View<Seat>, Add<Seat>, Change<Seat>, Delete<Seat>, Grant<Seat>,
        View<Job>, Add<Job>, Add<Loose>, View<Loose>;
    waiver!(ServiceRights, "the test makes its rows before anybody asks")
}

pub(super) fn as_(person: &Person) -> Actor {
    Actor::user(UserFacts {
        id: person.id.uuid(),
        is_staff: true,
        is_superuser: true,
    })
}

pub(super) fn options() -> engine::Options {
    engine::Options {
        models: models(),
        services: vec![actor::ServiceMeta::of::<Setting>()],
        ..Default::default()
    }
}

pub(super) fn models() -> Vec<&'static ModelMeta> {
    vec![
        Person::meta(),
        Firm::meta(),
        Seat::meta(),
        Job::meta(),
        Loose::meta(),
    ]
}

/// Two firms; in each one somebody in each role, and one person in nobody's.
pub(super) struct Town {
    pub(super) firms: Vec<Firm>,
    /// By firm and by role.
    pub(super) people: Vec<Vec<Person>>,
    pub(super) seats: Vec<Vec<Seat>>,
    pub(super) stranger: Person,
}

pub(super) async fn town(database: &engine::Database) -> Town {
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let s = db.acting::<Setting>();
    let person = async |name: &str| {
        let new = NewPerson { name: name.into() };
        Person::create(new).save(&s).await.unwrap()
    };
    let (mut firms, mut people, mut seats) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["mill", "mine"] {
        let firm = Firm::create(NewFirm { name: name.into() })
            .save(&s)
            .await
            .unwrap();
        let (mut these, mut theirs) = (Vec::new(), Vec::new());
        for role in Role::ALL {
            let one = person(role.label()).await;
            let seat = Seat::__new(firm.id, one.id, *role);
            theirs.push(Seat::create(seat).save(&s).await.unwrap());
            these.push(one);
        }
        let title = name.to_owned();
        let job = NewJob { firm: firm.id, title };
        Job::create(job).save(&s).await.unwrap();
        let loose = NewLoose { firm: firm.id };
        Loose::create(loose).save(&s).await.unwrap();
        firms.push(firm);
        people.push(these);
        seats.push(theirs);
    }
    let stranger = person("stranger").await;
    unit.finish(true).await.unwrap();
    Town {
        firms,
        people,
        seats,
        stranger,
    }
}

fn opened() -> engine::Database {
    let database = engine::Database::open(&super::on::url(), options()).unwrap();
    database.create_all(&models()).unwrap();
    database
}

/// ASVS 8.4.1, CWE-639. Attack: read and change rows of a tenant as another one's owner, as a member of too low a role, as a stranger
/// who is superuser and staff, as nobody and as a service that lists nothing of it.
#[tokio::test]
async fn asvs_8_4_1_a_role_opens_the_rows_of_its_tenant_and_no_others() {
    let database = opened();
    let town = town(&database).await;
    let sees = async |actor: Actor| {
        let unit = database.bind(actor);
        let db = unit.db();
        let seen = Job::objects().order_by(|j| j.id.asc()).all(&db).await.unwrap();
        let changed = Job::objects()
            .change_all(&db, |j| [j.title.set("changed")])
            .await
            .unwrap();
        let renamed = Firm::objects()
            .change_all(&db, |f| [f.name.set("renamed")])
            .await
            .unwrap();
        let firms = Firm::objects().count(&db).await.unwrap();
        let loose = Loose::objects().count(&db).await.unwrap();
        unit.finish(false).await.unwrap();
        let seen: Vec<_> = seen.into_iter().map(|job| job.title).collect();
        (seen, firms, changed, renamed, loose)
    };
    let titles = ["mill", "mine"];
    for (at, people) in town.people.iter().enumerate() {
        for (role, person) in Role::ALL.iter().zip(people) {
            let edits = u64::from(role.is_at_least(Role::Editor));
            let owns = u64::from(*role == Role::Owner);
            let found = sees(as_(person)).await;
            assert_eq!(
                found,
                (vec![titles[at].to_owned()], 1, edits, owns, 0),
                "{role} of {}",
                titles[at]
            );
        }
    }
    let nothing = (Vec::new(), 0, 0, 0, 0);
    assert_eq!(sees(as_(&town.stranger)).await, nothing);
    assert_eq!(sees(Actor::nobody()).await, nothing);
}

/// CWE-269, reference §1 #36. Attack: make oneself or a friend more than one is, take away or lower who stands above, and enter another
/// tenant. Beside each stands what may be done.
#[tokio::test]
async fn cwe_269_nobody_grants_or_changes_above_their_own_role() {
    let database = opened();
    let town = town(&database).await;
    let [viewer, editor, admin, owner] = [0, 1, 2, 3];
    // Who, whose seat, to which role, and whether it is done.
    let cases = [
        (viewer, viewer, Role::Owner, false),
        (editor, viewer, Role::Editor, false),
        (editor, editor, Role::Admin, false),
        (admin, viewer, Role::Editor, true),
        (admin, viewer, Role::Admin, true),
        (admin, viewer, Role::Owner, false),
        (admin, admin, Role::Owner, false),
        (admin, owner, Role::Viewer, false),
        (admin, admin, Role::Viewer, true),
        (owner, admin, Role::Owner, true),
        (owner, viewer, Role::Owner, true),
    ];
    for (who, whose, to, may) in cases {
        let unit = database.bind(as_(&town.people[0][who]));
        let db = unit.db();
        let seat = town.seats[0][whose].id;
        let found = Seat::objects().filter(|s| s.id.eq(seat));
        let changed = match found.change_all(&db, |s| [s.role.set(to)]).await {
            Ok(changed) => changed == 1,
            Err(Error::Forbidden) => false,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(changed, may, "{who} makes {whose} {to}");
        unit.finish(false).await.unwrap();
        // The same from outside.
        let unit = database.bind(as_(&town.people[1][owner]));
        let found = Seat::objects().filter(|s| s.id.eq(seat));
        assert_eq!(
            found.change_all(&unit.db(), |s| [s.role.set(to)]).await.unwrap(),
            0
        );
        unit.finish(false).await.unwrap();
    }
    // Adding and removing.
    for (who, role, may) in [
        (editor, Role::Viewer, false),
        (admin, Role::Admin, true),
        (admin, Role::Owner, false),
        (owner, Role::Owner, true),
    ] {
        let unit = database.bind(as_(&town.people[0][who]));
        let new = Seat::__new(town.firms[0].id, town.stranger.id, role);
        let added = Seat::create(new).save(&unit.db()).await;
        assert_eq!(added.is_ok(), may, "{who} adds {role}: {added:?}");
        unit.finish(false).await.unwrap();
    }
    for (who, whose, may) in [
        (editor, viewer, false),
        (admin, owner, false),
        (admin, editor, true),
        (viewer, viewer, true),
    ] {
        let unit = database.bind(as_(&town.people[0][who]));
        let seat = town.seats[0][whose].id;
        let found = Seat::objects().filter(|s| s.id.eq(seat));
        assert_eq!(
            found.delete_all(&unit.db()).await.unwrap() == 1,
            may,
            "{who} removes {whose}"
        );
        unit.finish(false).await.unwrap();
    }
    // CWE-269: nobody enters by themselves.
    let unit = database.bind(as_(&town.stranger));
    let new = Seat::__new(town.firms[0].id, town.stranger.id, Role::Viewer);
    assert!(Seat::create(new).save(&unit.db()).await.is_err());
}

/// CWE-636. Attack: a row with a role that the program does not know, of a release of tomorrow or by hand.
#[tokio::test]
async fn cwe_636_a_role_that_is_none_opens_nothing() {
    // The column holds whatever stands there: no check of the database's keeps a name of tomorrow's out.
    if !super::on::sqlite() {
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let url = format!("sqlite:{}", file.path().display());
    let database = engine::Database::open(&url, options()).unwrap();
    database.create_all(&models()).unwrap();
    let town = town(&database).await;
    let by_hand = rusqlite::Connection::open(file.path()).unwrap();
    let changed = by_hand.execute("UPDATE seat SET role = 'founder'", []);
    assert_eq!(changed.unwrap(), 8);
    for person in town.people.iter().flatten() {
        let unit = database.bind(as_(person));
        assert_eq!(Job::objects().count(&unit.db()).await.unwrap(), 0);
        assert_eq!(Firm::objects().count(&unit.db()).await.unwrap(), 0);
        unit.finish(false).await.unwrap();
    }
    // CWE-269, CWE-755: the row is read, and is the owner's to change and to remove: not that of whoever else manages members.
    by_hand
        .execute(
            "UPDATE seat SET role = 'owner' WHERE person_id = ?1",
            [town.people[0][3].id.uuid().as_bytes().to_vec()],
        )
        .unwrap();
    by_hand
        .execute(
            "UPDATE seat SET role = 'admin' WHERE person_id = ?1",
            [town.people[0][2].id.uuid().as_bytes().to_vec()],
        )
        .unwrap();
    let viewer = || StoredMembers::<Seat>::new(|s| s.id.eq(town.seats[0][0].id));
    let unit = database.bind(as_(&town.people[0][2]));
    let seen = viewer().all(&unit.db()).await.unwrap();
    assert_eq!((seen[0].role(), seen[0].stored_role()), (None, "founder"));
    assert_eq!(
        viewer().get_to_change(&unit.db()).await.unwrap_err().status(),
        403
    );
    assert_eq!(
        viewer().get_to_delete(&unit.db()).await.unwrap_err().status(),
        403
    );
    unit.finish(false).await.unwrap();
    let unit = database.bind(as_(&town.people[0][3]));
    let db = unit.db();
    let row = viewer().get_to_change(&db).await.unwrap();
    row.change_role(&db, Role::Editor).await.unwrap();
    let row = StoredMembers::<Seat>::new(|s| s.id.eq(town.seats[0][1].id));
    row.get_to_delete(&db).await.unwrap().remove(&db).await.unwrap();
    unit.finish(true).await.unwrap();
}

/// CWE-269: what is stored is a name, which stays what it was in whatever order the code has them.
#[test]
fn a_role_is_stored_by_its_name() {
    let stored: Vec<_> = Role::ALL
        .iter()
        .map(crate::model::field::Field::to_value)
        .collect();
    let names = ["viewer", "editor", "admin", "owner"].map(|name| field::Value::Text(name.to_owned()));
    assert_eq!(stored, names);
    assert_eq!((Role::OWNER, Role::MANAGES), (Role::Owner, Role::Admin));
    assert!(Role::Owner.is_at_least(Role::Owner) && !Role::Admin.is_at_least(Role::Owner));
}

/// A rule says what it asks.
#[test]
fn a_rule_says_which_role_it_asks() {
    let said = checks::policy(Job::meta(), &models());
    let all = format!("{said:?}");
    assert!(all.contains("person is who") && all.contains("owner"), "{all}");
}

/// A membership is told of, whatever its model says: the last owner is guarded by that.
#[test]
fn what_becomes_of_members_is_told() {
    assert!(Seat::meta().changes && Seat::meta().membership && !Job::meta().membership);
    assert_eq!(Seat::__FIELDS, ["firm", "person", "role"]);
}
