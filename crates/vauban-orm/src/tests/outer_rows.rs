//! Whose column it is: inside `any`, a column of a row outside is that row's, whatever stands nearer (CWE-863).

use super::*;
use crate::engine::{Database, Options, Unit};
use crate::*;
use vauban_macros::Model;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, user, related(places: Seat.person))]
struct Person {
    id: Id<Person>,
    #[field(max_length = 20)]
    name: String,
}

/// People are seen by the members of the clubs that they lead. The rule of the attack, as it was written there.
impl Policy for Person {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: who.is_staff()
                | u.places
                    .any(|mine| mine.club.places.any(|m| m.person.is(who) & mine.admin.eq(true))),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(places: Seat.club))]
struct Club {
    id: Id<Club>,
    #[field(max_length = 20)]
    name: String,
    founder: Option<ForeignKey<Person>>,
}

impl Policy for Club {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Seat {
    id: Id<Seat>,
    club: ForeignKey<Club>,
    person: ForeignKey<Person>,
    admin: bool,
}

impl Policy for Seat {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

/// Meets itself.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(children: Node.parent))]
struct Node {
    id: Id<Node>,
    #[field(max_length = 20)]
    name: String,
    depth: i64,
    parent: Option<ForeignKey<Node>>,
}

impl Policy for Node {
    fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: Filter::always(),
            // Whoever has children stays above them.
            change: who.is_staff() & !n.children.any(|c| c.depth.le(&n.depth)),
            ..Rules::none()
        }
    }
}

/// Two kinds of rules that carry a condition from one `any` into another.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(children: Astray.parent))]
struct Astray {
    id: Id<Astray>,
    depth: i64,
    parent: Option<ForeignKey<Astray>>,
}

impl Policy for Astray {
    fn rules(_: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
        let mut carried = None;
        let one = n.children.any(|c| {
            carried = Some(c.depth.eq(1));
            c.depth.eq(2)
        });
        let carried = carried.unwrap();
        Rules {
            view: Filter::always(),
            add: Filter::always(),
            change: n.depth.ge(&n.parent.depth),
            delete: one & n.children.any(|_| carried),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes and counts what the attacks are about.
    Seed: Add<Person>, View<Person>, Add<Club>, View<Club>, Add<Seat>, View<Seat>, Add<Node>;
    waiver!(ServiceRights, "fixtures are made before anybody acts")
}

fn models() -> Vec<&'static ModelMeta> {
    vec![
        Person::meta(),
        Club::meta(),
        Seat::meta(),
        Node::meta(),
        Astray::meta(),
    ]
}

/// Ann leads the chess club, where Ben is a member; Ben leads the choir alone; Cleo sits nowhere.
struct World {
    database: Database,
    ann: Person,
    ben: Person,
    cleo: Person,
}

impl World {
    async fn new() -> Self {
        let database = Database::open(
            "sqlite::memory:",
            Options {
                models: models(),
                services: vec![crate::policy::actor::ServiceMeta::of::<Seed>()],
                ..Options::default()
            },
        )
        .unwrap();
        database.create_all(&models()).unwrap();
        let unit = database.bind(Actor::nobody());
        let db = unit.db();
        let db = db.acting::<Seed>();
        let person = async |name: &str| {
            Person::create(NewPerson { name: name.into() })
                .save(&db)
                .await
                .unwrap()
        };
        let (ann, ben, cleo) = (person("ann").await, person("ben").await, person("cleo").await);
        let club = async |name: &str, founder: Option<&Person>| {
            let founder = founder.map(|person| person.id);
            let new = NewClub {
                name: name.into(),
                founder,
            };
            Club::create(new).save(&db).await.unwrap()
        };
        let (chess, choir) = (club("chess", Some(&ann)).await, club("choir", None).await);
        for (club, person, admin) in [(&chess, &ann, true), (&chess, &ben, false), (&choir, &ben, true)] {
            let new = NewSeat {
                club: club.id,
                person: person.id,
                admin,
            };
            Seat::create(new).save(&db).await.unwrap();
        }
        let node = async |name: &str, depth: i64, parent: Option<&Node>| {
            let new = NewNode {
                name: name.into(),
                depth,
                parent: parent.map(|node| node.id),
            };
            Node::create(new).save(&db).await.unwrap()
        };
        let root = node("root", 0, None).await;
        let left = node("left", 1, Some(&root)).await;
        let right = node("right", 0, Some(&root)).await;
        node("leaf", 0, Some(&left)).await;
        node("twin", 1, Some(&left)).await;
        node("deep", 5, Some(&right)).await;
        unit.finish(true).await.unwrap();
        Self {
            database,
            ann,
            ben,
            cleo,
        }
    }

    fn seen_by(&self, person: &Person, is_staff: bool) -> Unit {
        self.database.bind(Actor::user(UserFacts {
            id: person.id.uuid(),
            is_staff,
            is_superuser: false,
        }))
    }

    async fn people_seen_by(&self, person: &Person) -> Vec<String> {
        let unit = self.seen_by(person, false);
        let people = Person::objects().order_by(|p| p.name.asc());
        let people = people.all(&unit.read_db()).await.unwrap();
        people.into_iter().map(|person| person.name).collect()
    }

    async fn people(&self, filter: impl FnOnce(&Columns<Person>) -> Filter<Person>) -> Vec<String> {
        let unit = self.database.bind(Actor::nobody());
        let db = unit.read_db();
        let people = Person::objects().filter(filter).order_by(|p| p.name.asc());
        let people = people.all(&db.acting::<Seed>()).await.unwrap();
        people.into_iter().map(|person| person.name).collect()
    }

    async fn nodes(&self, filter: impl FnOnce(&Columns<Node>) -> Filter<Node>) -> Vec<String> {
        let unit = self.database.bind(Actor::nobody());
        let nodes = Node::objects().filter(filter).order_by(|n| n.name.asc());
        let nodes = nodes.all(&unit.read_db()).await.unwrap();
        nodes.into_iter().map(|node| node.name).collect()
    }
}

/// CWE-863. Attack: none is needed; the rule shows the members to the leader instead of the leader to the members.
#[tokio::test]
async fn cwe_863_a_rule_means_the_outer_row() {
    let world = World::new().await;
    {
        let _attack = without(Control::OuterRows);
        assert_eq!(world.people_seen_by(&world.ann).await, ["ann", "ben"]);
    }
    assert_eq!(world.people_seen_by(&world.ann).await, ["ann"]);
    assert_eq!(world.people_seen_by(&world.ben).await, ["ann", "ben"]);
    assert!(world.people_seen_by(&world.cleo).await.is_empty());
}

/// CWE-451: a reviewer is told the same.
#[test]
fn cwe_451_a_rule_is_printed_with_whose_column_it_asks() {
    let said = |model: &'static ModelMeta, line: usize| checks::policy(model, &models()).remove(line).1;
    assert_eq!(
        said(Person::meta(), 0),
        "who is staff or some Seat#1 of this person with club.(some Seat of this club with (person is who and \
         Seat#1.admin = 1))"
    );
    assert_eq!(
        said(Node::meta(), 2),
        "who is staff and not some Node of this parent with depth ≤ the row.depth"
    );
    assert_eq!(said(Astray::meta(), 2), "depth ≥ its parent.depth");
    assert!(said(Astray::meta(), 3).contains("a row that is not there.depth = 1"));
}

/// Generic over two rows.
fn other_than<P: Place, Q: Place>(
    m: &Columns<Seat, P>,
    mine: &Columns<Seat, Q>,
) -> Filter<<P::Scope as Join<Q::Scope>>::Deeper>
where
    P::Scope: Join<Q::Scope>,
{
    m.id.ne(&mine.id)
}

/// Either order, the outer condition alone, related rows, an outer row's other relation.
#[tokio::test]
async fn conditions_on_the_outer_row_stand_anywhere_inside() {
    let world = World::new().await;
    let leads_somebody = ["ann"];
    for order in 0..3 {
        let found = world
            .people(|u| {
                u.places.any(|mine| {
                    mine.club.places.any(|m| match order {
                        0 => other_than(m, mine) & mine.admin.eq(true),
                        1 => mine.admin.eq(true) & other_than(m, mine),
                        _ => !(mine.admin.eq(false) | m.person.eq(&mine.person)),
                    })
                })
            })
            .await;
        assert_eq!(found, leads_somebody, "{order}");
    }
    let alone = world
        .people(|u| u.places.any(|s| s.club.places.any(|_| u.name.eq("ben"))))
        .await;
    assert_eq!(alone, ["ben"]);
    // Two rows of one relation of one row, side by side: each is itself.
    let both = world
        .people(|u| {
            u.places
                .any(|a| u.places.any(|b| a.admin.eq(true) & b.admin.eq(false)))
        })
        .await;
    assert_eq!(both, ["ben"]);
    {
        let _attack = without(Control::OuterRows);
        let both = |u: &Columns<Person>| {
            u.places
                .any(|a| u.places.any(|b| a.admin.eq(true) & b.admin.eq(false)))
        };
        assert!(world.people(both).await.is_empty());
    }
    // Through a foreign key, on both sides.
    let founders = world
        .people(|u| {
            u.places
                .any(|s| s.club.founder.eq(&u.id) & s.club.founder.eq(&s.person))
        })
        .await;
    assert_eq!(founders, ["ann"]);
    let named = world
        .people(|u| u.places.any(|s| s.club.founder.name.ne(&u.name)))
        .await;
    assert_eq!(
        named,
        ["ben"],
        "a club without a founder has none of another name"
    );
    let some = world.people(|u| u.places.exists()).await;
    assert_eq!(some, ["ann", "ben"]);
}

/// A model that meets itself, up to three rows out.
#[tokio::test]
async fn a_model_that_meets_itself_is_each_time_another_row() {
    let world = World::new().await;
    let like_a_child = |n: &Columns<Node>| n.children.any(|c| c.depth.eq(&n.depth));
    {
        let _attack = without(Control::OuterRows);
        assert_eq!(
            world.nodes(like_a_child).await,
            ["left", "right", "root"],
            "each is like itself"
        );
    }
    assert_eq!(world.nodes(like_a_child).await, ["left", "root"]);
    assert_eq!(
        world.nodes(|n| n.children.any(|c| n.depth.eq(&c.depth))).await,
        ["left", "root"]
    );
    let grandchild = world
        .nodes(|n| {
            n.children
                .any(|c| c.depth.gt(&n.depth) & c.children.any(|g| g.depth.eq(&n.depth)))
        })
        .await;
    assert_eq!(grandchild, ["root"]);
    let out = world
        .nodes(|n| {
            n.parent.children.any(|sibling| {
                sibling.children.any(|nephew| {
                    nephew.parent.children.any(|other| {
                        other.id.ne(&nephew.id)
                            & other.depth.gt(&nephew.depth)
                            & sibling.id.ne(&n.id)
                            & nephew.parent.parent.name.eq("root")
                    })
                })
            })
        })
        .await;
    assert_eq!(out, ["right"]);
    let above = world
        .nodes(|n| n.depth.lt(&n.parent.depth) | n.parent.parent.depth.eq(&n.depth))
        .await;
    assert_eq!(above, ["leaf"]);
}

fn has_admin<P: Place>(club: &Columns<Club, P>) -> Filter<P::Scope> {
    club.places.any(|seat| seat.admin.eq(true) & club.name.ne("none"))
}

fn led_by_its_founder<P: Place>(club: &Columns<Club, P>) -> Filter<P::Scope> {
    let led = club
        .places
        .any(|seat| seat.admin.eq(true) & seat.person.eq(&club.founder));
    has_admin::<P>(club) & !club.founder.is_null() & led
}

/// A function of one's own for every row with these columns.
#[tokio::test]
async fn a_helper_speaks_of_the_row_it_is_given() {
    let world = World::new().await;
    let unit = world.database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Seed>();
    let clubs = Club::objects().filter(led_by_its_founder).all(&db).await.unwrap();
    assert_eq!(clubs.len(), 1);
    let seats = Seat::objects()
        .filter(|s| led_by_its_founder(&s.club))
        .count(&db)
        .await;
    assert_eq!(seats.unwrap(), 2);
    let people = world
        .people(|u| u.places.any(|s| led_by_its_founder(&s.club) & s.admin.eq(false)))
        .await;
    assert_eq!(people, ["ben"]);
}

/// The change rule speaks of the changed row inside `any`: of the old one, and of what it becomes.
#[tokio::test]
async fn a_change_is_judged_by_the_outer_row_as_it_becomes() {
    let world = World::new().await;
    let unit = world.seen_by(&world.ann, true);
    let db = unit.db();
    let set = async |depth: i64| {
        let right = Node::objects().get_to_change(&db, |n| n.name.eq("right")).await?;
        right.change(&db, |n| [n.depth.set(depth)]).await
    };
    assert!(set(4).await.is_ok());
    assert!(matches!(set(5).await, Err(Error::Forbidden)));
    let refused = Node::objects().get_to_change(&db, |n| n.name.eq("left")).await;
    assert!(
        matches!(refused, Err(Error::Forbidden)),
        "a child is no deeper than it"
    );
    unit.finish(true).await.unwrap();
}

/// CWE-863. Attack: a condition on one row is carried, by a variable, to where another row of the same type stands.
#[tokio::test]
async fn cwe_863_a_condition_that_was_carried_away_finds_no_row() {
    let world = World::new().await;
    let unit = world.database.bind(Actor::nobody());
    let db = unit.read_db();
    let db = db.acting::<Seed>();
    let query = || {
        Person::objects().filter(|u| {
            let mut carried = None;
            let one = u.places.any(|s| {
                carried = Some(s.admin.eq(true));
                s.admin.eq(false)
            });
            let carried = carried.unwrap();
            one & u.places.any(|_| carried)
        })
    };
    {
        let _attack = without(Control::OuterRows);
        assert_eq!(query().count(&db).await.unwrap(), 1);
    }
    for _ in 0..2 {
        let error = query().count(&db).await.unwrap_err();
        assert!(matches!(error, Error::Internal(_)), "{error:?}");
        assert!(error.to_string().contains("a row that is not there"), "{error}");
        assert_eq!(error.status(), 500);
    }
    // Written where it belongs, it has the same shape but for that row.
    let right = Person::objects()
        .filter(|u| u.places.any(|s| s.admin.eq(false)) & u.places.any(|s| s.admin.eq(true)));
    assert_eq!(right.count(&db).await.unwrap(), 1);
    assert!(query().count(&db).await.is_err(), "not by the text of the other");

    let found = checks::check(&models());
    let astray: Vec<_> = found.iter().filter(|found| found.id == "orm.E009").collect();
    assert_eq!(astray.len(), 1, "{found:#?}");
    assert_eq!(astray[0].model, "Astray");
    let error = Astray::objects().count(&unit.read_db()).await.unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error:?}");
    assert!(error.to_string().contains("a row that is not there"), "{error}");
}

/// CWE-863. Attack: two queries that differ only in whose column they ask; the second would be answered by the text of the
/// first.
#[tokio::test]
async fn cwe_863_whose_column_it_is_decides_which_text_is_kept() {
    let world = World::new().await;
    for _ in 0..2 {
        let outer = world
            .people(|u| {
                u.places
                    .any(|mine| mine.club.places.any(|_| mine.admin.eq(false)))
            })
            .await;
        assert_eq!(outer, ["ben"]);
        let inner = world
            .people(|u| u.places.any(|mine| mine.club.places.any(|m| m.admin.eq(false))))
            .await;
        assert_eq!(inner, ["ann", "ben"]);
        let columns = world.nodes(|n| n.children.any(|c| c.depth.lt(&n.depth))).await;
        assert_eq!(columns, ["left"]);
        let columns = world.nodes(|n| n.children.any(|c| n.depth.lt(&c.depth))).await;
        assert_eq!(columns, ["right", "root"]);
    }
}
