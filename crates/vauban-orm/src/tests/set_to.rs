//! Columns that are set to what the database computes: of what was there before, of what may be seen, and within what the column
//! takes.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options, Unit};
use crate::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "carton", related(cells: Cell.carton))]
struct Carton {
    id: Id<Carton>,
}
impl Policy for Carton {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public_to_write()
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, table = "cell", check(not_both = |c| c.n.ne(77)))]
struct Cell {
    id: Id<Cell>,
    carton: ForeignKey<Carton>,
    n: i64,
    #[field(default = 0)]
    small: i32,
    #[field(default = 5, min = 0, max = 10)]
    bounded: i64,
    #[field(default = 0_u16)]
    port: u16,
    maybe: Option<i64>,
    #[field(max_length = 5)]
    name: String,
    price: Decimal,
    #[field(unique)]
    key: i64,
}
impl Policy for Cell {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public_to_write()
    }
}

trait PublicToWrite<M: Model> {
    fn public_to_write() -> Rules<M>;
}
impl<M: Model> PublicToWrite<M> for Rules<M> {
    fn public_to_write() -> Self {
        Rules {
            view: Filter::always(),
            add: Filter::always(),
            change: Filter::always(),
            ..Rules::none()
        }
    }
}

async fn three(n: [i64; 3]) -> (Database, Id<Carton>) {
    let models = vec![Carton::meta(), Cell::meta()];
    let options = Options {
        models: models.clone(),
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&models).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let carton = Carton::create(NewCarton {}).save(&db).await.unwrap().id;
    for (key, n) in n.into_iter().enumerate() {
        let new = NewCell {
            carton,
            n,
            maybe: None,
            name: format!("c{key}"),
            price: Decimal::whole(n % 100).unwrap(),
            key: key as i64,
        };
        Cell::create(new).save(&db).await.unwrap();
    }
    unit.finish(true).await.unwrap();
    (database, carton)
}

async fn cells(unit: &Unit) -> Vec<Cell> {
    Cell::objects()
        .order_by(|c| c.key.asc())
        .all(&unit.db())
        .await
        .unwrap()
}

async fn numbers(unit: &Unit) -> Vec<i64> {
    cells(unit).await.into_iter().map(|cell| cell.n).collect()
}

/// CWE-362. Of 2, 2, 2 each becomes the sum of the others: 4, 4, 4 and not 4, 6, 10, which is what comes of rows that are computed
/// of those that were written before them.
#[tokio::test]
async fn cwe_362_each_row_is_computed_of_what_was_there_before() {
    let others = |c: &Columns<Cell>| [c.n.set_to(c.carton.cells.sum(|c| &c.n) - &c.n)];
    let (database, _) = three([2, 2, 2]).await;
    let unit = database.bind(Actor::nobody());
    assert_eq!(Cell::objects().change_all(&unit.db(), others).await.unwrap(), 3);
    assert_eq!(numbers(&unit).await, [4, 4, 4]);
    // Columns of one row, too: they change places.
    let swapped = |c: &Columns<Cell>| [c.n.set_to(&c.key), c.key.set_to(&c.n - &c.key * 100)];
    Cell::objects()
        .filter(|c| c.key.eq(1))
        .change_all(&unit.db(), swapped)
        .await
        .unwrap();
    let one = Cell::objects()
        .get_to_change(&unit.db(), |c| c.key.eq(4 - 100))
        .await
        .unwrap();
    assert_eq!(one.n, 1);
    let one = one
        .change(&unit.db(), |c| [c.n.set_to(&c.key), c.key.set_to(&c.n)])
        .await
        .unwrap();
    assert_eq!((one.n, one.key), (-96, 1));
    if crate::tests::on::sqlite() {
        let (database, _) = three([2, 2, 2]).await;
        let unit = database.bind(Actor::nobody());
        let _attack = without(Control::AsRead);
        Cell::objects().change_all(&unit.db(), others).await.unwrap();
        assert_ne!(numbers(&unit).await, [4, 4, 4]);
    }
}

/// Values of related rows and over them, texts, cases, constants, a copied amount.
#[tokio::test]
async fn what_the_database_computes_is_kept() {
    let (database, carton) = three([1, 5, 9]).await;
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let changed = Cell::objects().change_all(&db, |c| {
        [
            c.small.set_to(c.carton.cells.count() * 10 + &c.n),
            c.maybe
                .set_to(c.carton.cells.filter(|other| other.n.gt(1)).min(|other| &other.n)),
            c.name.set_to(case(c.n.gt(4), c.name.upper()).otherwise("few")),
            c.bounded.set_to(&c.n % 4),
            c.carton.set_to(&c.carton),
            c.price.set_to(c.price.coalesce(Decimal::ZERO)),
        ]
    });
    assert_eq!(changed.await.unwrap(), 3);
    let all: Vec<_> = cells(&unit)
        .await
        .into_iter()
        .map(|c| (c.small, c.maybe, c.name, c.bounded, c.price.to_string()))
        .collect();
    let expected = [
        (31, "few", 1, "1.00"),
        (35, "C1", 1, "5.00"),
        (39, "C2", 1, "9.00"),
    ];
    let expected = expected
        .map(|(small, name, bounded, price)| (small, Some(5), name.to_owned(), bounded, price.to_owned()));
    assert_eq!(all, expected);
    assert!(cells(&unit).await.iter().all(|c| c.carton.id() == carton));
}

type Change = fn(&Columns<Cell>) -> [Assignment<Cell>; 1];

/// CWE-190, CWE-369, CWE-1284. Attack: numbers are brought where their column does not hold them, or where there is none. It is
/// told at the field, of one row and of many, nothing is written, and the unit goes on.
#[tokio::test]
async fn cwe_190_what_a_column_does_not_take_is_told_at_its_field() {
    let cases: [(&str, &str, Change); 15] = [
        ("n", "required", |c| [c.n.set_to(&c.n / &c.small)]),
        ("n", "required", |c| [c.n.set_to(&c.maybe)]),
        ("n", "required", |c| {
            [c.n.set_to(c.carton.cells.filter(|c| c.n.gt(99)).sum(|c| &c.n))]
        }),
        ("n", "range", |c| [c.n.set_to(&c.n + i64::MAX)]),
        ("n", "range", |c| [c.n.set_to((&c.n * i64::MAX) / i64::MAX)]),
        ("maybe", "range", |c| [c.maybe.set_to(&c.n - i64::MAX - 9)]),
        ("small", "range", |c| {
            [c.small.set_to(&c.n * 1_000_000_000_000_i64)]
        }),
        ("small", "range", |c| [c.small.set_to(&c.n - 3_000_000_000_i64)]),
        ("port", "range", |c| [c.port.set_to(&c.n - 8)]),
        ("port", "range", |c| [c.port.set_to(&c.n + 65_535)]),
        ("bounded", "range", |c| [c.bounded.set_to(&c.n * 2)]),
        ("bounded", "range", |c| [c.bounded.set_to(11_i64)]),
        ("name", "max_length", |c| [c.name.set_to(c.name.concat("1234"))]),
        ("name", "max_length", |c| [c.name.set_to("123456")]),
        ("name", "null_characters", |c| {
            [c.name.set_to(c.name.concat("\0"))]
        }),
    ];
    let (database, _) = three([3, 1, 7]).await;
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let told = |error: Error| {
        let problems = error.problems();
        assert_eq!(error.status(), 422, "{error}");
        (problems[0].field, problems[0].problem.code().to_owned())
    };
    let before = format!("{:?}", cells(&unit).await);
    for (number, (field, code, change)) in cases.into_iter().enumerate() {
        let many = Cell::objects().change_all(&db, change).await.unwrap_err();
        assert_eq!(told(many), (field, code.to_owned()), "{number}, of many");
        let last = Cell::objects().get_to_change(&db, |c| c.n.eq(7)).await.unwrap();
        let one = last.change(&db, change).await;
        match one {
            Err(error) => assert_eq!(told(error), (field, code.to_owned()), "{number}, of one"),
            // Of this row it is one that the column takes.
            Ok(one) => panic!("{number}: {one:?}"),
        }
        let by_key = Cell::objects()
            .filter(|c| c.key.eq(2))
            .change_all(&db, change)
            .await;
        assert_eq!(
            told(by_key.unwrap_err()),
            (field, code.to_owned()),
            "{number}, by its key"
        );
    }
    assert_eq!(format!("{:?}", cells(&unit).await), before);
    // The database's own conditions are told by their fields as ever.
    let kept = Cell::objects().change_all(&db, |c| [c.n.set_to(&c.n + 70)]).await;
    assert_eq!(told(kept.unwrap_err()), ("n", "not_together".to_owned()));
    let taken = Cell::objects()
        .change_all(&db, |c| [c.key.set_to(5)])
        .await
        .unwrap_err();
    assert!(
        matches!(&taken, Error::Unique { fields, .. } if fields == &["key"]),
        "{taken}"
    );
    let added = Cell::objects().change_all(&db, |c| [c.n.set_to(&c.n + 1)]).await;
    assert_eq!(added.unwrap(), 3);
    unit.finish(true).await.unwrap();
    let unit = database.bind(Actor::nobody());
    assert_eq!(numbers(&unit).await, [4, 2, 8]);
}

/// A part that is not taken may be whatever it is; the ends themselves are numbers.
#[tokio::test]
async fn only_what_becomes_the_value_counts() {
    let (database, _) = three([i64::MAX, 1, i64::MIN]).await;
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let spared = Cell::objects().change_all(&db, |c| {
        let more = case(c.n.eq(1), &c.n + 1).otherwise(&c.n * 1);
        [c.maybe
            .set_to(c.maybe.coalesce(case(c.n.eq(1), more).otherwise(0_i64)))]
    });
    assert_eq!(spared.await.unwrap(), 3);
    let copied = Cell::objects().change_all(&db, |c| [c.maybe.set_to(&c.n)]).await;
    assert_eq!(copied.unwrap(), 3);
    let all: Vec<_> = cells(&unit).await.into_iter().map(|c| c.maybe).collect();
    assert_eq!(all, [Some(i64::MAX), Some(1), Some(i64::MIN)]);
}

/// CWE-362: a change by what is computed is a change of the version that was read, and makes a new one; a counter makes none.
#[tokio::test]
async fn cwe_362_the_version_is_checked_and_moved() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let draft = async || {
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap()
    };
    let (first, old) = (draft().await, draft().await);
    let shown = first.version();
    let counted = first.change(&db, |a| [a.hits.set_to(&a.hits + 2)]).await.unwrap();
    assert_eq!((counted.hits, draft().await.version()), (2, shown));
    let titled = draft()
        .await
        .change(&db, |a| [a.title.set_to(a.title.concat("!"))])
        .await
        .unwrap();
    assert_eq!(titled.title, "draft!");
    assert_ne!(draft().await.version(), shown);
    let lost = old.change(&db, |a| [a.title.set_to(a.title.concat("?"))]).await;
    assert!(matches!(lost, Err(Error::Conflict)), "{lost:?}");
    // A new row has nothing that it is computed of.
    let new = NewArticle {
        title: "new".into(),
        slug: "new".parse().unwrap(),
        author: site.ann.id,
        editor: None,
    };
    let new = Article::create(new)
        .set(|a| [a.hits.set_to(&a.hits + 1)])
        .save(&db)
        .await;
    assert!(
        matches!(&new, Err(Error::Internal(why)) if why.contains("write `set`")),
        "{new:?}"
    );
}

/// CWE-203, CWE-209. Attack: the address of somebody hidden is copied into a title, or told by an error.
#[tokio::test]
async fn cwe_203_no_expression_reads_what_may_not_be_seen() {
    let site = Site::new().await;
    let unit = site.as_nobody();
    let db = unit.db();
    let new = |slug: &str, editor| {
        let new = NewArticle {
            title: slug.into(),
            slug: slug.parse().unwrap(),
            author: site.ann.id,
            editor,
        };
        Article::create(new)
    };
    let service = db.acting::<Fixtures>();
    new("haunted", Some(site.ghost.id)).save(&service).await.unwrap();
    new("lonely", None).save(&service).await.unwrap();
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let haunted = || Article::objects().filter(|a| a.slug.eq("haunted".parse::<Slug>().unwrap()));
    let title = async |query: QuerySet<Article>| {
        query
            .clone()
            .change_all(&db, |a| [a.title.set_to(a.editor.email.coalesce("nobody"))])
            .await
            .unwrap();
        query.first(&db).await.unwrap().unwrap().title
    };
    assert_eq!(title(haunted()).await, "nobody");
    // Hidden, and not there at all: one answer.
    let told = async |name: &str| {
        let slug: Slug = name.parse().unwrap();
        let row = Article::objects()
            .get_to_change(&db, |a| a.slug.eq(&slug))
            .await
            .unwrap();
        let one = row
            .change(&db, |a| [a.title.set_to(&a.editor.email)])
            .await
            .unwrap_err();
        let many = Article::objects().filter(|a| a.slug.eq(&slug) & a.hits.eq(0));
        let many = many.change_all(&db, |a| [a.title.set_to(&a.editor.email)]).await;
        (one.to_string(), many.unwrap_err().to_string())
    };
    assert_eq!(told("haunted").await, told("lonely").await);
    let _attack = without(Control::Related);
    assert_eq!(title(haunted()).await, "ghost@example.com");
}

/// CWE-639. Attack: a reference to a row that is hidden, or is not there, is made by what is computed.
#[tokio::test]
async fn cwe_639_what_a_computed_key_refers_to_has_to_be_seen() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let to = |id: Id<User>| {
        let db = &db;
        let site = &site;
        async move {
            let change = |a: &Columns<Article>| [a.editor.set_to(case(a.published.eq(false), id).or_none())];
            let draft = Article::objects()
                .get_to_change(db, |a| a.id.eq(site.draft.id))
                .await;
            let one = draft.unwrap().change(db, change).await.map(drop);
            let many = Article::objects()
                .filter(|a| a.published.eq(false))
                .change_all(db, change)
                .await;
            (one, many)
        }
    };
    for hidden in [site.ghost.id, Id::random()] {
        let (one, many) = to(hidden).await;
        let one = one.unwrap_err().problems();
        assert_eq!((one[0].field, one[0].problem.code()), ("editor", "not_available"));
        assert!(matches!(many, Err(Error::Forbidden)), "{many:?}");
    }
    assert!(matches!(to(site.ben.id).await, (Ok(()), Ok(1))));
    let _attack = without(Control::Target);
    assert!(matches!(to(site.ghost.id).await, (Ok(()), Ok(1))));
}

/// CWE-863, CWE-269. Attack: a row is given away, or taken to another tenant, by what is computed of it.
#[tokio::test]
async fn cwe_863_the_row_that_it_becomes_is_judged() {
    let site = Site::new().await;
    let unit = site.as_nobody();
    let new = NewArticle {
        title: "bens".into(),
        slug: "bens".parse().unwrap(),
        author: site.ben.id,
        editor: Some(site.ann.id),
    };
    let bens = Article::create(new)
        .set(|a| [a.published.set(true)])
        .save(&unit.db().acting::<Fixtures>())
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    // The editor may change it and, changed like this, may not any more.
    let by_author = |a: &Columns<Article>| [a.editor.set_to(&a.author)];
    // Staff may change it, and nobody says whose it is.
    let by_editor = |a: &Columns<Article>| [a.author.set_to(&a.editor)];
    // A task goes to the organisation of which its own is not.
    let moved = |t: &Columns<Task>| {
        let there = case(t.organisation.eq(site.alpha.id), site.beta.id).otherwise(site.alpha.id);
        [t.organisation.set_to(there)]
    };
    let article = async |user: &User, change: fn(&Columns<Article>) -> [Assignment<Article>; 1]| {
        let unit = site.as_user(user);
        let of_title = Article::objects().filter(|a| a.title.eq("bens"));
        let many = of_title.change_all(&unit.db(), change).await;
        unit.finish(false).await.unwrap();
        let unit = site.as_user(user);
        let db = unit.db();
        let one = Article::objects()
            .get_to_change(&db, |a| a.id.eq(bens.id))
            .await
            .unwrap();
        (one.change(&db, change).await.is_ok(), many.is_ok())
    };
    assert_eq!(article(&site.ann, by_author).await, (false, false));
    assert_eq!(article(&site.sue, by_editor).await, (false, false));
    for user in [&site.ann, &site.ben] {
        let unit = site.as_user(user);
        let db = unit.db();
        let many = Task::objects().change_all(&db, moved).await;
        assert!(matches!(many, Err(Error::Forbidden)), "{many:?}");
        for mut task in Task::objects().all_to_change(&db).await.unwrap() {
            task = Task::objects()
                .get_to_change(&db, |t| t.id.eq(task.id))
                .await
                .unwrap();
            let one = task.change(&db, moved).await.unwrap_err();
            assert!(matches!(one.status(), 403 | 422), "{one}");
        }
    }
    {
        let _attack = without(Control::ChangeAfter);
        assert_eq!(article(&site.ann, by_author).await, (true, true));
    }
    let _attack = without(Control::MaySet);
    assert_eq!(article(&site.sue, by_editor).await, (true, true));
}

/// CWE-209. Attack: a fragment that is an error on a row that is hidden stands in what is computed.
#[tokio::test]
async fn cwe_209_a_fragment_is_asked_of_no_row_that_is_hidden() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let site = Site::new().await;
    let unit = site.as_nobody();
    let new = NewArticle {
        title: "bens".into(),
        slug: "bens".parse().unwrap(),
        author: site.ben.id,
        editor: None,
    };
    let service = unit.db();
    let service = service.acting::<Fixtures>();
    Article::create(new)
        .set(|a| [a.hits.set(i64::MIN)])
        .save(&service)
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let change = |a: &Columns<Article>| {
        [a.hits
            .set_to(case(sql!("abs({}) < 5", a.hits), 1_i64).otherwise(9_i64))]
    };
    assert_eq!(Article::objects().change_all(&db, change).await.unwrap(), 2);
    let draft = Article::objects()
        .get_to_change(&db, |a| a.id.eq(site.draft.id))
        .await
        .unwrap();
    assert_eq!(draft.change(&db, change).await.unwrap().hits, 1);
}
