//! sqlmap against every parameter by which the demo's lists are searched, filtered, sorted and paged, signed in, on both
//! databases: after it has found the hole in a page that writes its SQL with `format!`.
//!
//! `scripts/test --long injection` installs sqlmap and says by `SQLMAP` where it is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use acceptance::{Client, Site, built, sign_up};

/// The databases' names, as sqlmap has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dbms {
    Sqlite,
    Postgres,
}

impl Dbms {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// What sqlmap came to.
struct Scan {
    found: bool,
    requests: usize,
    said: String,
}

/// Asks sqlmap about these parameters of an address; `*` in it marks a place in the path.
fn sqlmap(url: &str, parameters: Option<&str>, cookies: &str, dbms: Dbms) -> Scan {
    let program = std::env::var("SQLMAP").expect("run `scripts/test --long injection`: it installs sqlmap");
    let folder = tempfile::tempdir().expect("a folder");
    let traffic = folder.path().join("traffic");
    let mut command = Command::new("python3");
    command
        .arg(program)
        .args([
            "-u",
            url,
            "--dbms",
            dbms.name(),
            "--batch",
            "--flush-session",
            "--disable-coloring",
        ])
        .args([
            "--level",
            "2",
            "--risk",
            "2",
            "--technique",
            "BEUSTQ",
            "--threads",
            "4",
            "--time-sec",
            "2",
        ])
        .args(["--timeout", "30", "--retries", "1", "--fresh-queries"])
        .arg("--output-dir")
        .arg(folder.path())
        .arg("-t")
        .arg(&traffic)
        .stdin(Stdio::null());
    if let Some(parameters) = parameters {
        command.args(["-p", parameters]);
    }
    if !cookies.is_empty() {
        command.args(["--cookie", cookies]);
    }
    let output = command.output().expect("python3");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = said.contains("identified the following injection point");
    let clean = said.contains("do not appear to be injectable");
    // What it did not try says nothing.
    assert!(found != clean, "sqlmap came to nothing at {url}:\n{said}");
    let traffic = std::fs::read_to_string(&traffic).unwrap_or_default();
    let requests = traffic.matches("HTTP request [#").count();
    assert!(
        found || requests > 40,
        "sqlmap hardly asked at {url} ({requests} requests):\n{said}"
    );
    Scan {
        found,
        requests,
        said,
    }
}

/// What runs a statement and gives the first column of its rows.
type Run = dyn Fn(&str) -> Result<Vec<String>, String> + Send + Sync;

/// The planted twin of the list of articles: the same parameters, written into the statement.
struct Twin {
    port: u16,
    stop: Arc<AtomicBool>,
}

impl Twin {
    fn start(run: Arc<Run>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let run = Arc::clone(&run);
                std::thread::spawn(move || drop(answer(&stream, &*run)));
            }
        });
        Self { port, stop }
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn answer(mut stream: &TcpStream, run: &Run) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let target = first.split(' ').nth(1).unwrap_or_default();
    let value = |name: &str| {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut named = pairs.filter(|(key, _)| *key == name);
        named.next().map(|(_, value)| decoded(value)).unwrap_or_default()
    };
    let (q, sort) = (value("q"), value("sort"));
    // The hole.
    let sql = format!("SELECT title FROM article WHERE title LIKE '%{q}%' ORDER BY {sort}");
    let (status, body) = match run(&sql) {
        Ok(titles) => (
            "200 OK",
            titles
                .iter()
                .map(|title| format!("<li>{title}</li>"))
                .collect::<String>(),
        ),
        Err(_) => ("500 Internal Server Error", "Something went wrong.".to_owned()),
    };
    let body = format!("<html><body><ul>{body}</ul></body></html>");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = [bytes.next().unwrap_or(b'0'), bytes.next().unwrap_or(b'0')];
                let digits = String::from_utf8_lossy(&digits).into_owned();
                out.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The demo's program with both databases.
fn demo() -> String {
    let path = built(&["--features", "postgres"]);
    // Of its own, so that no other test's build takes its place meanwhile.
    let own = path.with_file_name("demo-with-both");
    std::fs::copy(path, &own).expect("a copy");
    own.display().to_string()
}

fn cookies(client: &Client) -> String {
    let lines = client.cookie_lines();
    let pairs = lines.iter().filter_map(|line| line.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

/// The first address on a page that begins so.
fn link(page: &str, begins: &str) -> String {
    let at = page
        .find(&format!("\"{begins}"))
        .unwrap_or_else(|| panic!("no {begins} in\n{page}"));
    page[at + 1..].split('"').next().expect("its end").to_owned()
}

/// CWE-89. Attack: sqlmap, as somebody who has signed in and as staff, on every list. `staff` makes somebody staff.
fn scan_the_demo(site: &Site, dbms: Dbms, staff: impl FnOnce(&str)) {
    let mut member = sign_up(site.port(), "member@example.com");
    let mut cleo = sign_up(site.port(), "curator@example.com");
    staff("curator@example.com");
    let token = member.token("/organisations/new/", None).expect("a form");
    let founded = member
        .post("/organisations/new/", &token, &[("name", "Ours")])
        .expect("an answer");
    let organisation = founded.header("location").expect("where it is").to_owned();
    let list = member.get("/articles/").expect("the list").body;
    let tag = link(&list, "/tags/");
    let article = list
        .split("<h2><a href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("an article");
    let after = list
        .split("after=")
        .nth(1)
        .and_then(|rest| rest.split(['"', '&']).next())
        .unwrap_or("x")
        .to_owned();
    let (ours, staff) = (cookies(&member), cookies(&cleo));
    assert_eq!(cleo.get("/data/article/").expect("a table").status, 200);
    let pages = [
        (
            "/articles/?q=the&sort=newest&page=1".to_owned(),
            Some("q,sort,page"),
            &ours,
        ),
        (
            format!("/articles/?q=&sort=newest&after={after}"),
            Some("after"),
            &ours,
        ),
        (format!("{tag}?q=&sort=title&page=1"), Some("q,sort,page"), &ours),
        ("/tasks/?page=1".to_owned(), Some("page"), &ours),
        ("/organisations/?page=1".to_owned(), Some("page"), &ours),
        (format!("{article}*"), None, &ours),
        (format!("{organisation}*"), None, &ours),
        (
            "/data/article/?sort=title&field=title&text=the&page=1".to_owned(),
            Some("sort,field,text,page"),
            &staff,
        ),
    ];
    let (mut holes, mut requests, mut parameters) = (Vec::new(), 0, 0);
    for (page, named, cookies) in pages {
        let scan = sqlmap(&site.url(&page), named, cookies, dbms);
        requests += scan.requests;
        parameters += named.map_or(1, |named| named.split(',').count());
        if scan.found {
            holes.push(format!("{page}:\n{}", scan.said));
        }
    }
    long::figure(parameters, "parameters that sqlmap tried");
    long::figure(requests, "requests of sqlmap");
    long::figure(holes.len(), "holes");
    assert_eq!(holes, Vec::<String>::new());
    // Still there, and its rows with it.
    assert_eq!(
        member
            .get("/articles/")
            .expect("the list")
            .body
            .matches("<h2>")
            .count(),
        list.matches("<h2>").count()
    );
}

fn finds_the_hole(run: Arc<Run>, dbms: Dbms) {
    let twin = Twin::start(run);
    let url = format!("http://127.0.0.1:{}/articles/?q=the&sort=title", twin.port);
    for parameter in ["q", "sort"] {
        let scan = sqlmap(&url, Some(parameter), "", dbms);
        assert!(
            scan.found,
            "sqlmap does not find the planted hole in {parameter}:\n{}",
            scan.said
        );
        long::figure(1, "planted holes that sqlmap found");
        long::figure(scan.requests, "requests of sqlmap");
    }
}

#[test]
#[ignore = "scripts/test --long injection"]
fn sqlmap_finds_nothing_on_sqlite() {
    let program = demo();
    let site = Site::start_with(&[&program], &[]);
    let file = site.database();
    let own = file.clone();
    let run = move |sql: &str| -> Result<Vec<String>, String> {
        let database = rusqlite::Connection::open(&own).map_err(|error| error.to_string())?;
        let mut rows = database.prepare(sql).map_err(|error| error.to_string())?;
        let rows = rows
            .query_map([], |row| row.get(0))
            .map_err(|error| error.to_string())?;
        rows.collect::<Result<_, _>>().map_err(|error| error.to_string())
    };
    finds_the_hole(Arc::new(run), Dbms::Sqlite);
    scan_the_demo(&site, Dbms::Sqlite, |email| {
        let database = rusqlite::Connection::open(&file).expect("the database");
        let changed = database.execute("UPDATE user SET is_staff = 1 WHERE email = ?", [email]);
        assert_eq!(changed.expect("an answer"), 1);
    });
}

#[test]
#[ignore = "scripts/test --long injection"]
fn sqlmap_finds_nothing_on_postgresql() {
    let program = demo();
    let database = Arc::new(cluster::database());
    let url = database.url();
    let site = Site::start_with(&[&program], &[("VAUBAN_DATABASE_URL", &url)]);
    let own = Arc::clone(&database);
    let run = move |sql: &str| -> Result<Vec<String>, String> {
        let rows = own.session().run(sql)?;
        Ok(rows
            .into_iter()
            .map(|row| row.into_iter().next().flatten().unwrap_or_default())
            .collect())
    };
    finds_the_hole(Arc::new(run), Dbms::Postgres);
    scan_the_demo(&site, Dbms::Postgres, |email| {
        database.run(&format!(
            "UPDATE \"user\" SET is_staff = TRUE WHERE email = '{email}'"
        ));
    });
}
