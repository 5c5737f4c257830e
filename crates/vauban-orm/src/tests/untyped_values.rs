//! By metadata, values: what rows become together and in groups, what is added or changed by a key, what the database computes. No
//! answer is told of what may not be seen.

use vauban_macros::Model;

use super::changes::{Book, BookTag, BookTagged, NewBook};
use super::untyped::{Kinds, code, column, site_with};
use super::*;
use crate::field::{Field, Kind, Mismatch, Value, ValueRef};
use crate::untyped::{AnyColumn, AnyNewRow, AnyRow, AnyTable};
use crate::*;

/// A whole number by its kind, and but three of them by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Priority(i64);
impl Field for Priority {
    const KIND: Kind = Kind::SmallInt;
    fn to_value(&self) -> Value {
        Value::Integer(self.0)
    }
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Integer(number @ 1..=3) => Ok(Self(number)),
            _ => Err(Mismatch),
        }
    }
}

/// Every type whose kind is that of a whole number.
#[derive(Model, Debug)]
#[model(crate = vauban_orm)]
pub(crate) struct Errand {
    pub id: Id<Errand>,
    pub priority: Priority,
    pub later: Option<Priority>,
    pub short: i16,
    pub place: u16,
    pub int: i32,
    pub count: u32,
    pub big: i64,
    pub maybe: Option<i64>,
    pub perhaps: Option<i16>,
    #[field(unique, default = 0)]
    pub number: i64,
    pub papers: Option<Json<Vec<String>>>,
}
impl Policy for Errand {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::owner(Filter::always())
    }
}

async fn site() -> Site {
    site_with([
        Kinds::meta(),
        Book::meta(),
        BookTag::meta(),
        BookTagged::meta(),
        Errand::meta(),
    ])
    .await
}

async fn counted(db: &Db, table: AnyTable, by: AnyColumn) -> Vec<(String, i64)> {
    let groups = table.objects().group_by([by], [table.id().count()]).unwrap();
    let groups = groups.all(db).await.unwrap();
    let told = groups.iter().map(|group| {
        let texts = group.texts().unwrap();
        (texts.concat(), group.whole(0).unwrap())
    });
    told.collect()
}

/// CWE-200, CWE-203. Attack: a secret is read off the groups that rows make by it.
#[tokio::test]
async fn cwe_203_what_is_secret_makes_no_groups_and_no_order() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let pin = Field::from_text("4711").unwrap();
    let new = NewBook {
        title: "diary".into(),
        pin: Some(pin),
    };
    Book::create(new).save(&db).await.unwrap();
    let books = db.table("told_book").unwrap();
    let pin = {
        let _attack = without(Control::Private);
        let pin = column(books, "pin");
        assert_eq!(counted(&db, books, pin.clone()).await, [("4711".to_owned(), 1)]);
        pin
    };
    for field in ["pin", "key"] {
        assert!(books.column(field).is_none(), "{field}");
    }
    let fields: Vec<_> = books.columns().map(|column| column.field()).collect();
    assert_eq!(fields, ["id", "title", "read", "hidden"]);
    let meta = Book::meta().column("pin").unwrap();
    assert_eq!(
        books.column_of(meta).unwrap_err().to_string(),
        "`Book.pin` is not `pub`, or its type is secret, so it is not asked for by its metadata: ask for it by its type"
    );
    // Whoever gets hold of the column all the same finds nothing in a row.
    let row = books.objects().first(&db).await.unwrap().unwrap();
    assert_eq!(
        (row.text(&pin).unwrap(), row.label()),
        (String::new(), "diary".to_owned())
    );
}

/// CWE-203. Attack: what may not be seen is counted and added up.
#[tokio::test]
async fn cwe_203_what_may_not_be_seen_is_in_no_group_and_no_sum() {
    let site = site().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let [users, articles, tasks] = ["user", "article", "task"].map(|name| db.table(name).unwrap());
    let author = column(articles, "author").through("email").unwrap();
    let of_ann = |count| [("ann@example.com".to_owned(), count)];
    assert_eq!(counted(&db, articles, author.clone()).await, of_ann(1));
    {
        let _attack = without(Control::View);
        assert_eq!(counted(&db, articles, author.clone()).await, of_ann(2));
    }
    let hits = column(articles, "hits");
    let of = || {
        [
            articles.id().count(),
            hits.sum().unwrap(),
            hits.avg().unwrap(),
            author.min().unwrap(),
        ]
    };
    let together = articles.objects().aggregate(&db, of()).await.unwrap();
    let ann = Value::Text("ann@example.com".into());
    assert_eq!(
        together,
        [Value::Integer(1), Value::Integer(0), Value::Real(0.0), ann]
    );
    let none = articles.objects().filter(hits.gt(5).unwrap()).unwrap();
    let none = none.aggregate(&db, of()).await.unwrap();
    assert_eq!(none, [Value::Integer(0), Value::Null, Value::Null, Value::Null]);
    // By what a related row that is hidden says, rows are one group with those that have none.
    let maker = site.as_nobody();
    {
        let db = maker.db();
        let db = db.acting::<Fixtures>();
        for assignee in [Some(site.ghost.id), Some(site.ben.id), None] {
            let new = NewTask {
                organisation: site.alpha.id,
                title: "shared".into(),
                assignee,
            };
            Task::create(new).save(&db).await.unwrap();
        }
    }
    drop(db);
    unit.finish(true).await.unwrap();
    maker.finish(true).await.unwrap();
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let assignee = column(tasks, "assignee").through("email").unwrap();
    let shared = tasks
        .objects()
        .filter(column(tasks, "title").eq("shared").unwrap())
        .unwrap();
    let groups = shared.group_by([assignee], [tasks.id().count()]).unwrap();
    let groups = groups
        .order_by([tasks.id().count().desc()])
        .unwrap()
        .all(&db)
        .await
        .unwrap();
    let told: Vec<_> = groups
        .iter()
        .map(|group| (group.keys()[0].clone(), group.whole(0)))
        .collect();
    let ben = Value::Text("ben@example.com".into());
    assert_eq!(told, [(Value::Null, Some(2)), (ben, Some(1))]);
    // Privilege is no secret: who sees a row reads whether it is staff's.
    assert_eq!(
        counted(&db, users, column(users, "is_staff")).await,
        [("false".to_owned(), 4)]
    );
}

#[tokio::test]
async fn what_is_no_group_says_so() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let [users, kinds] = ["user", "kinds"].map(|name| db.table(name).unwrap());
    let (email, int) = (column(users, "email"), column(kinds, "int"));
    let count = || kinds.id().count();
    let other = "a value of `User` in a query on `Kinds`: make it of the columns of the query's own table";
    let told = |error: Error, what: &str| assert_eq!(error.to_string(), what);
    told(
        kinds.objects().group_by([email.clone()], [count()]).unwrap_err(),
        other,
    );
    told(
        kinds
            .objects()
            .group_by([int.clone()], [email.count()])
            .unwrap_err(),
        other,
    );
    told(
        kinds.objects().aggregate(&db, [email.count()]).await.unwrap_err(),
        other,
    );
    let groups = || kinds.objects().group_by([int.clone()], [count()]).unwrap();
    told(groups().order_by([email.count().asc()]).unwrap_err(), other);
    told(groups().having_more(&email.count(), 1).unwrap_err(), other);
    told(
        kinds.objects().group_by([], [count()]).unwrap_err(),
        "rows of `Kinds` are grouped by no column: name one, or ask `aggregate` for all of them",
    );
    // Each database has its own idea of which documents are equal.
    let errands = db.table("errand").unwrap();
    let papers = [column(errands, "papers")];
    let by_papers = errands.objects().group_by(papers, [errands.id().count()]);
    assert_eq!(code(&by_papers.unwrap_err()), ("papers", "not_compared"));
    // CWE-770
    let many = || std::iter::repeat_with(|| int.clone());
    for error in [
        groups()
            .order_by(std::iter::repeat_with(|| count().asc()))
            .unwrap_err(),
        kinds.objects().group_by(many(), [count()]).unwrap_err(),
        kinds
            .objects()
            .group_by([int.clone()], many().map(|column| column.count()))
            .unwrap_err(),
        kinds
            .objects()
            .aggregate(&db, many().map(|column| column.count()))
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(error, Error::TooLarge(_)), "{error}");
    }
    for (made, expected) in [
        (column(kinds, "text").sum(), ("text", "no_sum")),
        (column(kinds, "price").avg(), ("price", "no_average")),
        (column(kinds, "truth").min(), ("truth", "no_order")),
        (kinds.id().max(), ("id", "no_order")),
        (email.sum(), ("email", "no_sum")),
    ] {
        assert_eq!(code(&made.unwrap_err()), expected);
    }
    let texts = groups().having_more(&column(kinds, "text").max().unwrap(), 1);
    assert_eq!(code(&texts.unwrap_err()), ("text", "no_whole_number"));
    // CWE-440: of whatever rows came first.
    let limited = kinds.objects().slice(0, 1).unwrap();
    let error = limited
        .clone()
        .group_by([int.clone()], [count()])
        .unwrap()
        .all(&db)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 500);
    assert_eq!(limited.aggregate(&db, [count()]).await.unwrap_err().status(), 500);
}

fn article(table: AnyTable, author: &User, slug: &str, title: &str) -> AnyNewRow {
    table.create([
        column(table, "title").set(title).unwrap(),
        column(table, "slug").set_text(slug).unwrap(),
        column(table, "author").set(author.id).unwrap(),
    ])
}

/// CWE-863, CWE-203, CWE-345. Attack: a foreign row is changed by adding its key; a moment and an owner are forged by a list of columns.
#[tokio::test]
async fn cwe_863_a_foreign_row_is_not_changed_by_adding_its_key() {
    let site = site().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let table = db.table("article").unwrap();
    let key = [column(table, "slug")];
    let save = async |slug: &str, update: &[&str]| {
        let rows = vec![
            article(table, &site.ben, "mine", "mine"),
            article(table, &site.ben, slug, "taken"),
        ];
        let update: Vec<_> = update.iter().map(|field| column(table, field)).collect();
        AnyNewRow::save_or_change_all(rows, &db, &key, &update).await
    };
    let told = |error: Error| match error {
        Error::Rows(mut rows) => rows.remove(0),
        other => panic!("not of rows: {other}"),
    };
    // Ann's: one that Ben sees, and one that he does not.
    let wrong = told(save("public", &["title"]).await.unwrap_err());
    assert!(
        wrong.row == 1 && matches!(wrong.error, Error::Forbidden),
        "{wrong:?}"
    );
    let wrong = told(save("draft", &["title"]).await.unwrap_err());
    assert!(
        wrong.row == 1 && matches!(wrong.error, Error::Unique { .. }),
        "{wrong:?}"
    );
    assert_eq!(
        table
            .objects()
            .filter(column(table, "title").eq("mine").unwrap())
            .unwrap()
            .count(&db)
            .await
            .unwrap(),
        0
    );
    let saved = save("mine-too", &["title"]).await.unwrap();
    assert!(saved.iter().all(|(_, added)| *added));
    for field in ["created", "updated"] {
        assert_eq!(
            code(&save("mine-too", &[field]).await.unwrap_err()),
            (field, "set_by_itself")
        );
    }
    let saved = save("mine-too", &["title"]).await.unwrap();
    assert!(saved.iter().all(|(_, added)| !added));
    {
        let _attack = without(Control::UpsertJudged);
        save("public", &["title"]).await.unwrap();
    }
    for (key, update, what) in [
        ("title", "slug", "that is no unique key of it"),
        ("id", "title", "that is no unique key of it"),
        (
            "slug",
            "id",
            "name columns that are given a new value, and not the id",
        ),
    ] {
        let rows = vec![article(table, &site.ben, "x", "x")];
        let done =
            AnyNewRow::save_or_change_all(rows, &db, &[column(table, key)], &[column(table, update)]).await;
        let error = done.unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let users = db.table("user").unwrap();
    let rows = vec![article(table, &site.ben, "x", "x")];
    let done = AnyNewRow::save_or_change_all(rows, &db, &[column(users, "email")], &key).await;
    assert_eq!(done.unwrap_err().status(), 500);
    drop(db);
    unit.finish(false).await.unwrap();
    // Staff may change what Ann wrote, and nobody says whose it is.
    let unit = site.as_user(&site.sue);
    let db = unit.db();
    let rows = vec![article(table, &site.sue, "public", "x")];
    let done = AnyNewRow::save_or_change_all(rows, &db, &key, &[column(table, "author")]).await;
    let wrong = told(done.unwrap_err());
    assert!(matches!(wrong.error, Error::Forbidden), "{wrong:?}");
}

/// CWE-862, CWE-190, CWE-915. What is computed is judged as what is set, and fits.
#[tokio::test]
async fn what_the_database_computes_is_judged_and_fits() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let [articles, users, kinds, tasks] =
        ["article", "user", "kinds", "task"].map(|name| db.table(name).unwrap());
    let hits = column(articles, "hits");
    let amount = || hits.amount().unwrap();
    let more = async |of: Assignment<AnyRow>| articles.objects().change_all(&db, [of]).await;
    assert_eq!(
        more(hits.set_to((amount() + 3) * 4 - 2).unwrap()).await.unwrap(),
        2
    );
    assert_eq!(
        more(hits.set_to(amount() - amount() * amount()).unwrap())
            .await
            .unwrap(),
        2
    );
    let sum = articles.objects().sum(&db, &hits).await.unwrap();
    assert_eq!(sum, Some(2 * (10 - 100)));
    let beyond = more(hits.set_to((amount() + i64::MAX) * 2).unwrap())
        .await
        .unwrap_err();
    assert_eq!(code(&beyond).0, "hits");
    // A column of fewer bits.
    let texts = [
        ("text", "a"),
        ("slug", "a"),
        ("colour", "red"),
        ("truth", "true"),
        ("int", "7"),
        ("big", "7"),
        ("double", "1"),
        ("price", "1"),
        ("uuid", "01234567-89ab-4cde-8f01-23456789abcd"),
        ("moment", "2026-11-29T14:30:00Z"),
        ("day", "2026-11-29"),
        ("time", "14:30:00"),
    ];
    let values = texts.map(|(field, text)| column(kinds, field).set_text(text).unwrap());
    kinds.create(values).save(&db).await.unwrap();
    let (int, big) = (column(kinds, "int"), column(kinds, "big"));
    let to = async |of| kinds.objects().change_all(&db, [int.set_to(of).unwrap()]).await;
    assert_eq!(to(big.amount().unwrap() + 1).await.unwrap(), 1);
    let wide = to(big.amount().unwrap() * 1_000_000_000).await.unwrap_err();
    assert_eq!(code(&wide).0, "int");
    // Not a number, not the row's own, not this table's.
    for (made, field) in [
        (column(kinds, "price").amount(), "price"),
        (column(kinds, "text").amount(), "text"),
    ] {
        assert_eq!(code(&made.unwrap_err()), (field, "not_computed"));
    }
    assert_eq!(
        code(&column(kinds, "moment").set_to(int.amount().unwrap()).unwrap_err()),
        ("moment", "not_computed")
    );
    assert_eq!(
        hits.set_to(int.amount().unwrap() + 1).unwrap_err().to_string(),
        "`Article.hits` is set to what is computed of a `Kinds`: take columns from the table of the row that is changed"
    );
    assert_eq!(
        hits.set_to(amount() + int.amount().unwrap())
            .unwrap_err()
            .status(),
        500
    );
    assert!(column(users, "is_staff").amount().is_err() && column(tasks, "organisation").amount().is_err());
    // There is no row yet to compute it of.
    let new = articles
        .create([hits.set_to(amount()).unwrap()])
        .save(&db)
        .await
        .unwrap_err();
    assert!(matches!(new, Error::Invalid(_) | Error::Internal(_)), "{new}");
    drop(db);
    unit.finish(true).await.unwrap();
    // Somebody else's row.
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let key = articles.key(&site.public.id.to_string()).unwrap();
    assert_eq!(
        articles
            .objects()
            .get_to_change(&db, key)
            .await
            .unwrap_err()
            .status(),
        403
    );
    let all = articles
        .objects()
        .change_all(&db, [hits.set_to(amount() + 1).unwrap()]);
    assert_eq!(all.await.unwrap(), 0);
}

/// CWE-20, CWE-248. Attack: a number is computed into a column whose type refuses it, and nobody reads the table afterwards.
#[tokio::test]
async fn cwe_20_nothing_is_computed_for_a_type_of_its_own() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let errands = db.table("errand").unwrap();
    let numbers = [
        "short", "place", "int", "count", "big", "maybe", "perhaps", "priority", "later",
    ];
    let values = numbers.map(|field| column(errands, field).set_text("3").unwrap());
    errands.create(values).save(&db).await.unwrap();
    let more = |field: &str| {
        let big = column(errands, "big").amount()?;
        column(errands, field).set_to(big + 4)
    };
    for field in ["priority", "later"] {
        let own = column(errands, field);
        assert_eq!(code(&more(field).unwrap_err()), (field, "not_computed"));
        assert_eq!(code(&own.amount().unwrap_err()), (field, "not_computed"));
        let wrong = errands.objects().change_all(&db, [own.set(7).unwrap()]).await;
        assert_eq!(code(&wrong.unwrap_err()).0, field, "as what is set");
    }
    for field in ["short", "place", "int", "count", "maybe", "perhaps", "big"] {
        let done = errands.objects().change_all(&db, [more(field).unwrap()]).await;
        assert_eq!(done.unwrap(), 1, "{field}");
        assert!(column(errands, field).amount().is_ok(), "{field}");
    }
    let short = errands.objects().sum(&db, &column(errands, "short")).await;
    assert_eq!(short.unwrap(), Some(7));
    let read = Errand::objects().first(&db).await.unwrap().unwrap();
    let own = (read.priority, read.later, read.short, read.perhaps);
    assert_eq!(own, (Priority(3), Some(Priority(3)), 7, Some(7)));
}

/// CWE-665. Attack, or a file with a line that is too short: what is there is emptied, or has its default again.
#[tokio::test]
async fn cwe_665_what_a_row_does_not_say_takes_the_place_of_nothing() {
    let site = site().await;
    let unit = site.as_user(&site.sue);
    let db = unit.db();
    let table = db.table("article").unwrap();
    let all = |fields: &[&str]| {
        fields
            .iter()
            .map(|field| column(table, field))
            .collect::<Vec<_>>()
    };
    let new = |slug: &str, more: &[(&str, &str)]| {
        let given = [
            ("title", "x"),
            ("slug", slug),
            ("author", &site.sue.id.to_string()),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .map(|(field, text)| column(table, field).set_text(text).unwrap())
        .collect::<Vec<_>>();
        table.create(given)
    };
    let editor = site.ann.id.to_string();
    let full = || new("mine", &[("editor", &editor), ("hits", "7")]);
    full().save(&db).await.unwrap();
    // No value, and the default.
    let update = all(&["editor", "hits"]);
    for (short, field) in [
        (new("mine", &[("hits", "8")]), "editor"),
        (new("mine", &[("editor", &editor)]), "hits"),
    ] {
        let rows = vec![full(), short];
        let told = AnyNewRow::save_or_change_all(rows, &db, &all(&["slug"]), &update).await;
        match told.unwrap_err() {
            Error::Rows(wrong) => {
                assert_eq!(wrong[0].row, 1);
                assert_eq!(code(&wrong[0].error), (field, "required"));
            }
            other => panic!("not of rows: {other}"),
        }
    }
    let mine = table
        .objects()
        .filter(column(table, "slug").eq("mine").unwrap())
        .unwrap();
    let read = mine.first(&db).await.unwrap().unwrap();
    let shown = |row: &AnyRow| ["editor", "hits"].map(|field| row.text(&column(table, field)).unwrap());
    assert_eq!(shown(&read), [editor, "7".to_owned()]);
    // By a default no row is found that happens to have it.
    let errands = db.table("errand").unwrap();
    let fields = ["short", "place", "int", "count", "big", "priority"];
    let short = errands.create(fields.map(|field| column(errands, field).set_text("3").unwrap()));
    let key = [column(errands, "number")];
    let told = AnyNewRow::save_or_change_all(vec![short], &db, &key, &[column(errands, "int")]).await;
    match told.unwrap_err() {
        Error::Rows(wrong) => assert_eq!((wrong[0].row, code(&wrong[0].error)), (0, ("number", "required"))),
        other => panic!("not of rows: {other}"),
    }
    // That there is to be none is said.
    let none = new("mine", &[("editor", ""), ("hits", "8")]);
    let saved = AnyNewRow::save_or_change_all(vec![none], &db, &all(&["slug"]), &update).await;
    assert_eq!(shown(&saved.unwrap()[0].0), [String::new(), "8".to_owned()]);
}

/// Pages by key: their cursors hold for their order alone.
#[tokio::test]
async fn pages_by_key_go_through_all_rows() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let users = db.table("user").unwrap();
    let email = column(users, "email");
    let page = async |down: bool, after: Option<&Cursor>| {
        let order = if down { email.desc() } else { email.asc() };
        let query = users.objects().order_by([order]).unwrap().per_page(3);
        query.page_after(&db, after).await
    };
    let first = page(false, None).await.unwrap();
    let next = first.next.clone().unwrap();
    let second = page(false, Some(&next)).await.unwrap();
    let labels = first.iter().chain(second.iter()).map(AnyRow::label);
    let people = ["ann", "ben", "carl", "sue"].map(|name| format!("{name}@example.com"));
    assert_eq!(labels.collect::<Vec<_>>(), people);
    assert!(second.next.is_none());
    assert!(matches!(page(true, Some(&next)).await, Err(Error::InvalidCursor)));
}
