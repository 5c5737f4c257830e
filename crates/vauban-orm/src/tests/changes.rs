//! What is told of what a unit changed: every statement kind, nothing that was undone, no secrets, and nothing where nobody asks.

use std::sync::{Arc, Mutex};

use vauban_macros::Model;

use super::*;
use crate::engine::{ChangeHooks, Database, Options, Unit};
use crate::field::{Field, Kind, Mismatch, Value, ValueRef};
use crate::*;

/// A type whose values are nobody's to read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pin(String);

impl Field for Pin {
    const KIND: Kind = Kind::Text;
    const SECRET: bool = true;
    fn to_value(&self) -> Value {
        Value::Text(self.0.clone())
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok(Self(text.to_owned())),
            _ => Err(Mismatch),
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "told_book", changes, many(tags: BookTag through new BookTagged(book, tag)))]
pub(super) struct Book {
    pub id: Id<Book>,
    #[field(max_length = 30)]
    pub title: String,
    #[field(default = 0, versioned = false)]
    pub read: i64,
    #[field(default = false)]
    pub hidden: bool,
    #[field(max_length = 30, default = "first")]
    key: String,
    pub pin: Option<Pin>,
}
impl Policy for Book {
    fn rules(_: Who<Self>, b: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: b.hidden.eq(false),
            add: Filter::always(),
            change: Filter::always(),
            delete: Filter::always(),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "told_tag", changes)]
pub(super) struct BookTag {
    pub id: Id<BookTag>,
    #[field(max_length = 30)]
    pub name: String,
}
impl Policy for BookTag {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        open()
    }
}
impl Policy for BookTagged {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        open()
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "told_chapter", changes)]
pub(super) struct Chapter {
    pub id: Id<Chapter>,
    #[field(on_delete = cascade)]
    pub book: ForeignKey<Book>,
}
impl Policy for Chapter {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        open()
    }
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "told_review", changes)]
pub(super) struct Review {
    pub id: Id<Review>,
    #[field(on_delete = set_null)]
    pub of: Option<ForeignKey<Book>>,
}
impl Policy for Review {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        open()
    }
}

/// Does not ask.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "told_quiet")]
pub(super) struct Quiet {
    pub id: Id<Quiet>,
    #[field(max_length = 30)]
    pub title: String,
}
impl Policy for Quiet {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        open()
    }
}

/// What the hook writes, and asks itself.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "told_entry", changes)]
pub(super) struct Entry {
    pub id: Id<Entry>,
    #[field(text)]
    pub text: String,
}
impl Policy for Entry {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn open<M: Model>() -> Rules<M> {
    Rules {
        add: Filter::always(),
        change: Filter::always(),
        delete: Filter::always(),
        ..Rules::public()
    }
}

service! {
    /// Writes entries.
    pub(super) WriteDown: Add<Entry>;
    waiver!(ServiceRights, "nobody writes down what they did themselves")
}

/// What the hook does besides writing an entry for each change.
#[derive(Clone, Default)]
struct Audit {
    /// Fails with it.
    fails: Option<fn() -> Error>,
    /// Told, and may go on.
    meets: Option<Arc<(tokio::sync::Notify, tokio::sync::Notify)>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl ChangeHook for Audit {
    type Service = WriteDown;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<WriteDown, Write>) -> Result<()> {
        if let Some(meets) = &self.meets {
            meets.0.notify_one();
            meets.1.notified().await;
        }
        for change in changes {
            let by = match (change.actor().user_facts(), change.actor().service_name()) {
                (Some(_), _) => "user",
                (_, Some(_)) => "service",
                _ => "nobody",
            };
            let columns = change.columns().filter(|column| column.meta().target.is_none());
            let columns = columns.filter(|column| column.field() != "id");
            let columns: Vec<_> = columns
                .map(|column| {
                    format!(
                        "{}: {:?}->{:?}",
                        column.field(),
                        column.old().to_string(),
                        column.new().to_string()
                    )
                })
                .collect();
            let line = format!(
                "{by} {:?} {} {}",
                change.action(),
                change.model().name,
                columns.join(", ")
            );
            self.seen.lock().unwrap().push(line.trim().to_owned());
            Entry::create(NewEntry { text: line }).save(db).await?;
        }
        self.fails.map_or(Ok(()), |fails| Err(fails()))
    }
}

impl Audit {
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

fn models() -> Vec<&'static ModelMeta> {
    vec![
        Book::meta(),
        BookTag::meta(),
        BookTagged::meta(),
        Chapter::meta(),
        Review::meta(),
        Quiet::meta(),
        Entry::meta(),
    ]
}

fn database(audit: Option<&Audit>) -> Database {
    let options = Options {
        models: models(),
        services: vec![actor::ServiceMeta::of::<WriteDown>()],
        ..Options::default()
    };
    let database = Database::open(&on::url(), options).unwrap();
    database.create_all(&models()).unwrap();
    let mut hooks = ChangeHooks::default();
    if let Some(audit) = audit {
        hooks.add(audit.clone());
    }
    database.set_change_hooks(hooks);
    database
}

fn unit(database: &Database) -> Unit {
    database.bind(Actor::nobody())
}

fn new(title: &str) -> Create<Book> {
    Book::create(NewBook {
        title: title.into(),
        pin: None,
    })
}

async fn entries(database: &Database) -> u64 {
    Entry::objects().count(&unit(database).read_db()).await.unwrap()
}

/// Does something in a unit of its own that is saved.
async fn saved<T>(database: &Database, work: impl AsyncFnOnce(&Db<Write>) -> Result<T>) -> T {
    let unit = unit(database);
    let done = work(&unit.db()).await.unwrap();
    unit.finish(true).await.unwrap();
    done
}

const ADDED: &str = r#"nobody Add Book title: ""->"walls", read: ""->"0", hidden: ""->"false", key: ""->"(secret)", pin: ""->"(secret)""#;

#[tokio::test]
async fn every_statement_tells_what_it_changed() {
    let audit = Audit::default();
    let database = database(Some(&audit));
    let book = saved(&database, async |db| new("walls").save(db).await).await;
    assert_eq!(audit.told(), [ADDED]);
    saved(&database, async |db| {
        let row = Book::objects().get_to_change(db, |b| b.id.eq(book.id)).await?;
        row.change(db, |b| [b.title.set("towers"), b.key.set("second")])
            .await
    })
    .await;
    assert_eq!(
        audit.told(),
        [r#"nobody Change Book title: "walls"->"towers", key: "(secret)"->"(secret)""#]
    );
    // What holds what it held is no change.
    saved(&database, async |db| {
        Book::objects()
            .change_all(db, |b| [b.title.set("towers"), b.read.increase_by(2)])
            .await
    })
    .await;
    assert_eq!(audit.told(), [r#"nobody Change Book read: "0"->"2""#]);
    saved(&database, async |db| {
        Book::objects().change_all(db, |b| [b.title.set("towers")]).await
    })
    .await;
    assert!(audit.told().is_empty());
    // By metadata.
    saved(&database, async |db| {
        let table = db.table_of(Book::meta())?;
        let title = table.column("title").unwrap();
        table.objects().change_all(db, [title.set("gates")?]).await
    })
    .await;
    assert_eq!(audit.told(), [r#"nobody Change Book title: "towers"->"gates""#]);
    let tags = saved(&database, async |db| {
        let names = ["a", "b"].map(|name| NewBookTag { name: name.into() });
        BookTag::create_all(names).save(db).await
    })
    .await;
    let added = |name: &str| format!(r#"nobody Add BookTag name: ""->"{name}""#);
    assert_eq!(audit.told(), [added("a"), added("b")]);
    saved(&database, async |db| {
        let rows = BookTag::objects()
            .order_by(|t| t.name.asc())
            .all_to_change(db)
            .await?;
        Changeable::change_each(rows, db, |row, t| [t.name.set(row.name.to_uppercase())]).await
    })
    .await;
    let change = |old: &str, new: &str| format!(r#"nobody Change BookTag name: "{old}"->"{new}""#);
    assert_eq!(audit.told(), [change("a", "A"), change("b", "B")]);
    saved(&database, async |db| {
        let c = || BookTag::create(NewBookTag { name: "c".into() });
        for _ in 0..2 {
            let tags = BookTag::objects();
            tags.create_or_change(db, |t| t.name.eq("c"), c(), |t| [t.name.set("d")])
                .await?;
        }
        BookTag::objects()
            .get_or_create(db, |t| t.name.eq("d"), c())
            .await
    })
    .await;
    assert_eq!(audit.told(), [added("c"), change("c", "d")]);
    // Links: those that are there already are none.
    saved(&database, async |db| {
        let links = || book.id.links(|b| &b.tags);
        links().add(db, tags.iter().map(|tag| tag.id)).await?;
        links().add(db, [tags[0].id]).await?;
        links().set(db, [tags[1].id]).await
    })
    .await;
    assert_eq!(
        audit.told(),
        [
            "nobody Add BookTagged",
            "nobody Add BookTagged",
            "nobody Delete BookTagged"
        ]
    );
    saved(&database, async |db| {
        Chapter::create(NewChapter { book: book.id }).save(db).await?;
        Review::create(NewReview { of: Some(book.id) }).save(db).await
    })
    .await;
    audit.told();
    // What goes along, and what loses a reference.
    saved(&database, async |db| Book::objects().delete_all(db).await).await;
    let mut told = audit.told();
    told.sort();
    assert_eq!(
        told,
        [
            r#"nobody Change Review"#,
            r#"nobody Delete Book title: "gates"->"", read: "2"->"", hidden: "false"->"", key: "(secret)"->"", pin: "(secret)"->"""#,
            r#"nobody Delete BookTagged"#,
            r#"nobody Delete Chapter"#,
        ]
    );
}

/// CWE-532, CWE-200. Attack: a hook reads what the struct keeps to itself, and what its type says is secret.
#[tokio::test]
async fn cwe_532_a_hook_is_told_no_secrets() {
    let audit = Audit::default();
    let database = database(Some(&audit));
    let new = || {
        Book::create(NewBook {
            title: "walls".into(),
            pin: Some(Pin("1234".into())),
        })
        .set(|b| [b.key.set("hunter2")])
    };
    {
        let _out = without(Control::SecretUntold);
        saved(&database, async |db| new().save(db).await).await;
        let told = audit.told().join("\n");
        assert!(told.contains("hunter2") && told.contains("1234"), "{told}");
    }
    let told = saved(&database, async |db| {
        new().save(db).await?;
        Book::objects()
            .change_all(db, |b| [b.key.set("hunter3"), b.pin.set(Pin("5678".into()))])
            .await?;
        Book::objects().delete_all(db).await?;
        Ok(())
    });
    told.await;
    let told = audit.told().join("\n");
    assert!(told.contains(r#"key: "(secret)"->"(secret)""#), "{told}");
    for secret in ["hunter", "1234", "5678"] {
        assert!(!told.contains(secret), "{told}");
    }
    let change = format!(
        "{:?}",
        Told::Value(&Book::meta().columns[1], &Value::Text("walls".into()))
    );
    assert_eq!(change, "Value(…)");
}

/// CWE-778, CWE-203. Of rows that the statement does not reach, for the policy hides them, nothing is told.
#[tokio::test]
async fn what_is_not_changed_is_not_told() {
    let audit = Audit::default();
    let database = database(Some(&audit));
    saved(&database, async |db| {
        new("hidden").set(|b| [b.hidden.set(true)]).save(db).await?;
        new("seen").save(db).await
    })
    .await;
    audit.told();
    saved(&database, async |db| {
        Book::objects().change_all(db, |b| [b.title.set("x")]).await
    })
    .await;
    assert_eq!(audit.told(), [r#"nobody Change Book title: "seen"->"x""#]);
    // What is refused is none, and neither is what the database undid.
    let unit = unit(&database);
    let db = unit.db();
    let out_of_sight = Book::objects().change_all(&db, |b| [b.hidden.set(true)]).await;
    assert!(matches!(out_of_sight, Err(Error::Forbidden)), "{out_of_sight:?}");
    new(&"x".repeat(31)).save(&db).await.unwrap_err();
    unit.finish(true).await.unwrap();
    assert!(audit.told().is_empty());
}

/// CWE-460. Attack: an audit is made to tell of what never happened.
#[tokio::test]
async fn cwe_460_nothing_is_told_of_a_part_that_is_undone() {
    let audit = Audit::default();
    let database = database(Some(&audit));
    let add = async |db: &Db<Write>| {
        new("walls").save(db).await?;
        let part = db.nested(async || {
            new("undone").save(db).await?;
            db.nested(async || new("inside").save(db).await).await?;
            Err::<(), _>(Error::Conflict)
        });
        part.await.unwrap_err();
        db.nested(async || BookTag::create(NewBookTag { name: "kept".into() }).save(db).await)
            .await
    };
    {
        let _out = without(Control::UndoneUntold);
        saved(&database, add).await;
        assert_eq!(audit.told().len(), 4);
    }
    saved(&database, add).await;
    assert_eq!(audit.told(), [ADDED, r#"nobody Add BookTag name: ""->"kept""#]);
    // Neither of a unit that is not saved.
    let unit = unit(&database);
    add(&unit.db()).await.unwrap();
    unit.finish(false).await.unwrap();
    assert!(audit.told().is_empty());
}

/// CWE-778: what the hook cannot write down is not done, and whoever asked is told.
#[tokio::test]
async fn cwe_778_a_hook_that_fails_undoes_the_unit() {
    let fails: [(fn() -> Error, u16); 3] = [
        (|| Error::Forbidden, 500),
        (|| Error::Internal("full".into()), 500),
        (|| Error::Busy("a moment"), 503),
    ];
    for (fails, status) in fails {
        let audit = Audit {
            fails: Some(fails),
            ..Audit::default()
        };
        let database = database(Some(&audit));
        let unit = unit(&database);
        new("walls").save(&unit.db()).await.unwrap();
        Quiet::create(NewQuiet {
            title: "goes along".into(),
        })
        .save(&unit.db())
        .await
        .unwrap();
        let error = unit.finish(true).await.unwrap_err();
        assert_eq!(error.status(), status, "{error}");
        if status == 500 {
            let text = error.to_string();
            assert!(
                text.starts_with("nothing is saved: the change hook `") && text.contains("Audit"),
                "{text}"
            );
        }
        let unit = self::unit(&database);
        let db = unit.read_db();
        assert_eq!(Book::objects().count(&db).await.unwrap(), 0);
        assert_eq!(Quiet::objects().count(&db).await.unwrap(), 0);
        assert_eq!(entries(&database).await, 0);
    }
}

/// CWE-862: a hook's service is listed as any other; what it writes is told to nobody.
#[tokio::test]
async fn a_hook_acts_as_its_service_and_is_not_told_of_itself() {
    let audit = Audit::default();
    let database = database(Some(&audit));
    saved(&database, async |db| new("walls").save(db).await).await;
    assert_eq!(audit.told(), [ADDED]);
    assert_eq!(entries(&database).await, 1);
    let unlisted = Database::open(
        &on::url(),
        Options {
            models: models(),
            ..Options::default()
        },
    )
    .unwrap();
    unlisted.create_all(&models()).unwrap();
    let mut hooks = ChangeHooks::default();
    hooks.add(audit.clone());
    unlisted.set_change_hooks(hooks);
    let unit = unit(&unlisted);
    new("walls").save(&unit.db()).await.unwrap();
    let error = unit.finish(true).await.unwrap_err();
    assert!(error.to_string().contains("listed by no module"), "{error}");
}

/// Who did it: the service that acts in somebody's unit, and whose unit it is.
#[tokio::test]
async fn a_change_says_who_did_it() {
    let audit = Audit::default();
    let database = database(Some(&audit));
    let facts = UserFacts {
        id: uuid::Uuid::from_u128(7),
        is_staff: false,
        is_superuser: false,
    };
    let unit = database.bind(Actor::user(facts));
    BookTag::create(NewBookTag { name: "a".into() })
        .save(&unit.db())
        .await
        .unwrap();
    let entry = Entry::create(NewEntry {
        text: "by hand".into(),
    });
    entry.save(&unit.db().acting::<WriteDown>()).await.unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(
        audit.told(),
        [
            r#"user Add BookTag name: ""->"a""#,
            r#"service Add Entry text: ""->"by hand""#
        ]
    );
}

/// CWE-770. What a unit tells of is bounded: the statement that goes beyond is not done.
#[tokio::test]
async fn cwe_770_what_is_told_is_bounded() {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            policy::changes::TEST_MOST.set(None);
        }
    }
    let audit = Audit::default();
    let database = database(Some(&audit));
    let tags = |count| (0..count).map(|_| NewBookTag { name: "t".into() });
    saved(&database, async |db| BookTag::create_all(tags(4)).save(db).await).await;
    policy::changes::TEST_MOST.set(Some(3));
    let _back = Back;
    audit.told();
    let unit = unit(&database);
    let db = unit.db();
    let beyond = |done: Result<u64>| match done {
        Err(Error::TooLarge(why)) => assert!(why.contains("100,000 rows"), "{why}"),
        done => panic!("{done:?}"),
    };
    beyond(BookTag::objects().change_all(&db, |t| [t.name.set("u")]).await);
    beyond(BookTag::objects().delete_all(&db).await);
    beyond(BookTag::create_all(tags(4)).save(&db).await.map(|_| 0));
    BookTag::create_all(tags(3)).save(&db).await.unwrap();
    beyond(
        BookTag::create(NewBookTag { name: "t".into() })
            .save(&db)
            .await
            .map(|_| 0),
    );
    unit.finish(true).await.unwrap();
    assert_eq!(audit.told().len(), 3);
    let unit = self::unit(&database);
    let names = BookTag::objects().all(&unit.read_db()).await.unwrap();
    assert!(
        names.len() == 7 && names.iter().all(|tag| tag.name == "t"),
        "{names:?}"
    );
}

/// CWE-778, CWE-362. Attack: a task that outlives the view writes while the hook is told, so that it is saved and told to nobody.
#[tokio::test]
async fn cwe_778_nothing_is_changed_behind_the_hooks_back() {
    let wrote_late = async || {
        let audit = Audit {
            meets: Some(Arc::default()),
            ..Audit::default()
        };
        let database = database(Some(&audit));
        let unit = unit(&database);
        let late = unit.db();
        new("walls").save(&late).await.unwrap();
        let meets = audit.meets.clone().unwrap();
        let behind = async {
            meets.0.notified().await;
            let done = BookTag::create(NewBookTag { name: "late".into() })
                .save(&late)
                .await;
            meets.1.notify_one();
            done
        };
        let (saved, done) = tokio::join!(unit.finish(true), behind);
        saved.unwrap();
        assert_eq!(audit.told().len(), 1);
        done
    };
    {
        let _out = without(Control::LateUntold);
        assert!(wrote_late().await.is_ok());
    }
    assert!(matches!(wrote_late().await, Err(Error::Finished)));
}

/// CWE-778. Attack: such a task changes a row that it has read before.
#[tokio::test]
async fn cwe_778_no_row_is_changed_behind_the_hooks_back() {
    let audit = Audit {
        meets: Some(Arc::default()),
        ..Audit::default()
    };
    let database = database(Some(&audit));
    let unit = unit(&database);
    let late = unit.db();
    let tag = BookTag::create(NewBookTag { name: "a".into() });
    tag.save(&late).await.unwrap();
    let row = BookTag::objects().get_to_change(&late, |t| t.name.eq("a")).await;
    let row = row.unwrap();
    let meets = audit.meets.clone().unwrap();
    let behind = async {
        meets.0.notified().await;
        let done = row.change(&late, |t| [t.name.set("late")]).await;
        meets.1.notify_one();
        done
    };
    let (saved, done) = tokio::join!(unit.finish(true), behind);
    saved.unwrap();
    assert!(matches!(done, Err(Error::Finished)), "{done:?}");
    let unit = self::unit(&database);
    let tags = BookTag::objects().all(&unit.read_db()).await.unwrap();
    assert!(tags.len() == 1 && tags[0].name == "a", "{tags:?}");
}

/// The statements that this takes.
async fn statements(database: &Database, work: impl AsyncFnOnce(&Db<Write>) -> Result<()>) -> Vec<String> {
    let watch = database.watch();
    saved(database, work).await;
    watch.statements()
}

/// Nothing is paid where no model asks, or nobody is told; and where one asks, adding costs nothing but what the hook writes.
#[tokio::test]
async fn nothing_is_paid_where_nobody_asks() {
    let audit = Audit::default();
    let (with, out) = (database(Some(&audit)), database(None));
    let quiet = async |db: &Db<Write>| {
        Quiet::create(NewQuiet { title: "a".into() }).save(db).await?;
        let rows = (0..3).map(|_| NewQuiet { title: "b".into() });
        Quiet::create_all(rows).save(db).await?;
        let row = Quiet::objects().get_to_change(db, |q| q.title.eq("a")).await?;
        row.change(db, |q| [q.title.set("c")]).await?;
        Quiet::objects().change_all(db, |q| [q.title.set("d")]).await?;
        Quiet::objects().delete_all(db).await?;
        Ok(())
    };
    let books = async |db: &Db<Write>| {
        let book = new("walls").save(db).await?;
        let row = Book::objects().get_to_change(db, |b| b.id.eq(book.id)).await?;
        row.change(db, |b| [b.title.set("towers")]).await?;
        Book::objects().change_all(db, |b| [b.title.set("gates")]).await?;
        Book::objects()
            .filter(|b| b.id.eq(book.id))
            .delete_all(db)
            .await?;
        Ok(())
    };
    assert_eq!(statements(&with, quiet).await, statements(&out, quiet).await);
    assert!(audit.told().is_empty());
    let (told, untold) = (statements(&with, books).await, statements(&out, books).await);
    let returning = |all: &[String]| {
        let of_books = all.iter().filter(|sql| sql.starts_with("UPDATE \"told_book\""));
        of_books.filter(|sql| sql.contains("RETURNING")).count()
    };
    // One row that is changed says what it became in any case.
    assert_eq!(
        (returning(&told), returning(&untold)),
        (2, 1),
        "{told:#?}\n{untold:#?}"
    );
    assert_eq!(audit.told().len(), 4);
    // The old values of three statements, and the hook's four entries.
    assert_eq!(told.len(), untold.len() + 3 + 4, "{told:#?}\n{untold:#?}");
    let add = |database| statements(database, async |db| new("walls").save(db).await.map(drop));
    assert_eq!(add(&with).await.len(), add(&out).await.len() + 1);
}
