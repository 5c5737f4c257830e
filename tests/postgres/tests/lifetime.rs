//! The cluster goes with its tests, however these end.

#![allow(missing_docs)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cluster::{Cluster, Tcp, database};

#[test]
fn each_test_has_an_empty_database_that_goes_with_it() {
    let (one, other) = (database(), database());
    one.run("CREATE TABLE here (id int); INSERT INTO here VALUES (7)");
    assert_eq!(
        one.run("SELECT id, NULL FROM here"),
        [[Some("7".to_owned()), None]]
    );
    assert!(
        other
            .session()
            .run("SELECT id FROM here")
            .unwrap_err()
            .contains("42P01")
    );
    let name = one.name().to_owned();
    drop(one);
    let left = other.run(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"));
    assert!(left.is_empty());
}

#[test]
fn nothing_listens_but_the_socket() {
    let told = database().run("SHOW listen_addresses");
    assert_eq!(told, [[Some(String::new())]]);
}

fn is_gone(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

/// The part that is killed: started by the test below.
#[test]
#[ignore = "it waits to be killed by another test"]
fn waits_to_be_killed() {
    let cluster = Arc::new(Cluster::own(Tcp::No));
    let database = cluster.database();
    println!("\nrunning {} {}", cluster.pid().unwrap(), database.url());
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_cluster_ends_after_its_process_was_killed() {
    use std::io::BufRead;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "waits_to_be_killed"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines
        .map(Result::unwrap)
        .find(|line| line.starts_with("running ") && line.contains("host="))
        .unwrap();
    let (pid, url) = line["running ".len()..].split_once(' ').unwrap();
    let pid: u32 = pid.parse().unwrap();
    let folder = Path::new(url.split_once("host=").unwrap().1).parent().unwrap();
    assert!(folder.is_dir() && !is_gone(pid));
    child.kill().unwrap();
    child.wait().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while folder.exists() || !is_gone(pid) {
        assert!(
            Instant::now() < until,
            "{} or process {pid} is still there",
            folder.display()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_cluster_of_ones_own_is_ended_and_started_again() {
    let cluster = Arc::new(Cluster::own(Tcp::Tls("IP:127.0.0.1")));
    let database = cluster.database();
    database.run("CREATE TABLE here (id int)");
    let (port, _) = cluster.tls().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    cluster.stop();
    assert!(cluster.session("postgres").is_err());
    cluster.start();
    database.run("SELECT id FROM here");
}
