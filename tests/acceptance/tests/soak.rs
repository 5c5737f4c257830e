//! The demo under mixed requests for a long time: every answer is the one that belongs to the request, memory and open
//! files stay, and nothing but attacks stands in the log.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs
)]

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acceptance::{Client, Site, demo, percent, sign_up};
use long::Numbers;

/// How many visit at once.
const VISITORS: usize = 4;
/// What a server may take more after the first fifth. Over 100,000 requests that is 170 bytes a request.
const GROWTH_KIB: u64 = 16 * 1024;
/// Sockets that are being closed while it is counted, and readers of the database that were opened late.
const FILES: usize = 2 * VISITORS;

/// Somebody with an account, an article, and time.
struct Visitor {
    port: u16,
    anonymous: Client,
    client: Client,
    article: String,
    token: String,
    statics: Vec<String>,
    numbers: Numbers,
}

/// What came back, and what belongs there.
type Seen = Result<(u16, &'static [u16])>;

impl Visitor {
    fn new(port: u16, number: usize, seed: u64) -> Self {
        let mut client = sign_up(port, &format!("soak{number}@example.com"));
        let title = format!("Soaked {number}");
        let fields = [("title", title.as_str()), ("body", "Rain."), ("published", "on")];
        let saved = client.submit("/write/", None, &fields).expect("an answer");
        assert_eq!(saved.status, 303, "{}", saved.body);
        let article = saved.header("location").expect("the article").to_owned();
        let token = client.token("/write/", None).expect("the form");
        let mut anonymous = Client::new(port);
        let home = anonymous.get("/").expect("the home page").body;
        let addresses = home.split('"').filter(|text| text.starts_with("/static/"));
        let statics: Vec<String> = addresses.map(str::to_owned).collect();
        assert!(statics.len() > 2, "{home}");
        Self {
            port,
            anonymous,
            client,
            article,
            token,
            statics,
            numbers: Numbers::new(seed, number as u64),
        }
    }

    /// One visit: a request, or a form and what is sent with it.
    fn visit(&mut self) -> Seen {
        const PUBLIC: &[&str] = &[
            "/",
            "/articles/",
            "/articles/?page=2",
            "/guestbook/",
            "/healthz/",
            "/accounts/login/",
        ];
        const OWN: &[&str] = &[
            "/write/",
            "/tasks/",
            "/tasks/new/",
            "/organisations/",
            "/profile/",
            "/accounts/password/",
        ];
        const MISSING: &[&str] = &[
            "/articles/not-there/",
            "/no/such/page/",
            "/static/css/none.css",
            "/%2e%2e/etc/passwd",
        ];
        match self.numbers.below(16) {
            0..=2 => status(self.anonymous.get(self.numbers.one(PUBLIC)), &[200]),
            3..=4 => status(self.client.get(self.numbers.one(OWN)), &[200]),
            5 => status(self.client.get(&self.article.clone()), &[200]),
            6 => {
                let path = format!("/articles/?page={}", 1 + self.numbers.below(2));
                let part = self.anonymous.send("GET", &path, "X-Fragment: rows\r\n", "")?;
                assert_eq!(part.header("x-fragment"), Some("rows"), "{}", part.head);
                status(Ok(part), &[200])
            }
            7 => {
                let address = self.statics[self.numbers.below(self.statics.len())].clone();
                status(self.anonymous.get(&address), &[200])
            }
            8 => status(self.client.get(self.numbers.one(MISSING)), &[400, 404]),
            9 => self.edits(),
            10 => self.writes_and_deletes(),
            // Typed wrongly: the form is shown again.
            11 => status(
                self.client
                    .post("/write/", &self.token, &[("title", ""), ("body", "Rain.")]),
                &[422],
            ),
            12 => self.forges(),
            13 => status(
                self.anonymous.submit("/", Some("/theme/"), &[("theme", "dark")]),
                &[303],
            ),
            14 => self.asks_too_much(),
            _ => self.stammers(),
        }
    }

    fn edits(&mut self) -> Seen {
        let path = format!("{}edit/", self.article);
        let form = self.client.get(&path)?.body;
        let value = |name: &str| {
            let rest = form.split(&format!("name=\"{name}\"")).nth(1)?;
            Some(rest.split("value=\"").nth(1)?.split('"').next()?.to_owned())
        };
        let (token, version) = (value("csrfmiddlewaretoken").unwrap(), value("version").unwrap());
        let body = "Rain. ".repeat(1 + self.numbers.below(500));
        let fields = [
            ("title", "Soaked"),
            ("body", &*body),
            ("published", "on"),
            ("version", &*version),
        ];
        status(self.client.post(&path, &token, &fields), &[303])
    }

    fn writes_and_deletes(&mut self) -> Seen {
        let saved = self.client.post(
            "/write/",
            &self.token,
            &[("title", "Puddle"), ("body", "Gone soon.")],
        )?;
        assert_eq!(saved.status, 303, "{}\n{}", saved.head, saved.body);
        let path = format!("{}delete/", saved.header("location").expect("the article"));
        status(self.client.submit(&path, None, &[]), &[303])
    }

    /// CWE-352: another's token, none, a broken one, or the right one from elsewhere.
    fn forges(&mut self) -> Seen {
        let own = format!("http://127.0.0.1:{}", self.port);
        let right = self.token.clone();
        let broken = right.replace(['A', 'a', '1'], "b");
        let (token, origin) = match self.numbers.below(4) {
            0 => (broken.as_str(), own.as_str()),
            1 => ("", own.as_str()),
            2 => (right.as_str(), "http://evil.example"),
            _ => ("v1.a.b.c", own.as_str()),
        };
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\nOrigin: {origin}\r\n");
        let body = format!("csrfmiddlewaretoken={}&title=Forged&body=x", percent(token));
        status(self.client.send("POST", "/write/", &headers, &body), &[403])
    }

    /// CWE-400: more than the limits allow; and methods that are not there.
    fn asks_too_much(&mut self) -> Seen {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        match self.numbers.below(4) {
            0 => status(
                self.client.get(&format!("/articles/?page={}", "1".repeat(9000))),
                &[414, 431],
            ),
            1 => status(
                self.client.send("GET", "/", &"X-Many: 1\r\n".repeat(120), ""),
                &[431],
            ),
            2 => {
                let body = format!(
                    "csrfmiddlewaretoken={}&{}",
                    percent(&self.token),
                    "a=1&".repeat(5_000)
                );
                let headers = format!("{form}Origin: http://127.0.0.1:{}\r\n", self.port);
                status(self.client.send("POST", "/write/", &headers, &body), &[413])
            }
            _ => status(self.client.send("DELETE", "/articles/", "", ""), &[403, 405]),
        }
    }

    /// Heads with two readings, and people who hang up in the middle.
    fn stammers(&mut self) -> Seen {
        const HEADS: &[&str] = &[
            "GET / HTTP/1.1\nHost: 127.0.0.1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n folded\r\n\r\n",
            "\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n",
        ];
        let head = self.numbers.one(HEADS);
        let cut = self
            .numbers
            .once_in(3)
            .then(|| 1 + self.numbers.below(head.len() - 5));
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(&head.as_bytes()[..cut.unwrap_or(head.len())])?;
        if cut.is_some() {
            return Ok((0, &[0]));
        }
        let mut answer = Vec::new();
        // What the server did not read makes the system break the connection behind the answer.
        drop(stream.read_to_end(&mut answer));
        let code = String::from_utf8_lossy(&answer)
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok());
        Ok((code.unwrap_or(0), &[400]))
    }
}

fn status(answer: Result<acceptance::Answer>, right: &'static [u16]) -> Seen {
    Ok((answer?.status, right))
}

/// The lines that are neither an ordinary request's nor an attack's.
fn unclean(log: &str) -> Vec<&str> {
    let bad = |line: &&str| {
        line.contains("ERROR")
            || line.contains("panicked")
            || (line.contains("WARN") && !line.contains("security event"))
    };
    log.lines().filter(bad).collect()
}

/// CWE-400, CWE-401, CWE-775, CWE-248.
#[test]
fn the_demo_stays_as_it_is_under_mixed_requests() {
    let (seed, visits) = (long::seed(), long::amount(1_600, 80_000));
    let mut site = Site::start(demo());
    let port = site.port();
    let mut visitors: Vec<Visitor> = (0..VISITORS)
        .map(|number| Visitor::new(port, number, seed))
        .collect();
    let requests = AtomicUsize::new(0);
    let mut measured = Vec::new();
    for part in [1, 4] {
        let each = visits * part / 5 / VISITORS;
        std::thread::scope(|scope| {
            for (number, visitor) in visitors.iter_mut().enumerate() {
                let requests = &requests;
                scope.spawn(move || {
                    for visit in 0..each {
                        let state = visitor.numbers.clone();
                        let (came, right) = visitor.visit().unwrap_or_else(|error| {
                            panic!("visitor {number} of seed {seed}, visit {visit} of part {part}, {state:?}: {error}")
                        });
                        assert!(
                            right.contains(&came),
                            "visitor {number} of seed {seed}, visit {visit} of part {part}, {state:?}: {came}, not {right:?}"
                        );
                        requests.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        // What was answered is also forgotten.
        std::thread::sleep(Duration::from_millis(300));
        measured.push((site.process().resident_kib(), site.process().open_files()));
    }
    let ((memory, files), (memory_after, files_after)) = (measured[0], measured[1]);
    let log = site.output();
    assert_eq!(unclean(&log), Vec::<&str>::new());
    assert!(
        memory_after <= memory + GROWTH_KIB,
        "the server had {memory} KiB after a fifth of the requests, and {memory_after} KiB in the end"
    );
    assert!(
        files_after <= files + FILES,
        "open files: {files}, then {files_after}"
    );
    long::figure(requests.into_inner(), "visits of mixed kinds");
    long::figure(0, "answers that do not belong there (5xx among them)");
    long::figure(memory, "KiB resident after a fifth");
    long::figure(memory_after, "KiB resident in the end");
}

#[test]
fn the_log_is_read() {
    let log =
        "INFO request\nWARN security event event=csrf\nERROR it broke\nWARN slow\nthread 'x' panicked at";
    assert_eq!(
        unclean(log),
        ["ERROR it broke", "WARN slow", "thread 'x' panicked at"]
    );
}
