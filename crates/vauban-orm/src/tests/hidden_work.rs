//! CWE-203, CWE-400: what a question costs, and that it costs too much, tells nothing of rows that the policy hides.

use vauban_macros::Model;

use super::*;
use crate::engine::{Database, Options};
use crate::*;

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "work_org", related(marks: Mark.org, docs: Doc.org))]
struct Org {
    id: Id<Org>,
    #[field(max_length = 20)]
    name: String,
}
impl Policy for Org {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "work_mark")]
struct Mark {
    id: Id<Mark>,
    org: ForeignKey<Org>,
    level: i64,
}
impl Policy for Mark {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

/// Seen by a rule that looks other rows up for each of them.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "work_doc", related(notes: Note.doc))]
struct Doc {
    id: Id<Doc>,
    org: ForeignKey<Org>,
    secrecy: i64,
    #[field(max_length = 20)]
    code: String,
    #[field(text)]
    body: String,
}
impl Policy for Doc {
    fn rules(_: Who<Self>, d: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: d.org.marks.any(|m| m.level.ge(&d.secrecy)),
            change: Filter::always(),
            delete: Filter::always(),
            add: Filter::always(),
            ..Rules::none()
        }
    }
}

/// Seen by everybody, whosever document it is about.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "work_note")]
struct Note {
    id: Id<Note>,
    #[field(on_delete = cascade_owned)]
    doc: ForeignKey<Doc>,
    #[field(text)]
    text: String,
}
impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

/// Seen by one comparison, or by more.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "work_page")]
struct Page {
    id: Id<Page>,
    open: bool,
    #[field(text)]
    body: String,
}
impl Policy for Page {
    fn rules(_: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: p.open.eq(true),
            ..Rules::none()
        }
    }
}

service! {
    /// Makes what nobody sees.
    Writer: Add<Org>, View<Org>, Add<Mark>, View<Mark>, Add<Doc>, View<Doc>, Add<Note>, View<Note>;
    waiver!(ServiceRights, "hidden rows are made for attacks")
}

fn models() -> Vec<&'static ModelMeta> {
    vec![Org::meta(), Mark::meta(), Doc::meta(), Note::meta(), Page::meta()]
}

/// A document that may be seen, and one that may not: what stands in it is long.
async fn world() -> Database {
    let options = Options {
        models: models(),
        services: vec![actor::ServiceMeta::of::<Writer>()],
        steps: 400_000,
        inline_steps: 100_000,
        ..Options::default()
    };
    let database = Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&models()).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let db = db.acting::<Writer>();
    let org = Org::create(NewOrg { name: "a".into() })
        .save(&db)
        .await
        .unwrap()
        .id;
    Mark::create(NewMark { org, level: 1 }).save(&db).await.unwrap();
    let doc = |secrecy, code: &str, body: String| {
        let code = code.into();
        Doc::create(NewDoc {
            org,
            secrecy,
            code,
            body,
        })
    };
    doc(0, "pub", "hello".into()).save(&db).await.unwrap();
    let hidden = doc(9, "zebra", "\u{e4} ".repeat(250_000))
        .save(&db)
        .await
        .unwrap();
    for _ in 0..2 {
        let text = "a ".repeat(450_000);
        Note::create(NewNote { doc: hidden.id, text })
            .save(&db)
            .await
            .unwrap();
    }
    unit.finish(true).await.unwrap();
    database
}

type Ask = fn(&Columns<Doc>, &str) -> Filter<Doc>;

/// What takes long of a row that holds much, or that many refer to: one of them, asked for as often as a request may.
const LONG: &[(&str, Ask)] = &[
    ("contains", |d, word| d.body.contains(word)),
    ("icontains", |d, word| d.body.icontains(word)),
    ("ends_with", |d, word| d.body.ends_with(word)),
    ("search", |d, word| d.body.search(word)),
    ("not", |d, word| !d.body.contains(word)),
    ("computed", |d, word| d.body.lower().contains(word)),
    ("compared", |d, word| d.body.lower().eq(word)),
    ("joined", |d, word| d.code.concat(&d.body).starts_with(word)),
    ("in a list", |d, word| d.body.upper().is_in([word.to_owned()])),
    ("case", |d, word| {
        case(d.body.contains(word), 1).otherwise(2).eq(1)
    }),
    ("any", |d, word| d.notes.any(|n| n.text.contains(word))),
    ("of an outer row", |d, word| {
        d.notes.any(|n| n.text.contains(word) & n.text.ne(&d.code))
    }),
    ("counted", |d, word| {
        let word = word.to_owned();
        d.notes.filter(move |n| n.text.contains(&word)).count().gt(0)
    }),
    ("far", |d, word| {
        d.org.docs.any(|o| o.notes.any(|n| n.text.search(word)))
    }),
];

fn words(d: &Columns<Doc>, ask: Ask, code: &str) -> Filter<Doc> {
    let words = (0..30).map(|n| ask(d, &format!("word{n}")));
    d.code.starts_with(code) & words.reduce(|all, word| all | word).unwrap()
}

/// What each kind of statement comes to.
async fn answers(database: &Database, ask: Ask, code: &str) -> Vec<String> {
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    // On this thread, on which a control is taken out.
    db.begin().await.unwrap();
    let query = || Doc::objects().filter(|d| words(d, ask, code));
    let mut all = vec![
        format!("{:?}", query().count(&db).await),
        format!("{:?}", query().exists(&db).await),
        format!("{:?}", query().all(&db).await.map(|all| all.len())),
        format!(
            "{:?}",
            query()
                .order_by(|d| d.body.asc())
                .page(&db, 1)
                .await
                .map(|page| page.rows.len())
        ),
        format!("{:?}", query().values(|d| &d.code).all(&db).await),
        format!("{:?}", query().aggregate(&db, |d| d.id.count()).await),
        format!("{:?}", query().with_may().all(&db).await.map(|all| all.len())),
        format!(
            "{:?}",
            query()
                .with(|d| d.notes.load())
                .all(&db)
                .await
                .map(|all| all.len())
        ),
        format!("{:?}", query().preview_delete_all(&db).await),
        format!(
            "{:?}",
            Org::objects()
                .filter(|o| {
                    o.docs.any(|d| {
                        let words = (0..30).map(|n| d.body.contains(format!("word{n}")));
                        d.code.starts_with(code) & words.reduce(|all, word| all | word).unwrap()
                    })
                })
                .count(&db)
                .await
        ),
        format!(
            "{:?}",
            Org::objects()
                .with(|o| o.docs.load().filter(|d| words(d, ask, code)))
                .all(&db)
                .await
                .map(|all| all.iter().map(|one| one.loaded.len()).collect::<Vec<_>>())
        ),
    ];
    all.push(format!(
        "{:?}",
        query().change_all(&db, |d| [d.code.set("x")]).await
    ));
    all.push(format!("{:?}", query().delete_all(&db).await));
    unit.finish(false).await.unwrap();
    all
}

/// Attack: what a hidden row begins with, letter by letter: where the guess is right, a question about its long text is asked, which
/// is too much work (503), and where it is wrong it is not.
#[tokio::test]
async fn cwe_203_too_much_work_tells_nothing_of_a_hidden_row() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let database = world().await;
    for (name, ask) in LONG {
        let (right, wrong) = (
            answers(&database, *ask, "z").await,
            answers(&database, *ask, "a").await,
        );
        assert_eq!(right, wrong, "{name}");
        assert!(right[0].contains("Ok(0)"), "{name}: {right:?}");
    }
    for (name, ask) in &LONG[..2] {
        let _attack = without(Control::LongBehind);
        let told = answers(&database, *ask, "z").await;
        let is_told = told.iter().any(|answer| answer.contains("TooMuchWork"));
        assert!(is_told, "{name}: {told:?}");
    }
}

/// The same on both databases, by their texts: PostgreSQL asks what it holds to be cheap before what it looks up.
#[tokio::test]
async fn cwe_203_what_takes_long_stands_behind_a_rule_that_looks_rows_up() {
    let database = world().await;
    for (name, ask) in LONG {
        let unit = database.bind(Actor::nobody());
        let db = unit.read_db();
        Doc::objects()
            .filter(|d| d.code.eq("q") & ask(d, "word"))
            .count(&db)
            .await
            .unwrap();
        let sql = unit.queries().last().unwrap().sql.clone();
        // What looks rows up is a function where the database has it for policies of its own.
        let rule = match crate::tests::on::row_security() {
            true => "CASE WHEN \"vauban_rule_",
            false => "CASE WHEN EXISTS (",
        };
        let (open, behind) = sql.split_once(rule).unwrap_or_else(|| panic!("{name}: {sql}"));
        assert!(
            open.contains("t.\"code\" = "),
            "{name}: indexes still serve: {sql}"
        );
        assert!(
            !open.contains("body") && !open.contains("work_note"),
            "{name}: {sql}"
        );
        assert!(behind.contains("THEN"), "{name}: {sql}");
    }
}

/// What a rule of one comparison had for a text, it has.
#[tokio::test]
async fn a_rule_of_one_comparison_needs_nothing_behind_it() {
    let database = world().await;
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    Page::objects()
        .filter(|p| p.body.search("x") & p.body.contains("y"))
        .count(&db)
        .await
        .unwrap();
    Doc::objects()
        .filter(|d| d.code.ge("a") & d.org.name.eq("a"))
        .count(&db)
        .await
        .unwrap();
    for query in unit.queries() {
        // A search's own, of texts in ASCII.
        let sql = query.sql.replace("CASE WHEN octet_length", "");
        assert!(!sql.contains("CASE"), "{sql}");
    }
}
