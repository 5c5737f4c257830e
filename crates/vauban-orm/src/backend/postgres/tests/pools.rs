//! Connections are counted, waited for, cleaned and thrown away.

use super::*;
use std::time::{Duration, Instant};

fn few(connections: usize) -> PoolOptions {
    PoolOptions {
        connections,
        wait: Duration::from_millis(200),
        connect: Duration::from_secs(2),
        ..PoolOptions::default()
    }
}

async fn process(connection: &Connection) -> i64 {
    match rows(connection, "SELECT pg_backend_pid()", &[]).await.unwrap()[0][0] {
        Value::Integer(pid) => pid,
        _ => panic!("no number"),
    }
}

/// CWE-400. Attack: requests that hold connections.
#[tokio::test]
async fn there_are_never_more_and_who_waits_is_told() {
    let site = site_with(few(2));
    let (one, other) = (site.writing().await, site.writing().await);
    let begun = Instant::now();
    assert_eq!(
        site.pool.get(Access::Write).await.unwrap_err(),
        Failure::PoolTimeout
    );
    assert!(begun.elapsed() >= Duration::from_millis(200));
    let pid = process(&one).await;
    drop(one);
    let again = site.writing().await;
    assert_eq!(process(&again).await, pid, "it is used again");
    drop((other, again));
    // A wait that was given up takes no place.
    let held = (site.writing().await, site.writing().await);
    for _ in 0..5 {
        let waiting = site.pool.get(Access::Write);
        tokio::time::timeout(Duration::from_millis(1), waiting)
            .await
            .unwrap_err();
    }
    drop(held);
    let _both = (site.writing().await, site.writing().await);
}

#[tokio::test]
async fn what_a_unit_left_open_is_undone_before_another_has_the_connection() {
    let site = site_with(few(1));
    site.database.run("CREATE TABLE task (id int)");
    let connection = site.writing().await;
    let pid = process(&connection).await;
    connection
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    execute(&connection, "INSERT INTO task VALUES (1)", &[])
        .await
        .unwrap();
    drop(connection);
    let next = site.writing().await;
    assert_eq!(process(&next).await, pid);
    assert!(!next.is_in_transaction());
    assert!(rows(&next, "SELECT id FROM task", &[]).await.unwrap().is_empty());
    // A future that was dropped while it began one.
    let _ = tokio::time::timeout(
        Duration::ZERO,
        next.begin(Access::Write, Isolation::ReadCommitted),
    )
    .await;
    drop(next);
    let next = site.writing().await;
    let now = "SELECT now()";
    let begun = rows(&next, now, &[]).await.unwrap();
    assert_ne!(
        rows(&next, now, &[]).await.unwrap(),
        begun,
        "a transaction is open"
    );
}

/// CWE-400. Attack: ask for something long, hang up, ask again.
#[tokio::test]
async fn what_nobody_waits_for_is_ended() {
    let site = site_with(few(1));
    for _ in 0..2 {
        let connection = site.writing().await;
        let long = execute(&connection, "SELECT pg_sleep(5)", &[]);
        tokio::time::timeout(Duration::from_millis(100), long)
            .await
            .unwrap_err();
        drop(connection);
        let begun = Instant::now();
        let next = loop {
            match site.pool.get(Access::Write).await {
                Ok(next) => break next,
                Err(_) => assert!(
                    begun.elapsed() < Duration::from_secs(3),
                    "the place is not free again"
                ),
            }
        };
        let running = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()";
        while !rows(&next, running, &[]).await.unwrap().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(4), "it still runs");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_database_that_was_away_is_there_again_by_itself() {
    let cluster = Arc::new(cluster::Cluster::own(cluster::Tcp::No));
    let database = cluster.database();
    database.run("CREATE TABLE task (id int)");
    let pool = Pool::new(&database.url(), few(4)).unwrap();
    let held = [(); 4].map(|()| pool.get(Access::Write));
    let [a, b, c, d] = held;
    let all = tokio::join!(a, b, c, d);
    let in_transaction = all.0.as_ref().unwrap();
    in_transaction
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    execute(in_transaction, "INSERT INTO task VALUES (1)", &[])
        .await
        .unwrap();
    cluster.stop();
    assert_eq!(in_transaction.commit().await, Err(Failure::CommitUnknown));
    drop(all);
    for _ in 0..8 {
        let failed = pool.get(Access::Write).await.unwrap_err();
        assert!(matches!(failed, Failure::Lost(_)), "{failed:?}");
    }
    cluster.start();
    for _ in 0..8 {
        let connection = pool.get(Access::Write).await.unwrap();
        assert!(
            rows(&connection, "SELECT id FROM task", &[])
                .await
                .unwrap()
                .is_empty()
        );
    }
}

/// An operator ends connections, or a firewall does: one error at most, and nobody else meets it.
#[tokio::test]
async fn idle_connections_that_broke_are_not_given_out() {
    let site = site_with(few(3));
    let all = (site.writing().await, site.writing().await, site.writing().await);
    drop(all);
    site.database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let mut failed = 0;
    for _ in 0..4 {
        if let Err(failure) = rows(&*site.writing().await, "SELECT 1", &[]).await {
            assert!(failure.breaks_connection(), "{failure:?}");
            failed += 1;
        }
    }
    assert!(failed <= 1, "{failed}");
}

#[tokio::test]
async fn a_connection_does_not_become_old() {
    let site = site_with(PoolOptions {
        age: Duration::from_millis(50),
        ..few(1)
    });
    let connection = site.writing().await;
    let pid = process(&connection).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    drop(connection);
    assert_ne!(process(&*site.writing().await).await, pid);
}

#[tokio::test]
async fn a_server_with_too_many_connections_says_what_to_do() {
    let site = site_with(few(2));
    site.database.run(&format!(
        "DROP ROLE IF EXISTS one_at_a_time; CREATE ROLE one_at_a_time LOGIN CONNECTION LIMIT 1; ALTER DATABASE \"{}\" OWNER TO one_at_a_time",
        site.database.name()
    ));
    let pool = Pool::new(&site.database.url_of("one_at_a_time"), few(2)).unwrap();
    let _one = pool.get(Access::Write).await.unwrap();
    let failed = pool.get(Access::Write).await.unwrap_err();
    assert_eq!(failed, Failure::TooManyConnections);
    assert!(failed.to_string().contains("max_connections"));
}

/// CWE-400. Attack: a server, or who took its place, that takes the connection and says nothing.
#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://app@{}/shop", listener.local_addr().unwrap());
    let pool = Pool::new(
        &url,
        PoolOptions {
            connect: Duration::from_millis(100),
            ..few(1)
        },
    );
    let failed = pool.unwrap().get(Access::Write).await.unwrap_err();
    assert!(matches!(failed, Failure::Lost(_)), "{failed:?}");
}

/// CWE-532. Attack: the pool is in something whose debug output is logged.
#[tokio::test]
async fn a_pool_does_not_show_its_password() {
    let pool = Pool::new("postgres://app:hunter2@127.0.0.1:1/shop", few(1)).unwrap();
    let failed = pool.get(Access::Write).await.unwrap_err();
    let apart = pool.apart().get(Access::Write).await.unwrap_err();
    let shown = format!("{pool:?} {failed} {failed:?} {apart:?}");
    assert!(
        shown.contains("127.0.0.1") && !shown.contains("hunter2"),
        "{shown}"
    );
}

/// CWE-400. Attack: a view that has little time left asks for what takes long, or waits for what another one holds. It is told in
/// time, the server works on it no longer, and whoever has the connection next has all of their own.
#[tokio::test]
async fn who_has_little_time_is_told_in_time() {
    let site = site_with(few(2));
    site.database
        .run("CREATE TABLE task (id int); INSERT INTO task VALUES (1)");
    let left = Some(Duration::from_millis(600));
    let begun = Instant::now();
    let hasty = site.pool.get_within(Access::Read, left).await.unwrap();
    let refused = rows(&hasty, "SELECT 1 FROM pg_sleep(20)", &[]).await.unwrap_err();
    assert_eq!(refused, Failure::StatementTimeout);
    drop(hasty);
    let holder = site.writing().await;
    holder
        .begin(Access::Write, Isolation::ReadCommitted)
        .await
        .unwrap();
    execute(&holder, "UPDATE task SET id = 2", &[]).await.unwrap();
    let hasty = site.pool.get_within(Access::Write, left).await.unwrap();
    let refused = execute(&hasty, "UPDATE task SET id = 3", &[]).await.unwrap_err();
    assert!(
        matches!(refused, Failure::LockTimeout | Failure::StatementTimeout),
        "{refused:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(hasty);
    let leisurely = site.writing().await;
    for (setting, value) in [("statement_timeout", "10s"), ("lock_timeout", "5s")] {
        let shown = rows(&leisurely, &format!("SHOW {setting}"), &[]).await.unwrap();
        assert_eq!(shown[0][0], Value::Text(value.to_owned()));
    }
}
