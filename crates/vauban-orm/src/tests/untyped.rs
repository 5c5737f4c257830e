//! Rows by metadata: names from outside find metadata or nothing, values say what they are, and the policies are those of
//! the typed statements. That the answers are the same, `worlds` says.

use vauban_macros::{Choices, Model};

use super::changes::Pin;
use super::listed::Shadow;
use super::*;
use crate::engine::Options;
use crate::field::{Field, Value};
use crate::untyped::{AnyColumn, AnyFilter as UntypedFilter, AnyRow, AnyTable, Given};
use crate::*;

/// Everybody reads which there are; the code is for the module alone.
#[derive(Model, Debug)]
#[model(crate = vauban_orm)]
pub(crate) struct Locker {
    pub id: Id<Locker>,
    #[field(max_length = 20)]
    pub name: String,
    #[field(max_length = 20, default = "1234")]
    code: String,
    pub inside: Option<ForeignKey<Locker>>,
}
impl Policy for Locker {
    fn rules(who: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: Filter::always(),
            add: who.is_signed_in(),
            change: who.is_signed_in(),
            ..Rules::none()
        }
    }
}

#[derive(Choices, Debug, Clone, Copy, PartialEq, Eq)]
#[choices(crate = vauban_orm)]
pub(crate) enum Colour {
    Red,
    Blue,
}

/// A column of each kind.
#[derive(Model, Debug)]
#[model(crate = vauban_orm)]
pub(crate) struct Kinds {
    pub id: Id<Kinds>,
    #[field(max_length = 10)]
    pub text: String,
    pub slug: Slug,
    pub colour: Colour,
    pub truth: bool,
    pub int: i32,
    pub big: i64,
    pub double: f64,
    pub price: Decimal,
    #[field(max_length = 10)]
    pub bytes: Option<Vec<u8>>,
    pub uuid: uuid::Uuid,
    pub moment: DateTime,
    pub day: Date,
    pub time: Time,
}
impl Policy for Kinds {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::owner(Filter::always())
    }
}

/// A table with the name of the framework's own.
#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "vauban_secret")]
pub(crate) struct Secret {
    pub id: Id<Secret>,
}
impl Policy for Secret {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

async fn site() -> Site {
    site_with([Locker::meta(), Kinds::meta(), Secret::meta()]).await
}

/// The site with more models.
pub(super) async fn site_with(more: impl IntoIterator<Item = &'static ModelMeta>) -> Site {
    let mut models = MODELS();
    models.extend(more);
    Site::with(Options {
        models,
        services: super::rights::services(),
        ..Options::default()
    })
    .await
}

pub(super) fn column(table: AnyTable, field: &str) -> AnyColumn {
    table.column(field).unwrap()
}

/// The field at fault, and how.
pub(super) fn code(error: &Error) -> (&'static str, &'static str) {
    match error.problems().as_slice() {
        [one] => (one.field, one.problem.code()),
        other => panic!("{error}: {other:?}"),
    }
}

async fn count(db: &Db, table: AnyTable, filter: UntypedFilter) -> u64 {
    table.objects().filter(filter).unwrap().count(db).await.unwrap()
}

/// CWE-862: a model that the program does not list has no table.
#[tokio::test]
async fn a_model_that_is_not_listed_has_no_table() {
    let site = site().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let attack = || async { db.table_of(Shadow::meta())?.objects().count(&db).await };
    {
        let _attack = without(Control::Listed);
        assert_eq!(attack().await.unwrap(), 5, "the ghost among them");
    }
    let error = attack().await.unwrap_err();
    assert!(matches!(error, Error::Unlisted { what: "model", .. }), "{error}");
    assert!(db.table("user").unwrap().meta().is(User::meta()));
    assert_eq!(db.tables().len(), 7);
    // The framework's own are out of the application's reach.
    assert!(db.table("vauban_secret").is_none());
    assert!(db.table_of(Secret::meta()).is_err());
    // A table of one program is none in another.
    let other = Site::new().await;
    let table = db.table("locker").unwrap();
    let there = other.as_nobody();
    let error = table.objects().all(&there.db()).await.unwrap_err();
    assert!(matches!(error, Error::Unlisted { what: "model", .. }), "{error}");
}

/// CWE-89: a text from outside is compared with names, and is none in SQL.
#[tokio::test]
async fn a_name_from_outside_finds_metadata_or_nothing() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let task = db.table("task").unwrap();
    for name in [
        "",
        "TASK",
        "Task",
        "task\"",
        "task; DROP TABLE task",
        "sqlite_schema",
        "vauban_migration",
        "main.task",
        "task AS t",
    ] {
        assert!(db.table(name).is_none(), "{name}");
    }
    for name in [
        "",
        "TITLE",
        "title\"",
        "title\" OR 1=1 --",
        "t.title",
        "rowid",
        "row_version",
        "organisation_id",
        "organisation.name",
        "organisation__name",
        "1",
    ] {
        assert!(task.column(name).is_none(), "{name}");
        assert!(column(task, "organisation").through(name).is_none(), "{name}");
    }
    assert!(column(task, "title").through("name").is_none(), "no foreign key");
    // What is looked for is a value, whatever it says.
    let injected = column(task, "title").contains("' OR 1=1 --").unwrap();
    assert_eq!(count(&db, task, injected).await, 0);
    for text in [
        "",
        "1",
        "' OR 1=1",
        &site.alpha_task.id.to_string().to_uppercase(),
    ] {
        assert_eq!(task.key(text).unwrap_err().status(), 404, "{text}");
    }
}

/// CWE-200: what a struct keeps to its module is neither read, nor asked, nor written by its name.
#[tokio::test]
async fn what_is_not_public_is_not_there() {
    let site = site().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let lockers = db.table("locker").unwrap();
    let name = column(lockers, "name");
    let made = lockers
        .create([name.set("Ann's").unwrap()])
        .save(&db)
        .await
        .unwrap();
    let code = {
        let _attack = without(Control::Private);
        let code = column(lockers, "code");
        assert_eq!(count(&db, lockers, code.starts_with("12").unwrap()).await, 1);
        code
    };
    assert!(lockers.column("code").is_none());
    assert!(column(lockers, "inside").through("code").is_none());
    let shown: Vec<_> = lockers.columns().map(|column| column.field()).collect();
    assert_eq!(shown, ["id", "name", "inside"]);
    let meta = Locker::meta().column("code").unwrap();
    assert_eq!(
        lockers.column_of(meta).unwrap_err().to_string(),
        "`Locker.code` is not `pub`, or its type is secret, so it is not asked for by its metadata: ask for it by its type"
    );
    // Whoever gets hold of the column all the same finds nothing in a row.
    let row = lockers.objects().get(&db, made.key()).await.unwrap();
    for row in [&made, &row] {
        assert_eq!(row.text(&code).unwrap(), "");
        assert_eq!(row.label(), "Ann's");
        assert!(!format!("{row:?}").contains("Ann"), "CWE-532");
    }
    let stored = Locker::objects().first(&db).await.unwrap().unwrap();
    assert_eq!((stored.code.as_str(), stored.inside), ("1234", None));
}

#[derive(Model, Debug)]
#[model(crate = vauban_orm, table = "secret_hook")]
pub(crate) struct SecretHook {
    pub id: Id<SecretHook>,
    pub token: Pin,
}
impl Policy for SecretHook {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: Filter::always(),
            ..Rules::public()
        }
    }
}

/// CWE-200. Attack: a page over all tables prints a `pub` field whose type says that it is secret, or finds rows by how it begins.
#[tokio::test]
async fn cwe_200_what_is_of_a_secret_type_is_not_asked_for_by_metadata() {
    let site = site_with([SecretHook::meta()]).await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let token = Field::from_text("s3cr3t").unwrap();
    SecretHook::create(NewSecretHook { token })
        .save(&db)
        .await
        .unwrap();
    let hooks = db.table("secret_hook").unwrap();
    assert!(hooks.column("token").is_none());
    assert_eq!(hooks.columns().count(), 1);
    let row = hooks.objects().all(&db).await.unwrap().remove(0);
    assert!(!row.label().contains("s3cr3t"));
}

/// CWE-843: columns of other rows are errors that say what to do, wherever they are brought.
#[tokio::test]
async fn a_column_of_another_table_is_an_error() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let [tasks, users, lockers] = ["task", "user", "locker"].map(|name| db.table(name).unwrap());
    let email = column(users, "email");
    let told = |error: Error, what: &str| {
        assert_eq!(error.status(), 500);
        assert_eq!(error.to_string(), what);
    };
    let filter = || email.eq("ann@example.com").unwrap();
    let wrong = "a filter on `User` in a query on `Task`: make it of the columns of the query's own table, and of related \
                 rows with `.through(\"field\")`";
    told(tasks.objects().filter(filter()).unwrap_err(), wrong);
    let title = column(tasks, "title");
    let own = |text| title.eq(text).unwrap();
    for joined in [
        own("a") & filter(),
        own("a") | filter(),
        filter() & own("a"),
        !(!own("a") & (own("b") | filter())),
    ] {
        told(tasks.objects().filter(joined).unwrap_err(), wrong);
    }
    told(
        tasks.objects().order_by([title.asc(), email.asc()]).unwrap_err(),
        "an order of `User` in a query on `Task`: make it of the columns of the query's own table",
    );
    // CWE-440: an order that is cut short is another one.
    let many = tasks
        .objects()
        .order_by((0..65).map(|_| title.asc()))
        .unwrap_err();
    assert!(matches!(many, Error::TooLarge(_)), "{many}");
    let not_own = "`User.email` is not a column of a `Task` row itself: take columns from that table, `table.column(\"email\")`";
    told(tasks.objects().related(&email).unwrap_err(), not_own);
    told(
        tasks.objects().related(&title).unwrap_err(),
        "`Task.title` is no foreign key: there is no row to be loaded",
    );
    told(
        tasks.column_of(email.meta()).unwrap_err(),
        "`email` is not a column of `Task`: take it from that model's metadata",
    );
    let task = tasks.objects().first(&db).await.unwrap().unwrap();
    told(task.value(&email).unwrap_err(), not_own);
    told(task.text(&email).unwrap_err(), not_own);
    told(task.related(&email).unwrap_err(), not_own);
    let change = || [email.set("x@example.com").unwrap()];
    let wrong = "`email` is not a column of `Task`";
    let row = tasks.objects().get_to_change(&db, task.key()).await.unwrap();
    told(row.change(&db, change()).await.unwrap_err(), wrong);
    told(
        tasks.objects().change_all(&db, change()).await.unwrap_err(),
        wrong,
    );
    told(tasks.create(change()).save(&db).await.unwrap_err(), wrong);
    // CWE-915: the column of the row that a row of the same table refers to is another row's.
    let outer = column(lockers, "inside").through("name").unwrap();
    told(
        outer.set("mine").unwrap_err(),
        "`Locker.name` is not a column of a `Locker` row itself: take columns from that table, `table.column(\"name\")`",
    );
    assert_eq!(outer.set_text("mine").unwrap_err().status(), 500);
    // A key of another table names no row here.
    let key = users.key(&site.alpha_task.id.to_string()).unwrap();
    let gone = |error: Error| assert_eq!(error.status(), 404);
    gone(tasks.objects().get(&db, key).await.unwrap_err());
    gone(tasks.objects().get_to_change(&db, key).await.unwrap_err());
    gone(tasks.objects().get_to_delete(&db, key).await.unwrap_err());
    gone(tasks.objects().with_may().get(&db, key).await.unwrap_err());
}

/// CWE-20, CWE-843: a value of another kind is an error by field, in filters and in writes.
#[tokio::test]
async fn a_value_of_another_kind_is_refused() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let kinds = db.table("kinds").unwrap();
    let clock = crate::tree::value::Clock::Moment { micros: 0 };
    let wrong: [(&str, Given, &str); 20] = [
        ("text", 5_i64.into(), "not_available"),
        ("text", Value::Integer(5).into(), "not_available"),
        ("slug", "No slug".into(), "not_available"),
        ("colour", "green".into(), "not_available"),
        ("truth", "true".into(), "true_or_false"),
        ("truth", 1_i64.into(), "true_or_false"),
        ("int", "5".into(), "integer"),
        ("int", 3_000_000_000_i64.into(), "integer"),
        ("big", DateTime::now().into(), "integer"),
        ("double", 5_i64.into(), "decimal"),
        ("price", 5_i64.into(), "decimal"),
        ("price", Value::Integer(i64::MAX).into(), "decimal"),
        ("bytes", "abc".into(), "bytes"),
        ("uuid", "abc".into(), "uuid"),
        ("uuid", Value::Blob(vec![1; 15]).into(), "uuid"),
        ("moment", 5_i64.into(), "moment"),
        ("moment", Value::Clock(clock).into(), "moment"),
        ("day", "2026-11-29".into(), "date"),
        ("day", Value::Text("2026-02-30".into()).into(), "date"),
        ("time", 5_i64.into(), "time"),
    ];
    for (field, value, expected) in wrong {
        let column = column(kinds, field);
        let told = |error: Error| {
            assert_eq!(error.status(), 422);
            assert_eq!(code(&error), (field, expected), "{value:?}");
        };
        told(column.eq(value.clone()).unwrap_err());
        told(column.is_in([value.clone()]).unwrap_err());
        let set = column.set(value.clone()).unwrap();
        told(kinds.objects().change_all(&db, [set]).await.unwrap_err());
    }
    let told = |made: Result<UntypedFilter>| code(&made.unwrap_err());
    assert_eq!(told(column(kinds, "truth").lt(true)), ("truth", "no_order"));
    assert_eq!(told(column(kinds, "int").contains("1")), ("int", "no_text"));
    assert_eq!(
        told(column(kinds, "bytes").eq(Given::null())),
        ("bytes", "no_value")
    );
    assert_eq!(told(column(kinds, "int").eq(None::<i32>)), ("int", "required"));
    for (field, text, expected) in [
        ("truth", "1", "true_or_false"),
        ("int", "3000000000", "integer"),
        ("int", "1; DROP", "integer"),
        ("double", "one", "decimal"),
        ("price", "0.001", "decimal"),
        ("bytes", "x", "bytes"),
        ("id", "x", "uuid"),
        ("moment", "yesterday", "moment"),
        ("day", "29.11.2026", "date"),
        ("time", "25:00", "time"),
        ("colour", "green", "not_available"),
    ] {
        let error = column(kinds, field).parse(text).unwrap_err();
        assert_eq!(code(&error), (field, expected), "{text}");
    }
    // CWE-20: NaN would be stored as nothing.
    let nan = column(kinds, "double").set_text("NaN").unwrap();
    let error = kinds.objects().change_all(&db, [nan]).await.unwrap_err();
    assert_eq!(code(&error), ("double", "not_finite"));
}

/// CWE-639: the id of a row of another table is none of these rows', also if the two agree.
#[tokio::test]
async fn an_id_of_another_model_is_refused() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let tasks = db.table("task").unwrap();
    let organisation = column(tasks, "organisation");
    let foreign: Id<User> = Id::from_uuid(site.alpha.id.uuid());
    {
        let _attack = without(Control::Whose);
        assert_eq!(count(&db, tasks, organisation.eq(foreign).unwrap()).await, 1);
    }
    let other = ("organisation", "other_model");
    assert_eq!(code(&organisation.eq(foreign).unwrap_err()), other);
    let key = db.table("user").unwrap().key(&foreign.to_string()).unwrap();
    assert_eq!(code(&organisation.eq(key).unwrap_err()), other);
    assert_eq!(
        code(&column(tasks, "id").eq(key).unwrap_err()),
        ("id", "other_model")
    );
    let set = organisation.set(key).unwrap();
    assert_eq!(
        code(&tasks.objects().change_all(&db, [set]).await.unwrap_err()),
        other
    );
    let organisations = db.table("organisation").unwrap();
    for own in [
        Given::from(site.alpha.id),
        ForeignKey::from(site.alpha.id).into(),
        organisation.parse(&site.alpha.id.to_string()).unwrap(),
        organisations.key(&site.alpha.id.to_string()).unwrap().into(),
        site.alpha.id.uuid().into(),
    ] {
        assert_eq!(count(&db, tasks, organisation.eq(own).unwrap()).await, 1);
    }
}

/// Every kind of value is stored as the typed statements store it, and its text is read as the same value.
#[tokio::test]
async fn each_kind_goes_there_and_back() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let kinds = db.table("kinds").unwrap();
    let texts = [
        ("text", "a'b"),
        ("slug", "a-b"),
        ("colour", "blue"),
        ("truth", "true"),
        ("int", "-7"),
        ("big", "9223372036854775807"),
        ("double", "0.1"),
        ("price", "-12.50"),
        ("bytes", ""),
        ("uuid", "01234567-89ab-4cde-8f01-23456789abcd"),
        ("moment", "2026-11-29T14:30:00Z"),
        ("day", "2026-11-29"),
        ("time", "14:30:00"),
    ];
    let values = texts.map(|(field, text)| column(kinds, field).set_text(text).unwrap());
    let made = kinds.create(values).save(&db).await.unwrap();
    let read = kinds.objects().get(&db, made.key()).await.unwrap();
    for row in [&made, &read] {
        for (field, text) in texts {
            let column = column(kinds, field);
            let shown = row.text(&column).unwrap();
            assert_eq!(shown, text, "{field}");
            if field != "bytes" {
                let given = column.parse(&shown).unwrap();
                assert_eq!(count(&db, kinds, column.eq(given).unwrap()).await, 1, "{field}");
            }
        }
    }
    let typed = Kinds::objects()
        .get(&db, |k| k.colour.eq(Colour::Blue))
        .await
        .unwrap();
    assert_eq!(typed.id.uuid(), made.key().uuid());
    assert_eq!((typed.truth, typed.price.units()), (true, -1250));
    let values: [(&str, Given); 6] = [
        ("colour", Given::new(&Colour::Red)),
        ("truth", false.into()),
        ("big", 4_i32.into()),
        ("price", Decimal::<2, 15>::ZERO.into()),
        ("bytes", vec![1_u8, 2].into()),
        ("day", Date::new(2027, 1, 1).unwrap().into()),
    ];
    let values = values.map(|(field, value)| column(kinds, field).set(value).unwrap());
    let row = kinds.objects().get_to_change(&db, made.key()).await.unwrap();
    let row = row.change(&db, values).await.unwrap();
    let shown = |field| row.text(&column(kinds, field)).unwrap();
    assert_eq!(
        ["colour", "truth", "big", "price", "bytes", "day", "text"].map(shown),
        ["red", "false", "4", "0.00", "2 bytes", "2027-01-01", "a'b"]
    );
}

/// CWE-915, CWE-269: what carries privilege, ids and other people's names are written by no list of fields.
#[tokio::test]
async fn privilege_is_not_a_field_like_others() {
    let site = site().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let users = db.table("user").unwrap();
    let staff = column(users, "is_staff");
    let myself = users.key(&site.carl.id.to_string()).unwrap();
    let promote = |to: bool| {
        let change = staff.set(to).unwrap();
        let db = &db;
        async move {
            users
                .objects()
                .get_to_change(db, myself)
                .await?
                .change(db, [change])
                .await
        }
    };
    {
        let _attack = without(Control::MaySet);
        promote(true).await.unwrap();
        promote(false).await.unwrap();
    }
    assert_eq!(promote(true).await.unwrap_err().status(), 403);
    assert!(!staff.is_required() && column(users, "email").is_required());
    let articles = db.table("article").unwrap();
    let new = |author: Id<User>, slug: &str| {
        vec![
            column(articles, "title").set("By whom").unwrap(),
            column(articles, "slug").set_text(slug).unwrap(),
            column(articles, "author").set(author).unwrap(),
        ]
    };
    // CWE-862: as somebody else.
    {
        let _attack = without(Control::Add);
        articles
            .create(new(site.ann.id, "forged"))
            .save(&db)
            .await
            .unwrap();
    }
    let error = articles
        .create(new(site.ann.id, "again"))
        .save(&db)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    let id = column(articles, "id").set(Id::<Article>::random()).unwrap();
    let never = ("id", "id_is_never_set");
    let values = new(site.carl.id, "mine").into_iter().chain([id.clone()]);
    assert_eq!(code(&articles.create(values).save(&db).await.unwrap_err()), never);
    let mine = articles
        .create(new(site.carl.id, "mine"))
        .save(&db)
        .await
        .unwrap();
    // The owner is fixed.
    let row = articles.objects().get_to_change(&db, mine.key()).await.unwrap();
    let given_away = column(articles, "author").set(site.ben.id).unwrap();
    assert_eq!(row.change(&db, [given_away]).await.unwrap_err().status(), 403);
    let row = articles.objects().get_to_change(&db, mine.key()).await.unwrap();
    assert_eq!(code(&row.change(&db, [id]).await.unwrap_err()), never);
    // Defaults, and what the framework sets.
    let typed = Article::objects()
        .get(&db, |a| a.author.eq(site.carl.id))
        .await
        .unwrap();
    assert_eq!((typed.published, typed.hits, typed.editor), (false, 0, None));
    let created = mine.text(&column(articles, "created")).unwrap();
    assert_eq!(created, typed.created.to_string());
}

/// CWE-20: a model's own checks stand before every write, and speak by field.
#[tokio::test]
async fn values_are_validated_whatever_their_way() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let articles = db.table("article").unwrap();
    let [title, slug, author] = ["title", "slug", "author"].map(|field| column(articles, field));
    let long = "x".repeat(21);
    let values = [title.set(long.as_str()).unwrap(), slug.set("No slug").unwrap()];
    let error = articles.create(values).save(&db).await.unwrap_err();
    let problems = error.problems();
    let told: Vec<_> = problems.iter().map(|p| (p.field, p.problem.code())).collect();
    let all_at_once = [
        ("author", "required"),
        ("title", "max_length"),
        ("slug", "not_available"),
    ];
    assert_eq!(told, all_at_once);
    let draft = articles.key(&site.draft.id.to_string()).unwrap();
    let write = |values: Vec<Assignment<AnyRow>>| {
        let db = &db;
        async move {
            articles
                .objects()
                .get_to_change(db, draft)
                .await?
                .change(db, values)
                .await
        }
    };
    let titled = |text: &str| vec![title.set(text).unwrap()];
    {
        let _attack = without(Control::Validation);
        write(titled(&long)).await.unwrap();
    }
    assert_eq!(
        code(&write(titled(&long)).await.unwrap_err()),
        ("title", "max_length")
    );
    let nul = write(titled("a\0")).await.unwrap_err();
    assert_eq!(code(&nul), ("title", "null_characters"), "CWE-158");
    let empty = write(vec![title.set(Given::null()).unwrap()]).await.unwrap_err();
    assert_eq!(code(&empty), ("title", "required"));
    // CWE-235
    let mut twice = vec![title.set("a").unwrap(), title.set("b").unwrap()];
    assert_eq!(
        code(&write(twice.clone()).await.unwrap_err()),
        ("title", "set_twice")
    );
    twice.extend([slug.set_text("taken").unwrap(), author.set(site.ann.id).unwrap()]);
    let error = articles.create(twice.clone()).save(&db).await.unwrap_err();
    assert_eq!(code(&error), ("title", "set_twice"));
    drop(twice.remove(0));
    articles.create(twice.clone()).save(&db).await.unwrap();
    let error = articles.create(twice).save(&db).await.unwrap_err();
    assert!(matches!(error, Error::Unique { .. }), "{error}");
    assert_eq!(code(&error), ("slug", "taken"));
    // CWE-203: who may not be seen and who is not there is one answer.
    for hidden in [site.ghost.id, Id::random()] {
        let editor = column(articles, "editor").set(hidden).unwrap();
        let error = write(vec![editor]).await.unwrap_err();
        assert_eq!(code(&error), ("editor", "not_available"));
    }
}

/// CWE-362: who has not seen the last change does not undo it.
#[tokio::test]
async fn a_row_that_was_changed_meanwhile_is_a_conflict() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let articles = db.table("article").unwrap();
    let (title, key) = (
        column(articles, "title"),
        articles.key(&site.draft.id.to_string()).unwrap(),
    );
    let to = |text: &str| [title.set(text).unwrap()];
    let shown = articles.objects().with_may().get(&db, key).await.unwrap();
    assert!(shown.may_change() && shown.may_delete());
    let stale = || articles.objects().get_to_change(&db, key);
    let (first, second, third) = (
        stale().await.unwrap(),
        stale().await.unwrap(),
        stale().await.unwrap(),
    );
    let changed = first.change(&db, to("First")).await.unwrap();
    assert_eq!(changed.text(&title).unwrap(), "First");
    assert_eq!(second.change(&db, to("Second")).await.unwrap_err().status(), 409);
    {
        let _attack = without(Control::Version);
        third.change(&db, to("Third")).await.unwrap();
    }
    let row = stale().await.unwrap();
    assert_eq!(row.unchanged_since(shown.version()).unwrap_err().status(), 409);
    let row = articles.objects().get_to_delete(&db, key).await.unwrap();
    row.delete(&db).await.unwrap();
    assert_eq!(articles.objects().get(&db, key).await.unwrap_err().status(), 404);
}

/// CWE-203: a related row that may not be seen is hidden, and absent from filters.
#[tokio::test]
async fn a_related_row_stands_under_its_own_rule() {
    let site = site().await;
    let maker = site.as_nobody();
    {
        let db = maker.db();
        let db = db.acting::<Fixtures>();
        for (title, assignee) in [("haunted", site.ghost.id), ("for ben", site.ben.id)] {
            let new = NewTask {
                organisation: site.alpha.id,
                title: title.into(),
                assignee: Some(assignee),
            };
            Task::create(new).save(&db).await.unwrap();
        }
    }
    maker.finish(true).await.unwrap();
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let tasks = db.table("task").unwrap();
    let (assignee, title) = (column(tasks, "assignee"), column(tasks, "title"));
    let query = tasks.objects().related(&assignee).unwrap();
    let rows = query.order_by([title.asc()]).unwrap().all(&db).await.unwrap();
    let related = rows.iter().map(|row| match row.related(&assignee).unwrap() {
        Related::Row(user) => user.label(),
        other => format!("{other:?}"),
    });
    let related: Vec<_> = related.collect();
    assert_eq!(related, ["NotLoaded", "ben@example.com", "Hidden"]);
    let email = assignee.through("email").unwrap();
    assert_eq!(format!("{email:?}"), "Task.assignee.email");
    {
        let _attack = without(Control::Related);
        assert_eq!(count(&db, tasks, email.starts_with("ghost").unwrap()).await, 1);
    }
    assert_eq!(count(&db, tasks, email.starts_with("ghost").unwrap()).await, 0);
}

/// CWE-400, CWE-674, CWE-770: what a request makes large is an error, and not work.
#[tokio::test]
async fn bounds_are_those_of_typed_queries() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let lockers = db.table("locker").unwrap();
    let mut inside = column(lockers, "inside");
    for _ in 0..100_000 {
        inside = inside.through("inside").unwrap();
    }
    let far = inside.through("name").unwrap();
    let (id, name) = (column(lockers, "id"), column(lockers, "name"));
    let mut many = name.is_null();
    for _ in 0..10_000 {
        many = many | name.eq("x").unwrap();
    }
    let endless = std::iter::repeat_with(Id::<Locker>::random);
    for filter in [
        far.eq("x").unwrap(),
        far.is_null(),
        id.is_in(endless).unwrap(),
        name.contains(&"x".repeat(5_000)).unwrap(),
        many,
    ] {
        let query = lockers.objects().filter(filter).unwrap();
        assert_eq!(query.all(&db).await.unwrap_err().status(), 400);
    }
    let ordered = lockers.objects().order_by([far.asc()]).unwrap();
    assert_eq!(ordered.all(&db).await.unwrap_err().status(), 400);
    assert!(matches!(lockers.objects().slice(10_001, 1), Err(Error::TooDeep)));
    assert!(matches!(
        lockers.objects().page(&db, 402).await,
        Err(Error::TooDeep)
    ));
    assert_eq!(lockers.objects().page(&db, 0).await.unwrap_err().status(), 404);
    // CWE-440
    let limited = lockers.objects().slice(0, 1).unwrap();
    assert_eq!(limited.delete_all(&db).await.unwrap_err().status(), 500);
}

/// CWE-915, CWE-345. Attack: a form over every column also sends when the row was made and last changed.
#[tokio::test]
async fn what_the_framework_sets_is_set_by_no_request() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let table = db.table("article").unwrap();
    let key = table.key(&site.draft.id.to_string()).unwrap();
    let before = table.objects().get_to_change(&db, key).await.unwrap();
    let created = before.text(&column(table, "created")).unwrap();
    for (field, text) in [
        ("created", "1999-01-01T00:00:00Z"),
        ("updated", "1999-01-01T00:00:00Z"),
        ("id", "0190a0a0-0000-7000-8000-000000000000"),
    ] {
        let forged = [column(table, field).set_text(text).unwrap()];
        let row = table.objects().get_to_change(&db, key).await.unwrap();
        let refused = row.change(&db, forged).await.unwrap_err();
        assert_eq!(refused.problems().len(), 1, "{refused}");
        assert_eq!(refused.problems()[0].field, field, "{refused}");
        let slug = format!("forged-{field}");
        let new = table.create([
            column(table, "title").set_text("new").unwrap(),
            column(table, "slug").set_text(&slug).unwrap(),
            column(table, "author").set(site.ann.id).unwrap(),
            column(table, field).set_text(text).unwrap(),
        ]);
        let refused = new.save(&db).await.unwrap_err();
        assert_eq!(refused.problems().len(), 1, "{refused}");
        assert_eq!(refused.problems()[0].field, field, "{refused}");
    }
    let row = table.objects().get(&db, key).await.unwrap();
    assert_eq!(row.text(&column(table, "created")).unwrap(), created);
}
