//! A connection's statements, its session and its transactions.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::held::held;
use super::*;

#[tokio::test]
async fn a_session_is_set_up_whatever_the_server_says() {
    let site = site();
    site.database.run(&format!(
        "CREATE SCHEMA \"$user\"; ALTER DATABASE \"{}\" SET search_path = pg_temp, public;
         ALTER DATABASE \"{0}\" SET standard_conforming_strings = off;
         ALTER DATABASE \"{0}\" SET default_transaction_isolation = 'serializable'",
        site.database.name()
    ));
    let connection = site.writing().await;
    for (setting, value) in [
        ("TimeZone", "UTC"),
        ("standard_conforming_strings", "on"),
        ("search_path", "public, pg_temp"),
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "15s"),
        ("default_transaction_isolation", "read committed"),
        ("client_encoding", "UTF8"),
        ("application_name", "vauban"),
    ] {
        let read = rows(&connection, &format!("SHOW {setting}"), &[]).await.unwrap();
        assert_eq!(read, [[text(value)]], "{setting}");
    }
    // CWE-426: somebody's temporary table is not taken for the site's own.
    site.database
        .run("CREATE TABLE public.task (id int); INSERT INTO public.task VALUES (1)");
    connection
        .batch("CREATE TEMPORARY TABLE task (id int)")
        .await
        .unwrap();
    assert_eq!(
        rows(&connection, "SELECT id FROM task", &[]).await.unwrap().len(),
        1
    );
}

/// Futures that run together are sent together: none waits for another's answer.
#[tokio::test]
async fn statements_on_one_connection_are_pipelined() {
    let database = cluster::database();
    let held = held(&database).await;
    let hold = &held.hold;
    let pool = Pool::new(&held.url, PoolOptions::default()).unwrap();
    let connection = pool.get(Access::Write).await.unwrap();
    let ask = async |number: i64| {
        let value = [(Kind::BigInt, Value::Integer(number))];
        rows(&connection, "SELECT $1", &value).await.unwrap()[0][0].clone()
    };
    assert_eq!(ask(0).await, Value::Integer(0));
    hold.store(3, Ordering::Release);
    let all = async { tokio::join!(ask(1), ask(2), ask(3)) };
    let all = tokio::time::timeout(Duration::from_secs(5), all)
        .await
        .expect("one waited for another");
    assert_eq!(all, (Value::Integer(1), Value::Integer(2), Value::Integer(3)));
    // The test's own doubt: one alone is held.
    hold.store(2, Ordering::Release);
    tokio::time::timeout(Duration::from_millis(200), ask(4))
        .await
        .unwrap_err();
}

/// CWE-460. Attack on a promise: the statement failed, its error was dropped, and COMMIT says nothing.
#[tokio::test]
async fn a_commit_of_what_failed_is_an_error() {
    let site = site();
    site.database.run("CREATE TABLE task (id int PRIMARY KEY)");
    let connection = site.writing().await;
    for dropped in [false, true] {
        connection
            .begin(Access::Write, Isolation::ReadCommitted)
            .await
            .unwrap();
        execute(&connection, "INSERT INTO task VALUES (1)", &[])
            .await
            .unwrap();
        if dropped {
            let again = execute(&connection, "INSERT INTO task VALUES (1)", &[]);
            // Polled until it is sent, and no more.
            let _ = tokio::time::timeout(Duration::ZERO, again).await;
        } else {
            execute(&connection, "INSERT INTO task VALUES (1)", &[])
                .await
                .unwrap_err();
        }
        assert_eq!(
            connection.commit().await,
            Err(Failure::Undone),
            "dropped: {dropped}"
        );
        assert!(!connection.is_in_transaction());
        assert!(
            rows(&connection, "SELECT id FROM task", &[])
                .await
                .unwrap()
                .is_empty()
        );
    }
    connection
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    execute(&connection, "INSERT INTO task VALUES (1)", &[])
        .await
        .unwrap();
    connection.savepoint(1).await.unwrap();
    execute(&connection, "INSERT INTO task VALUES (1)", &[])
        .await
        .unwrap_err();
    connection.rollback_to(1).await.unwrap();
    connection.savepoint(2).await.unwrap();
    execute(&connection, "INSERT INTO task VALUES (2)", &[])
        .await
        .unwrap();
    connection.release(2).await.unwrap();
    connection.commit().await.unwrap();
    assert_eq!(
        rows(&connection, "SELECT id FROM task", &[]).await.unwrap().len(),
        2
    );
}

/// A constraint that is judged at the end.
#[tokio::test]
async fn a_commit_that_is_refused_saves_nothing() {
    let site = site();
    site.database.run(
        "CREATE TABLE team (id int PRIMARY KEY);
         CREATE TABLE task (team_id int REFERENCES team (id) DEFERRABLE INITIALLY DEFERRED)",
    );
    let connection = site.writing().await;
    connection
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    execute(&connection, "INSERT INTO task VALUES (1)", &[])
        .await
        .unwrap();
    assert!(matches!(
        connection.commit().await,
        Err(Failure::ForeignKey { .. })
    ));
    assert!(!connection.is_in_transaction());
    assert!(
        rows(&connection, "SELECT team_id FROM task", &[])
            .await
            .unwrap()
            .is_empty()
    );
}

/// CWE-770. Attack: a new text for each request, for ever.
#[tokio::test]
async fn prepared_statements_are_bounded_here_and_there() {
    let site = site();
    let connection = site.writing().await;
    for i in 0..400 {
        rows(&connection, &format!("SELECT {i}"), &[]).await.unwrap();
    }
    assert_eq!(connection.prepared_statements(), 256);
    let there = "SELECT count(*) FROM pg_prepared_statements";
    let Value::Integer(there) = rows(&connection, there, &[]).await.unwrap()[0][0] else {
        panic!()
    };
    assert!(there <= 257, "{there}");
    // One that is too large to be kept runs all the same, with its types.
    let large = format!("SELECT $1, pg_typeof($1)::text /* {} */", "x".repeat(40_000));
    let read = rows(&connection, &large, &[(Kind::Int, Value::Integer(7))])
        .await
        .unwrap();
    assert_eq!(read, [[Value::Integer(7), text("integer")]]);
    assert_eq!(connection.prepared_statements(), 256);
}

/// A migration while the site runs.
#[tokio::test]
async fn a_statement_is_prepared_anew_after_its_table_changed() {
    let site = site();
    site.database
        .run("CREATE TABLE task (id int, n int); INSERT INTO task VALUES (1, 7)");
    let connection = site.writing().await;
    let ask = "SELECT n FROM task";
    assert_eq!(rows(&connection, ask, &[]).await.unwrap(), [[Value::Integer(7)]]);
    site.database.run("ALTER TABLE task ALTER COLUMN n TYPE text");
    assert_eq!(rows(&connection, ask, &[]).await.unwrap(), [[text("7")]]);
    connection
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    site.database
        .run("ALTER TABLE task ALTER COLUMN n TYPE bigint USING n::bigint");
    assert_eq!(rows(&connection, ask, &[]).await, Err(Failure::StalePlan));
    connection.rollback().await.unwrap();
    assert_eq!(rows(&connection, ask, &[]).await.unwrap(), [[Value::Integer(7)]]);
}

/// CWE-770. Attack: a row that somebody else made as large as PostgreSQL lets them.
#[tokio::test]
async fn a_row_is_bounded() {
    let mut options = PoolOptions::default();
    options.session.message = 1 << 20;
    let site = site_with(options);
    let connection = site.writing().await;
    assert_eq!(
        rows(&connection, "SELECT repeat('x', 1000000)", &[])
            .await
            .unwrap()
            .len(),
        1
    );
    let failed = rows(&connection, "SELECT repeat('x', 2000000)", &[])
        .await
        .unwrap_err();
    assert!(
        matches!(failed, Failure::TooLarge | Failure::Lost(_)),
        "{failed:?}"
    );
    assert!(connection.is_broken());
    drop(connection);
    assert_eq!(
        rows(&*site.writing().await, "SELECT 1", &[]).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn whoever_reads_may_stop() {
    let site = site();
    let connection = site.writing().await;
    let mut read = 0;
    let stopped = connection
        .fetch("SELECT generate_series(1, 100000)", &[], [].into_iter(), |_| {
            read += 1;
            if read < 3 { Ok(()) } else { Err(Failure::TooLarge) }
        })
        .await;
    assert_eq!((stopped, read), (Err(Failure::TooLarge), 3));
    assert_eq!(
        rows(&connection, "SELECT 1", &[]).await.unwrap(),
        [[Value::Integer(1)]]
    );
}
