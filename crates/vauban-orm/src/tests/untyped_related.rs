//! By metadata, what belongs to a row: rows that refer to it, rows that a foreign key may be set to, choices, and rows that are
//! locked. Links stand in `linked`.

use super::untyped::{Colour, Kinds, Locker, column, site_with};
use super::*;
use crate::untyped::{AnyColumn, AnyFilter as UntypedFilter, AnyNewRow, AnyRow, AnyTable};
use crate::*;

async fn site() -> Site {
    site_with([Locker::meta(), Kinds::meta()]).await
}

async fn found(db: &Db, table: AnyTable, filter: UntypedFilter) -> Vec<String> {
    let rows = table.objects().filter(filter).unwrap().all(db).await.unwrap();
    rows.iter().map(AnyRow::label).collect()
}

/// CWE-203, CWE-639. Attack: whether somebody has written a draft is asked by its author.
#[tokio::test]
async fn cwe_203_rows_that_refer_and_may_not_be_seen_are_absent() {
    let site = site().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let [users, articles, tasks] = ["user", "article", "task"].map(|name| db.table(name).unwrap());
    let (author, title) = (column(articles, "author"), column(articles, "title"));
    let titled = |text: &str| users.id().any(&author, title.eq(text).unwrap()).unwrap();
    assert_eq!(found(&db, users, titled("public")).await, ["ann@example.com"]);
    assert!(found(&db, users, titled("draft")).await.is_empty());
    {
        let _attack = without(Control::View);
        assert_eq!(found(&db, users, titled("draft")).await, ["ann@example.com"]);
    }
    // Nor is it told by what all or none of them are.
    let only_public = || title.eq("public").unwrap();
    let all = users.id().all(&author, only_public()).unwrap();
    assert_eq!(found(&db, users, all).await.len(), 4, "all but the ghost");
    let none = users.id().none(&author, !only_public()).unwrap();
    assert_eq!(found(&db, users, none).await.len(), 4);
    // From a row behind a foreign key: tasks in an organisation with a task of this title.
    let (organisation, what) = (column(tasks, "organisation"), column(tasks, "title"));
    let beside = organisation.any(&organisation, what.eq("beta task").unwrap());
    assert_eq!(found(&db, tasks, beside.unwrap()).await, ["beta task"]);
    // Of a row that is not there all holds as little as something does.
    let assignee = column(tasks, "assignee");
    let all = assignee.all(&author, only_public()).unwrap();
    assert!(found(&db, tasks, all).await.is_empty());
    // Inside another, and through a foreign key of theirs.
    let email = author.through("email").unwrap().starts_with("ann").unwrap();
    let theirs = author.any(&author, only_public()).unwrap() & email;
    let of_ann = users.id().any(&author, theirs).unwrap();
    assert_eq!(found(&db, users, of_ann).await, ["ann@example.com"]);
    // What leads to them stands in metadata, and is found nowhere else.
    let keys: Vec<_> = users
        .referred_by(&db)
        .iter()
        .map(|key| format!("{key:?}"))
        .collect();
    assert_eq!(
        keys,
        [
            "Article.author",
            "Article.editor",
            "Membership.user",
            "Task.assignee"
        ]
    );
    assert!(articles.column("author\" OR 1=1 --").is_none());
}

#[tokio::test]
async fn what_leads_to_no_rows_says_so() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let [users, articles, tasks, lockers] =
        ["user", "article", "task", "locker"].map(|name| db.table(name).unwrap());
    let (author, title) = (column(articles, "author"), column(articles, "title"));
    let told = |made: Result<UntypedFilter>, what: &str| assert_eq!(made.unwrap_err().to_string(), what);
    let any = || title.eq("x").unwrap();
    told(
        tasks.id().any(&author, any()),
        "`Article.author` refers to a `User`, and `Task.id` is the id of a `Task`",
    );
    let no_rows =
        "leads to no rows: ask `table.id()` or a foreign key for the rows that have a foreign key to it";
    told(
        column(users, "email").all(&author, any()),
        &format!("`User.email` {no_rows}"),
    );
    told(
        users.id().none(&title, any()),
        &format!("`Article.title` {no_rows}"),
    );
    told(
        users.id().any(&author, column(tasks, "title").eq("x").unwrap()),
        "a filter on `Task` in a query on `Article`: make it of the columns of the query's own table, and of related rows \
         with `.through(\"field\")`",
    );
    let of_users = users.id().any(&author, any()).unwrap();
    assert_eq!(tasks.objects().filter(of_users).unwrap_err().status(), 500);
    // CWE-843: the key of a row behind another is none of the row's own.
    let behind = column(lockers, "inside").through("inside").unwrap();
    let name = column(lockers, "name").eq("x").unwrap();
    assert_eq!(lockers.id().any(&behind, name).unwrap_err().status(), 500);
    // CWE-400, CWE-674: what is asked inside each other is bounded.
    let inside = column(lockers, "inside");
    let deeper = |filter, _| lockers.id().any(&inside, filter).unwrap();
    let deep = (0..1_000).fold(column(lockers, "name").is_null(), deeper);
    let error = lockers
        .objects()
        .filter(deep)
        .unwrap()
        .all(&db)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 400);
}

/// CWE-639, CWE-770: what a foreign key may be set to is what may be seen, and no more than a list holds.
#[tokio::test]
async fn options_are_rows_that_may_be_seen_and_not_too_many() {
    let site = site().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let [articles, tasks, lockers] = ["article", "task", "locker"].map(|name| db.table(name).unwrap());
    let (editor, inside) = (column(articles, "editor"), column(lockers, "inside"));
    let name = column(lockers, "name");
    let made = |number: usize| lockers.create([name.set(format!("Locker {number:02}")).unwrap()]);
    let made = AnyNewRow::save_all((0..53).map(made).collect(), &db)
        .await
        .unwrap();
    let labels = async |column: &AnyColumn, text: &str| -> Vec<String> {
        let page = column.options(&db, text).await.unwrap();
        page.iter().map(AnyRow::label).collect()
    };
    let all = inside.options(&db, "").await.unwrap();
    assert_eq!((all.rows.len(), all.has_next), (50, true));
    assert!(all.rows.iter().all(|row| row.label().starts_with("Locker ")));
    assert_eq!(
        labels(&inside, "oCKER 5").await,
        ["Locker 50", "Locker 51", "Locker 52"]
    );
    assert_eq!(labels(&inside, &made[7].key().to_string()).await, ["Locker 07"]);
    // What is typed is a value: no pattern, and no SQL (CWE-89).
    for text in ["%", "_", "' OR 1=1 --", "1234"] {
        assert!(
            labels(&inside, text).await.is_empty(),
            "{text}: nor the code, which is the module's own"
        );
    }
    let people = ["ann", "ben", "carl", "sue"].map(|name| format!("{name}@example.com"));
    assert_eq!(labels(&editor, "").await, people);
    assert_eq!(labels(&editor, "example").await, people, "no ghost");
    let ghost = site.ghost.id.to_string();
    assert!(labels(&editor, &ghost).await.is_empty());
    assert!(
        labels(&column(tasks, "organisation"), "").await.is_empty(),
        "a stranger's"
    );
    {
        let _attack = without(Control::View);
        assert_eq!(labels(&editor, &ghost).await, ["ghost@example.com"]);
    }
    assert_eq!(
        name.options(&db, "").await.unwrap_err().to_string(),
        "`Locker.name` is no foreign key: there are no rows to choose from"
    );
    assert!(matches!(
        inside.options(&db, &"x".repeat(5_000)).await,
        Err(Error::TooLarge(_))
    ));
}

#[tokio::test]
async fn a_column_of_few_values_lists_them() {
    let site = site().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let kinds = db.table("kinds").unwrap();
    let choices: Vec<_> = column(kinds, "colour").choices().collect();
    assert_eq!(choices, [("red", "Red"), ("blue", "Blue")]);
    let all = Colour::ALL.iter().map(|one| (one.as_str(), one.label()));
    assert_eq!(choices, all.collect::<Vec<_>>());
    assert_eq!(column(kinds, "text").choices().len(), 0);
}

/// CWE-667, CWE-862. Attack: whoever only sees a row holds up those who may change it.
#[tokio::test]
async fn cwe_667_only_what_may_be_changed_is_locked() {
    let site = site().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let articles = db.table("article").unwrap();
    let key = |id: Id<Article>| articles.key(&id.to_string()).unwrap();
    let lock = || articles.objects().for_update();
    assert!(lock().all(&db).await.unwrap().is_empty());
    {
        let _attack = without(Control::LockChangeable);
        assert_eq!(lock().all(&db).await.unwrap().len(), 1);
    }
    assert_eq!(
        lock().get(&db, key(site.public.id)).await.unwrap_err().status(),
        403
    );
    assert_eq!(
        lock().get(&db, key(site.draft.id)).await.unwrap_err().status(),
        404
    );
    let user = db.table("user").unwrap().key(&site.ben.id.to_string()).unwrap();
    assert_eq!(lock().get(&db, user).await.unwrap_err().status(), 404);
    drop(db);
    unit.finish(false).await.unwrap();
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let row = lock().get(&db, key(site.draft.id)).await.unwrap();
    let row = row
        .change(&db, [column(articles, "title").set("locked").unwrap()])
        .await
        .unwrap();
    assert_eq!(row.label(), "locked");
    let title = column(articles, "title");
    assert_eq!(
        lock().of(&title).unwrap_err().to_string(),
        "`Article.title` is no foreign key: there is no row to be loaded"
    );
    let with_author = lock()
        .of(&column(articles, "author"))
        .unwrap()
        .first(&db)
        .await
        .unwrap();
    assert!(with_author.is_some());
}
