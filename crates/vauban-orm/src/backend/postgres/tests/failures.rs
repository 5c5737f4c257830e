//! What PostgreSQL says, without its words.

use super::*;

#[tokio::test]
async fn constraints_say_which() {
    let site = site();
    site.database.run(
        "CREATE TABLE team (id int PRIMARY KEY);
         CREATE TABLE task (id int PRIMARY KEY, title text NOT NULL CONSTRAINT task_some CHECK (title <> ''),
             team_id int CONSTRAINT task_team_id_fkey REFERENCES team (id));
         CREATE UNIQUE INDEX task_title_uniq ON task (title);
         INSERT INTO team VALUES (1); INSERT INTO task VALUES (1, 'hunter2', 1)",
    );
    let connection = site.writing().await;
    let (table, name) = (|| "task".to_owned(), |name: &str| name.to_owned());
    for (sql, failure) in [
        (
            "INSERT INTO task VALUES (2, 'hunter2', 1)",
            Failure::Unique {
                table: table(),
                constraint: name("task_title_uniq"),
                columns: vec![name("title")],
            },
        ),
        (
            "INSERT INTO task VALUES (1, 'b', 1)",
            Failure::Unique {
                table: table(),
                constraint: name("task_pkey"),
                columns: vec![name("id")],
            },
        ),
        (
            "INSERT INTO task VALUES (2, NULL, 1)",
            Failure::NotNull {
                table: table(),
                column: name("title"),
            },
        ),
        (
            "INSERT INTO task VALUES (2, '', 1)",
            Failure::Check {
                table: table(),
                constraint: name("task_some"),
            },
        ),
        (
            "INSERT INTO task VALUES (2, 'b', 7)",
            Failure::ForeignKey {
                table: table(),
                constraint: name("task_team_id_fkey"),
            },
        ),
        (
            "DELETE FROM team",
            Failure::ForeignKey {
                table: table(),
                constraint: name("task_team_id_fkey"),
            },
        ),
    ] {
        let failed = execute(&connection, sql, &[]).await.unwrap_err();
        // CWE-532: PostgreSQL's detail has the row in it.
        assert!(!format!("{failed} {failed:?}").contains("hunter2"), "{failed:?}");
        assert_eq!(failed, failure, "{sql}");
    }
    assert_eq!(
        execute(&connection, "UPDATE task SET title = 'b'", &[]).await,
        Ok(1)
    );
}

#[tokio::test]
async fn values_roles_and_limits_have_their_names() {
    let site = site();
    site.database.run(
        "CREATE TABLE task (id int); DROP ROLE IF EXISTS nobody_at_all; CREATE ROLE nobody_at_all LOGIN",
    );
    let connection = site.writing().await;
    for (sql, failure) in [
        (
            "SELECT 2147483647 + id FROM (VALUES (1)) AS v (id)",
            Failure::OutOfRange,
        ),
        (
            "SELECT 1 / id FROM (VALUES (0)) AS v (id)",
            Failure::Data {
                sqlstate: "22012".to_owned(),
            },
        ),
        (
            "SELECT 'hunter2'::text::int",
            Failure::Data {
                sqlstate: "22P02".to_owned(),
            },
        ),
        ("SELECT chr(0)", Failure::TooLarge),
    ] {
        assert_eq!(rows(&connection, sql, &[]).await.unwrap_err(), failure, "{sql}");
    }
    let failed = rows(&connection, "SELECT nothing FROM nowhere", &[])
        .await
        .unwrap_err();
    assert!(matches!(failed, Failure::Other { sqlstate, .. } if sqlstate == "42P01"));
    let other = Pool::new(&site.database.url_of("nobody_at_all"), PoolOptions::default()).unwrap();
    let failed = rows(
        &other.get(Access::Write).await.unwrap(),
        "SELECT id FROM task",
        &[],
    )
    .await
    .unwrap_err();
    assert!(matches!(failed, Failure::Privilege(_)), "{failed}");
    for (url, told) in [
        (site.database.url_of("somebody_else"), "the user or the password"),
        (site.database.url().replace("/t_", "/not_there_"), "createdb"),
    ] {
        let failed = Pool::new(&url, PoolOptions::default())
            .unwrap()
            .get(Access::Write)
            .await
            .unwrap_err();
        assert!(
            matches!(&failed, Failure::Configuration(text) if text.contains(told)),
            "{failed}"
        );
    }
}

/// CWE-352: the second wall behind a GET.
#[tokio::test]
async fn a_reading_connection_writes_nothing() {
    let site = site();
    site.database.run("CREATE TABLE task (id int)");
    let read = site.pool.get(Access::Read).await.unwrap();
    assert_eq!(
        execute(&read, "INSERT INTO task VALUES (1)", &[]).await,
        Err(Failure::ReadOnly)
    );
    read.begin(Access::Read, Isolation::Serializable).await.unwrap();
    assert_eq!(
        execute(&read, "INSERT INTO task VALUES (1)", &[]).await,
        Err(Failure::ReadOnly)
    );
    drop(read);
    // The same connection, switched over, and back.
    for _ in 0..2 {
        let write = site.writing().await;
        assert_eq!(execute(&write, "INSERT INTO task VALUES (1)", &[]).await, Ok(1));
        drop(write);
        let read = site.pool.get(Access::Read).await.unwrap();
        assert_eq!(
            execute(&read, "INSERT INTO task VALUES (1)", &[]).await,
            Err(Failure::ReadOnly)
        );
    }
}

/// CWE-460. Attack: the BEGIN of a unit fails (it is cancelled, it takes too long), and the statement that was sent with it is saved by itself.
/// A unit has a connection for reading, of which only the BEGIN says that it writes.
#[tokio::test]
async fn cwe_460_a_statement_whose_begin_fails_is_not_saved() {
    let site = site();
    site.database.run("CREATE TABLE task (id int)");
    for (access, saved) in [
        (Access::Read, Err(Failure::ReadOnly)),
        // As it was if units had one that writes.
        (Access::Write, Ok(1)),
    ] {
        let connection = site.pool.get(access).await.unwrap();
        let (begun, done) = in_order(
            connection.batch("BEGIN ISOLATION LEVEL OF NONE"),
            execute(&connection, "INSERT INTO task VALUES (1)", &[]),
        )
        .await;
        assert!(begun.is_err());
        assert_eq!(done, saved);
    }
    let unit = site.pool.get(Access::Read).await.unwrap();
    let (begun, done) = in_order(
        unit.begin(Access::Write, Isolation::Serializable),
        execute(&unit, "INSERT INTO task VALUES (2)", &[]),
    )
    .await;
    assert_eq!((begun, done), (Ok(()), Ok(1)));
}

#[tokio::test]
async fn those_who_meet_are_told_how() {
    let mut options = PoolOptions::default();
    options.session.lock = std::time::Duration::from_millis(200);
    options.session.statement = std::time::Duration::from_millis(2_000);
    let site = site_with(options);
    site.database
        .run("CREATE TABLE task (id int PRIMARY KEY, n int); INSERT INTO task VALUES (1, 0), (2, 0)");
    let (one, other) = (site.writing().await, site.writing().await);
    one.begin(Access::Write, Isolation::Serializable).await.unwrap();
    other.begin(Access::Write, Isolation::Serializable).await.unwrap();
    rows(&other, "SELECT n FROM task", &[]).await.unwrap();
    execute(&one, "UPDATE task SET n = 1 WHERE id = 1", &[])
        .await
        .unwrap();
    let waited = execute(&other, "UPDATE task SET n = 2 WHERE id = 1", &[]).await;
    assert_eq!(waited, Err(Failure::LockTimeout));
    assert_eq!(execute(&other, "SELECT 1", &[]).await, Err(Failure::Aborted));
    other.rollback().await.unwrap();
    other.begin(Access::Write, Isolation::Serializable).await.unwrap();
    rows(&other, "SELECT n FROM task", &[]).await.unwrap();
    one.commit().await.unwrap();
    let late = execute(&other, "UPDATE task SET n = 2 WHERE id = 1", &[]).await;
    assert_eq!(late, Err(Failure::Serialization));
    other.rollback().await.unwrap();
    assert_eq!(
        execute(&other, "SELECT pg_sleep(60)", &[]).await,
        Err(Failure::StatementTimeout)
    );
}

#[tokio::test]
async fn a_deadlock_is_told_to_one_of_them() {
    let site = site();
    site.database
        .run("CREATE TABLE task (id int PRIMARY KEY, n int); INSERT INTO task VALUES (1, 0), (2, 0)");
    let (one, other) = (site.writing().await, site.writing().await);
    let change = |id: i64| (format!("UPDATE task SET n = n + 1 WHERE id = {id}"), ());
    one.begin(Access::Write, Isolation::ReadCommitted).await.unwrap();
    other
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    one.batch(&change(1).0).await.unwrap();
    other.batch(&change(2).0).await.unwrap();
    let (two, one_more) = (change(2).0, change(1).0);
    let first = async {
        let result = one.batch(&two).await;
        one.rollback().await.unwrap();
        result
    };
    let second = async {
        let result = other.batch(&one_more).await;
        other.rollback().await.unwrap();
        result
    };
    let (first, second) = tokio::join!(first, second);
    assert!(
        matches!(
            (&first, &second),
            (Ok(()), Err(Failure::Deadlock)) | (Err(Failure::Deadlock), Ok(()))
        ),
        "{first:?} {second:?}"
    );
}
