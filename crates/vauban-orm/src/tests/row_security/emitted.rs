//! Rules of every shape, models that change, and what cannot be said by policies.

use vauban_macros::Model;

use super::*;

/// Rules of every shape that a policy has to say: texts with what SQL reads otherwise, time, fragments, what is computed, counted
/// and reached.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(pages: Page.book))]
struct Book {
    id: Id<Book>,
    #[field(max_length = 100)]
    title: String,
    opens: DateTime,
    day: Date,
    price: i64,
    #[field(privileged, default = 0)]
    rank: i64,
    #[field(on_delete = set_null)]
    sequel: Option<ForeignKey<Book>>,
    #[field(owner)]
    author: ForeignKey<User>,
}

const ODD: &str = "it's a \\' OR TRUE -- $$ \u{fc}";

impl Policy for Book {
    fn rules(who: Who<Self>, b: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: (b.title.eq(ODD) & b.opens.lt(who.now()) & !b.day.gt(who.now().date_in_utc()))
                | (sql!("length({}) = 7", b.title) & !b.price.ge(10))
                | (b.sequel.title.eq("sequel") & b.sequel.author.is(who))
                | (b.pages.any(|p| p.number.gt(&b.price)) & b.title.starts_with("count")),
            add: Filter::always(),
            change: b.author.is(who),
            ..Rules::none()
        }
        // In a trigger, where no subquery may stand.
        .may_set(&b.rank, b.opens.lt(who.now()) & b.day.le(who.now().date_in_utc()))
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Page {
    id: Id<Page>,
    book: ForeignKey<Book>,
    number: i64,
}
impl Policy for Page {
    fn rules(who: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: !p.book.visible(who),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes books.
    Printing: Add<Book>, View<Book>, Add<Page>, View<User>, Add<User>;
    waiver!(ServiceRights, "the tests print books for everybody")
}

#[tokio::test]
async fn a_rule_of_every_shape_is_said_by_policies() {
    let server = cluster::database();
    let (url, owner) = server.with_two_roles();
    let options = Options {
        models: vec![User::meta(), Book::meta(), Page::meta()],
        services: vec![actor::ServiceMeta::of::<Printing>()],
        row_security: true,
        owner: Some(OwnersUrl::new(&owner)),
        ..Options::default()
    };
    let database = Database::open(&url, options.clone()).unwrap();
    database.create_all(&options.models).unwrap();
    let walled = Walled { server, database };
    let unit = walled.database.bind(Actor::nobody());
    let db = unit.db();
    let db = db.acting::<Printing>();
    let ann = User::create(NewUser {
        email: "ann@example.com".into(),
    });
    let ann = ann.save(&db).await.unwrap();
    let now = DateTime::now().micros();
    let today = Date::today_in_utc();
    let mut sequel = None;
    let mut made = Vec::new();
    for (title, hours, price, follows) in [
        ("sequel", 0, 0, false),
        (ODD, -1, 0, false),
        (ODD, 1, 0, false),
        ("seven 7", 1, 9, false),
        ("seven 8", 1, 10, false),
        ("followed", 1, 99, true),
        ("counted", 1, 3, false),
        ("count not", 1, 5, false),
    ] {
        let new = NewBook {
            title: title.into(),
            opens: DateTime::from_micros(now + hours * 3_600_000_000).unwrap(),
            day: today,
            price,
            sequel: if follows { sequel } else { None },
            author: ann.id,
        };
        let book = Book::create(new).save(&db).await.unwrap();
        let page = NewPage {
            book: book.id,
            number: 4,
        };
        Page::create(page).save(&db).await.unwrap();
        sequel = sequel.or(Some(book.id));
        made.push(book.id);
    }
    unit.finish(true).await.unwrap();
    for (actor, expected) in [
        (Actor::nobody(), vec![1, 3, 6]),
        (user(&ann, false, false), vec![1, 3, 5, 6]),
    ] {
        let unit = walled.database.bind(actor);
        let mut expected: Vec<_> = expected
            .into_iter()
            .map(|at: usize| made[at].uuid().to_string())
            .collect();
        expected.sort();
        assert_eq!(seen!(Book, &unit.read_db()), expected);
        let found = walled
            .by_hand(actor, "SELECT id::text FROM book ORDER BY id")
            .await;
        assert_eq!(found.unwrap().concat(), expected);
        let pages = walled
            .by_hand(actor, "SELECT id::text FROM page ORDER BY id")
            .await
            .unwrap();
        assert_eq!(pages.concat(), seen!(Page, &unit.read_db()));
        assert_eq!(pages.len(), made.len() - expected.len());
    }
    // What time allows to set, a trigger asks of each row: of the books that are hers and seen, one is open.
    let rank = |at: usize| format!("UPDATE book SET rank = 1 WHERE id = '{}'", made[at].uuid());
    let of_ann = user(&ann, false, false);
    assert_eq!(walled.written(of_ann, &rank(1)).await.unwrap(), 1);
    assert_eq!(
        walled.written(of_ann, &rank(3)).await.unwrap_err(),
        Failure::Policy
    );
    // What a backslash means does not depend on a setting of whoever asks.
    let sql = "SET LOCAL standard_conforming_strings = off; SET LOCAL backslash_quote = on";
    let connection = walled.connection().await;
    let authority = Authority::new(Actor::nobody(), walled.database.listed());
    let marks = Marks::of(&authority).values();
    connection
        .begin_marked(Access::Read, Isolation::ReadCommitted, &marks)
        .await
        .unwrap();
    connection.batch(sql).await.unwrap();
    assert_eq!(
        rows(&connection, "SELECT id::text FROM book")
            .await
            .unwrap()
            .len(),
        3
    );
    assert_eq!(
        rows(&connection, "SELECT id::text FROM page")
            .await
            .unwrap()
            .len(),
        made.len() - 3
    );
}

/// Two models whose rules ask each other.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Hen {
    id: Id<Hen>,
    egg: ForeignKey<Egg>,
}
impl Policy for Hen {
    fn rules(who: Who<Self>, h: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: h.egg.visible(who),
            ..Rules::none()
        }
    }
}
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Egg {
    id: Id<Egg>,
    hen: Option<ForeignKey<Hen>>,
}
impl Policy for Egg {
    fn rules(who: Who<Self>, e: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: e.hen.visible(who),
            ..Rules::none()
        }
    }
}

/// Later than PostgreSQL's calendar goes.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Far {
    id: Id<Far>,
    ends: DateTime,
}
impl Policy for Far {
    fn rules(who: Who<Self>, f: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: f.ends.lt(who.now() + Duration::MAX),
            ..Rules::none()
        }
    }
}

/// What a new one has is another each time.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Ticket {
    id: Id<Ticket>,
    #[field(privileged, default = DateTime::now().micros())]
    number: i64,
}
impl Policy for Ticket {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// CWE-862: there is no policy that says less than the rule; what cannot be said is refused, by its name, and nothing is made.
#[tokio::test]
async fn cwe_862_what_cannot_be_emitted_is_refused_by_name() {
    for (models, named, why) in [
        (vec![Hen::meta(), Egg::meta()], "Hen", "includes itself"),
        (vec![Far::meta()], "Far", "calendar"),
        (vec![Ticket::meta()], "Ticket", "`number` carries privilege"),
    ] {
        let walled = Walled::empty(models.clone());
        let refused = walled.database.create_all(&models).unwrap_err().to_string();
        assert!(refused.contains(named) && refused.contains(why), "{refused}");
        assert!(walled.database.policies().is_err());
        assert!(walled.stored("SELECT 1 FROM pg_policy").is_empty());
        assert!(walled.database.secured().unwrap().policies.unwrap().contains(why));
    }
}

/// Whose rule has a fragment.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Ratio {
    id: Id<Ratio>,
    #[field(max_length = 100)]
    name: String,
    #[field(owner)]
    owner: ForeignKey<User>,
}
impl Policy for Ratio {
    fn rules(who: Who<Self>, r: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: r.owner.is(who) & sql!("length({}) = 7", r.name),
            ..Rules::none()
        }
    }
}

/// Whose rule includes that one, for what is ready.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
struct Chart {
    id: Id<Chart>,
    ready: bool,
    #[field(max_length = 100)]
    title: String,
    ratio: ForeignKey<Ratio>,
}
impl Policy for Chart {
    fn rules(who: Who<Self>, c: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: c.ready.eq(true) & c.ratio.visible(who),
            change: sql!("length({}) > 3", c.title),
            ..Rules::none()
        }
    }
}

/// CWE-209, CWE-400. Attack: a fragment that is an error on some row, in the rule of another model that a rule includes by its name, or
/// in the rule for changing: on a row that is not asked for, it would take the list from everybody, or tell that the row is there. What
/// fragments are known to do is refused before (`orm.E010`); what is not known stands behind what has to hold first.
#[tokio::test]
async fn cwe_209_a_fragment_of_an_included_rule_is_asked_of_no_row_that_is_not() {
    let walled = Walled::with(vec![User::meta(), Ratio::meta(), Chart::meta()]);
    let policies = walled.database.policies().unwrap();
    let of = |policy: &str| {
        let begin = format!("CREATE POLICY \"{policy}\" ON \"public\".\"chart\"");
        policies.iter().find(|one| one.starts_with(&begin)).unwrap()
    };
    let (view, change) = (of("vauban_view"), of("vauban_change"));
    let ready = "CASE WHEN \"ready\" = TRUE THEN \"vauban_rule_";
    assert!(view.contains(ready), "{view}");
    let behind = "END) THEN ((SELECT strpos(current_setting('vauban.granted', true), ',change:chart,') > 0) OR (length(\"title\") > 3))";
    assert!(change.contains(behind), "{change}");
    // Gathered it would be asked of whatever ratios there are.
    let gathered = walled.stored("SELECT 1 FROM pg_proc WHERE proname LIKE 'vauban_rule_%' AND proretset");
    assert!(gathered.is_empty());
}
