//! Mail in a site: what leaves with a unit, what names and subjects cannot do, how a bulk kind is left, what a server's answer
//! makes of the task.

// In a test a panic is an answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use vauban::commands::{Command, Failure, Run};
use vauban::http::{HeaderMap, Method};
use vauban::prelude::*;
use vauban_mail::{Attachment, BulkKind, Mail, Mailbox, Sent};
use vauban_site::App;
use vauban_site::testing::TestApp;

#[derive(Mail)]
#[mail(subject = "A note from {{ site }}", template = "mail/test", crate = vauban_mail)]
struct Note {
    site: String,
}

#[derive(Mail)]
#[mail(
    subject = "News of {{ site }}",
    template = "tests/news",
    bulk = "news",
    crate = vauban_mail
)]
struct News {
    site: String,
}

mod urls {
    vauban::routes! { include mail at "/accounts/" = vauban_mail::urls }
}

/// Sends what its options say, in one unit.
fn mail() -> Command {
    Command::new("mail", "Sends a mail", |run: Run| async move {
        let option = |name| run.option(name).map(str::to_owned);
        let (name, site, header) = (
            option("name"),
            option("site").unwrap_or_default(),
            option("header"),
        );
        let (file, fails, is_bulk) = (option("file"), run.flag("fails"), run.flag("bulk"));
        let done = run
            .unit(|db| {
                let (name, site, header, file) = (name.clone(), site.clone(), header.clone(), file.clone());
                async move {
                    let ann = Mailbox::new(Email::parse("ann@example.com")?).named(&name.unwrap_or_default());
                    let sent = if is_bulk {
                        News { site }.to(&ann).send(&db).await.map_err(Failure::of)?
                    } else {
                        let mut draft = Note { site }.to(&ann);
                        if let Some(value) = header {
                            draft = draft.header("X-Campaign", &value);
                        }
                        if let Some(name) = file {
                            draft = draft.attach(
                                Attachment::new(&name, "text/plain", b"text".to_vec())
                                    .map_err(Failure::of)?,
                            );
                        }
                        draft.send(&db).await.map_err(Failure::of)?
                    };
                    match fails {
                        true => Err(Failure::new("undone")),
                        false => Ok(sent),
                    }
                }
            })
            .await?;
        run.out.line(format_args!("{}", done == Sent::Queued));
        Ok(())
    })
    .option("name", "of whom")
    .option("site", "in subject and text")
    .option("header", "a header")
    .option("file", "the name of a file")
    .flag("fails", "undo it")
    .flag("bulk", "of a kind")
}

#[derive(Clone, Debug, Model)]
#[model(table = "mark")]
struct Mark {
    id: Id<Self>,
    #[field(max_length = 20)]
    text: String,
}

impl Policy for Mark {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

service! {
    /// Writes marks.
    Marking: Add<Mark>;
    waiver!(ServiceRights, "marks are nobody's own")
}

/// In a queue behind that of mails.
#[task(name = "mark", queue = "zzz")]
async fn mark(_: AsService<Marking>, db: Db<Write>) -> Result<()> {
    let new = NewMark {
        text: "marked".to_owned(),
    };
    Mark::create(new).save(&db).await?;
    Ok(())
}

/// Queues it.
fn last() -> Command {
    Command::new("last", "Queues a task", |run: Run| async move {
        run.unit(|db| async move {
            mark::enqueue(&db, ()).await?;
            Ok::<_, Failure>(())
        })
        .await
    })
}

fn app() -> App {
    App::new(vauban::package!())
        .module(vauban_site::tasks::module())
        .module(vauban_mail::module())
        .module(
            Module::new("notes")
                .model::<Mark>()
                .service::<Marking>()
                .routes(urls::routes())
                .contribute(BulkKind::of::<News>("What is new here"))
                .command(mail())
                .command(last())
                .task::<mark>(),
        )
}

fn headers(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    head.replace("\r\n ", " ")
        .split("\r\n")
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_mail_leaves_with_its_unit_and_not_without() {
    let app = TestApp::new(app);
    assert!(app.command("mail", &["--site", "x", "--fails"]).await.is_err());
    assert_eq!(app.run_tasks().await, 0);
    app.command("mail", &["--site", "the <site>", "--name", "Ann"])
        .await
        .unwrap();
    assert!(app.mails().is_empty());
    // CWE-312: what it says stands nowhere in clear, in the letter's row or the task's.
    let file = database(&app);
    for name in [file.clone(), format!("{file}-wal")] {
        if let Ok(bytes) = std::fs::read(&name) {
            let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
            assert!(!has(b"the <site>") && !has(b"ann@example.com"), "{name}");
        }
    }
    assert!(std::fs::metadata(&file).unwrap().len() > 0);
    assert_eq!(app.run_tasks().await, 1);
    let mails = app.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to(), ["ann@example.com"]);
    assert_eq!(mails[0].subject(), "A note from the <site>");
    assert!(
        mails[0]
            .text()
            .starts_with("This is a test mail from the <site>."),
        "{}",
        mails[0].text()
    );
    // CWE-79
    assert!(
        mails[0].html().contains("the &lt;site&gt;"),
        "{}",
        mails[0].html()
    );
    assert_eq!(app.run_tasks().await, 0);
}

/// Pitfalls 13 and 14 (CloudMeet#42, domoticz#5993), CWE-93: names, subjects, attachments' names and headers of one's own begin no header and
/// no line.
#[tokio::test]
async fn cwe_93_nothing_begins_a_header() {
    let app = TestApp::new(app);
    let evil = "x\r\nBcc: eve@evil.example\r\n\r\n<script>";
    app.command("mail", &["--site", evil, "--name", evil])
        .await
        .unwrap();
    let long = "Ünïcode ".repeat(1_250);
    app.command("mail", &["--site", &long, "--name", &long])
        .await
        .unwrap();
    app.command("mail", &["--header", "spring", "--file", "bill 7.txt"])
        .await
        .unwrap();
    assert_eq!(app.run_tasks().await, 3);
    for mail in app.mails() {
        let bytes = mail.bytes();
        let headers = headers(&bytes);
        assert!(
            !headers
                .iter()
                .any(|line| line.to_ascii_lowercase().starts_with("bcc:")),
            "{headers:?}"
        );
        assert_eq!(mail.to(), ["ann@example.com"]);
        assert!(mail.subject().chars().count() <= 200);
        assert!(bytes.is_ascii() && bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
        assert!(
            !mail.text().lines().any(|line| line.starts_with("Bcc:")),
            "{}",
            mail.text()
        );
        for wanted in [
            "Message-ID: <",
            "Date: ",
            "Auto-Submitted: auto-generated",
            "From: ",
            "MIME-Version: 1.0",
        ] {
            assert!(
                headers.iter().any(|line| line.starts_with(wanted)),
                "{wanted}: {headers:?}"
            );
        }
    }
    // What a developer writes is refused, and the unit with it.
    for (option, value) in [
        ("--header", evil),
        ("--header", " a"),
        ("--file", evil),
        ("--file", "../a.txt"),
    ] {
        let told = app.command("mail", &[option, value]).await;
        assert!(told.is_err(), "{option} {value:?}");
    }
    assert_eq!(app.run_tasks().await, 0);
}

/// RFC 8058. The GET of a scanner changes nothing; the POST of a mail program, without cookie and token, leaves.
#[tokio::test]
async fn a_bulk_kind_is_left_by_its_link() {
    let app = TestApp::new(app);
    let said = app.command("mail", &["--bulk", "--site", "x"]).await.unwrap();
    assert_eq!(said, "true\n");
    app.run_tasks().await;
    let mail = app.mails().pop().unwrap();
    let link = mail.unsubscribe().unwrap().to_owned();
    assert!(mail.text().contains(&link) && mail.html().contains(&link));
    let bytes = mail.bytes();
    let lines = headers(&bytes);
    assert!(
        lines.contains(&format!("List-Unsubscribe: <{link}>")),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"List-Unsubscribe-Post: List-Unsubscribe=One-Click".to_owned()),
        "{lines:?}"
    );
    // Neither the address nor the kind can be read.
    assert!(!link.contains("ann") && !link.contains("news"));
    let path = link
        .strip_prefix("http://localhost:8000")
        .unwrap_or_else(|| panic!("{link}"));
    assert!(path.starts_with("/accounts/unsubscribe/") && path.ends_with('/'));

    let mut browser = app.client();
    for _ in 0..2 {
        let page = browser.get(path).await;
        page.assert_status(200)
            .assert_contains("ann@example.com")
            .assert_contains("What is new here")
            .assert_contains("method=\"post\"");
    }
    browser
        .request(Method::HEAD, path, HeaderMap::new(), "")
        .await
        .assert_status(200);
    // A link letter that somebody changed opens nothing.
    let mut forged = path.to_owned();
    forged.replace_range(40..41, if &path[40..41] == "A" { "B" } else { "A" });
    browser.get(forged.as_str()).await.assert_status(404);
    let one_click = async |path: &str| {
        let mut program = app.client();
        let mut headers = HeaderMap::new();
        let form = "application/x-www-form-urlencoded".parse().unwrap();
        headers.insert("content-type", form);
        let body = "List-Unsubscribe=One-Click";
        program.request(Method::POST, path, headers, body).await.status()
    };
    assert_eq!(one_click(&forged).await, 403);
    // One that was written before, and leaves after.
    app.command("mail", &["--bulk", "--site", "y"]).await.unwrap();
    assert_eq!(one_click(path).await, 200);
    assert_eq!(one_click(path).await, 200);
    app.run_tasks().await;
    let said = app.command("mail", &["--bulk", "--site", "z"]).await.unwrap();
    assert_eq!(said, "false\n");
    app.run_tasks().await;
    assert_eq!(app.mails().len(), 1, "{:?}", app.mails());
    // Other mails still come.
    app.command("mail", &["--site", "x"]).await.unwrap();
    app.run_tasks().await;
    assert_eq!(app.mails().len(), 2);
    // Whoever left by mistake comes back by the page that says so.
    let page = browser.post_form(path, &[]).await;
    let again = format!("{path}again/");
    page.assert_status(200)
        .assert_contains("What is new here")
        .assert_contains(&format!("action=\"{again}\""));
    browser.get(again.as_str()).await.assert_status(405);
    browser
        .post_form(format!("{forged}again/").as_str(), &[])
        .await
        .assert_status(403);
    app.command("mail", &["--bulk", "--site", "still left"])
        .await
        .unwrap();
    app.run_tasks().await;
    assert_eq!(app.mails().len(), 2);
    browser.post_form(again.as_str(), &[]).await.assert_status(200);
    app.command("mail", &["--bulk", "--site", "back"]).await.unwrap();
    app.run_tasks().await;
    assert_eq!(app.mails().len(), 3);
}

/// CWE-532, CWE-598. Attacks: whoever reads the log has somebody leave a kind; a page behind the link's tells its address to another site.
/// The policy is that of addresses with a secret, whose pattern is logged in their place: one question, `Router::pattern_of_secret`, asks both.
#[tokio::test]
async fn cwe_532_the_link_by_which_one_leaves_stands_in_no_log() {
    let app = TestApp::new(app);
    app.command("mail", &["--bulk", "--site", "x"]).await.unwrap();
    app.run_tasks().await;
    let mail = app.mails().pop().unwrap();
    let path = mail
        .unsubscribe()
        .unwrap()
        .strip_prefix("http://localhost:8000")
        .unwrap();
    let mut browser = app.client();
    let again = format!("{path}again/");
    for answer in [
        browser.get(path).await,
        browser.post_form(path, &[]).await,
        browser.post_form(again.as_str(), &[]).await,
        browser.get(format!("{path}x").as_str()).await,
    ] {
        assert_eq!(answer.header("referrer-policy"), Some("strict-origin"));
    }
    let other = browser.get("/accounts/").await;
    assert_eq!(other.header("referrer-policy"), Some("same-origin"));
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// From now on, until the guard is dropped.
    fn of_this_thread() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        (lines, tracing::subscriber::set_default(log.finish()))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// CWE-532. A filter quotes the link of the mail that it refuses: neither the tasks nor the log have it.
#[tokio::test]
async fn cwe_532_a_link_that_a_server_quotes_is_not_kept() {
    let answer = "554 5.7.1 blocked: http://localhost:8000/accounts/reset/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/ is bad";
    let (url, _) = server_that_says("250 ok", Some(answer)).await;
    let app = app_with(url);
    let (log, _guard) = Log::of_this_thread();
    app.command("mail", &["--site", "x"]).await.unwrap();
    app.run_tasks().await;
    let listed = app.command("tasks", &["list", "--dead"]).await.unwrap();
    for text in [listed, log.text()] {
        assert!(text.contains("blocked: (link)"), "{text}");
        assert!(!text.contains("AAAAAAAA"), "{text}");
    }
}

/// A mail server that says one thing to MAIL, and nothing at all when it has the mail; what it heard.
async fn server(to_mail: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    server_that_says(to_mail, None).await
}

/// The same, with what it says when it has the mail.
async fn server_that_says(
    to_mail: &'static str,
    at_the_end: Option<&'static str>,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let shared = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = Arc::clone(&shared);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(b"220 fake\r\n").await;
                let mut in_mail = false;
                loop {
                    let mut line = String::new();
                    match stream.read_line(&mut line).await {
                        Ok(0) | Err(_) => return,
                        Ok(_) => {}
                    }
                    heard.lock().unwrap().push(line.trim_end().to_owned());
                    if in_mail {
                        if line == ".\r\n" {
                            // It dies with the whole mail.
                            let Some(answer) = at_the_end else { return };
                            let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                            in_mail = false;
                        }
                        continue;
                    }
                    let answer = match &line[..4] {
                        "EHLO" => "250 fake",
                        "MAIL" => to_mail,
                        "DATA" => "354 go",
                        "QUIT" => "221 bye",
                        _ => "250 ok",
                    };
                    in_mail = answer.starts_with("354");
                    let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                }
            });
        }
    });
    (format!("smtp://127.0.0.1:{port}"), heard)
}

fn app_with(url: String) -> TestApp {
    let url: &'static str = Box::leak(url.into_boxed_str());
    TestApp::with(app, Box::leak(Box::new([("mail.url", url)])))
}

/// What a server refuses for now is tried again with growing pauses, what it refuses for good never.
#[tokio::test]
async fn what_is_refused_for_now_and_for_good() {
    let tries = async |answer| {
        let (url, heard) = server(answer).await;
        let app = app_with(url);
        app.command("mail", &["--site", "x"]).await.unwrap();
        for _ in 0..40 {
            app.run_tasks().await;
            app.advance(Duration::from_secs(7 * 3600));
        }
        let heard = heard.lock().unwrap();
        heard.iter().filter(|line| line.starts_with("MAIL")).count()
    };
    // RFC 5321 §4.5.4.1: for four to five days.
    assert_eq!(tries("451 not now").await, 28);
    assert_eq!(tries("550 never").await, 1);
}

/// Pitfall 16 (freescout#5457). A server dies when it has the whole mail: it may have sent it. It gets it once more, with the same
/// `Message-ID`, and not again.
#[tokio::test]
async fn a_mail_that_may_have_been_sent_is_sent_once_more() {
    let (url, heard) = server("250 ok").await;
    let app = app_with(url);
    app.command("mail", &["--site", "x"]).await.unwrap();
    for _ in 0..40 {
        app.run_tasks().await;
        app.advance(Duration::from_secs(7 * 3600));
    }
    let heard = heard.lock().unwrap();
    let ids: Vec<_> = heard
        .iter()
        .filter(|line| line.starts_with("Message-ID:"))
        .collect();
    assert_eq!(ids.len(), 2, "{heard:?}");
    assert_eq!(ids[0], ids[1]);
}

fn message_ids(heard: &Mutex<Vec<String>>) -> usize {
    let heard = heard.lock().unwrap();
    heard
        .iter()
        .filter(|line| line.starts_with("Message-ID:"))
        .count()
}

/// The server takes the mail, and then it is our database that fails: that the mail has left is not saved, and it is not sent for ever.
#[tokio::test]
async fn a_mail_that_was_sent_is_sent_once_more_where_our_database_fails() {
    let (url, heard) = server_that_says("250 ok", Some("250 taken")).await;
    let app = app_with(url);
    let rows = rusqlite::Connection::open(database(&app)).unwrap();
    let fails = "CREATE TRIGGER fails BEFORE DELETE ON vauban_mail_letter BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    rows.execute_batch(fails).unwrap();
    app.command("mail", &["--site", "x"]).await.unwrap();
    for _ in 0..40 {
        app.run_tasks().await;
        app.advance(Duration::from_secs(7 * 3600));
    }
    assert_eq!(message_ids(&heard), 2);
    let listed = app.command("tasks", &["list", "--dead"]).await.unwrap();
    assert!(listed.contains("sent twice already"), "{listed}");
}

/// What is counted meanwhile is no reason for PostgreSQL to undo the task, which would send again.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_mail_leaves_once_on_postgresql() {
    let database = cluster::database();
    let kept = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let (url, heard) = server_that_says("250 ok", Some("250 taken")).await;
    let settings = [("database_url", kept(database.url())), ("mail.url", kept(url))];
    let app = TestApp::with(app, Box::leak(Box::new(settings)));
    app.command("mail", &["--site", "x"]).await.unwrap();
    for _ in 0..3 {
        app.run_tasks().await;
        app.advance(Duration::from_secs(7 * 3600));
    }
    assert_eq!(message_ids(&heard), 1);
    let rows = database.run("SELECT count(*)::text FROM vauban_mail_letter");
    assert_eq!(rows, [[Some("0".to_owned())]]);
}

/// What the server says that it does not have is no mail that may have come.
#[tokio::test]
async fn a_mail_that_is_refused_at_its_end_is_tried_again() {
    let (url, heard) = server_that_says("250 ok", Some("451 later")).await;
    let app = app_with(url);
    app.command("mail", &["--site", "x"]).await.unwrap();
    for _ in 0..40 {
        app.run_tasks().await;
        app.advance(Duration::from_secs(7 * 3600));
    }
    assert_eq!(message_ids(&heard), 28);
}

/// What cannot be claimed in one queue holds up no other, whose tasks are counted as tried.
#[tokio::test]
async fn a_queue_that_fails_holds_up_no_other() {
    let app = TestApp::new(app);
    let rows = rusqlite::Connection::open(database(&app)).unwrap();
    let fails = "CREATE TRIGGER fails BEFORE UPDATE ON vauban_tasks_task WHEN NEW.queue = 'zzz'
        BEGIN SELECT RAISE(ABORT, 'no'); END";
    rows.execute_batch(fails).unwrap();
    app.command("mail", &["--site", "x"]).await.unwrap();
    app.command("last", &[]).await.unwrap();
    let left = async {
        while app.mails().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let worked = app.work_until(left, Duration::from_secs(1));
    let worked = tokio::time::timeout(Duration::from_secs(9), worked).await;
    worked.expect("the mail has left");
}

/// A letter that is not kept any more was not delivered.
#[tokio::test]
async fn a_letter_that_is_gone_is_not_delivered() {
    let app = TestApp::new(app);
    app.command("mail", &["--site", "x"]).await.unwrap();
    let rows = rusqlite::Connection::open(database(&app)).unwrap();
    rows.execute_batch("DELETE FROM vauban_mail_letter").unwrap();
    app.run_tasks().await;
    let listed = app.command("tasks", &["list", "--dead"]).await.unwrap();
    assert!(listed.contains("no longer kept"), "{listed}");
}

/// CWE-770: a letter that nobody takes goes after a month.
#[tokio::test]
async fn a_letter_that_nobody_takes_goes_after_a_month() {
    let app = app_with(server("550 never").await.0);
    app.command("mail", &["--site", "x"]).await.unwrap();
    app.run_tasks().await;
    let file = database(&app);
    let rows = rusqlite::Connection::open(&file).unwrap();
    let count = || {
        rows.query_row("SELECT count(*) FROM vauban_mail_letter", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
    };
    assert_eq!(count(), 1, "somebody may have it tried again");
    app.advance(Duration::from_secs(29 * 86_400));
    app.run_tasks().await;
    assert_eq!(count(), 1);
    app.advance(Duration::from_secs(3 * 86_400));
    app.run_tasks().await;
    assert_eq!(count(), 0);
}

/// The file of a test's database.
fn database(app: &TestApp) -> String {
    let url = app.settings().database_url.expose();
    url.trim_start_matches("sqlite:")
        .trim_start_matches("//")
        .to_owned()
}

#[tokio::test]
async fn a_test_mail_says_what_the_server_said() {
    let folder = tempfile::tempdir().unwrap();
    let app = app_with(format!("file:{}", folder.path().join("mails").display()));
    let said = app.command("sendtestmail", &["ann@example.com"]).await.unwrap();
    assert!(
        said.starts_with("ann@example.com: the mail is a file in "),
        "{said}"
    );
    let mut files: Vec<_> = std::fs::read_dir(folder.path().join("mails"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    let file = files.pop().unwrap();
    assert_eq!(file.extension().unwrap(), "eml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "CWE-732");
    }
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("Subject: A test mail from http://localhost:8000")
    );
    let app = app_with(server("550 unknown sender").await.0);
    let told = app
        .command("sendtestmail", &["ann@example.com"])
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(told.contains("not sent") && told.contains("550"), "{told}");
    let told = app
        .command("sendtestmail", &["ann"])
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(told.contains("is no address"), "{told}");
}

/// CWE-489: what helps to develop shows mails as they are, and can do nothing.
#[tokio::test]
async fn cwe_489_mails_are_looked_at_in_a_frame_that_does_nothing() {
    let app = TestApp::new(app);
    app.command("mail", &["--site", "<script>alert(1)</script>"])
        .await
        .unwrap();
    app.run_tasks().await;
    let mut browser = app.client();
    let list = browser.get("/dev/mail/").await;
    list.assert_status(200)
        .assert_contains("ann@example.com")
        .assert_lacks("<script>alert");
    let text = list.text();
    let at = text.find("href=\"/dev/mail/").unwrap() + 6;
    let path = text[at..].split('"').next().unwrap().to_owned();
    let page = browser.get(path.as_str()).await;
    page.assert_status(200)
        .assert_contains("Message-ID")
        .assert_contains("sandbox");
    let frame = browser.get(format!("{path}html/").as_str()).await;
    frame.assert_status(200).assert_contains("This is a test mail");
    let policy = frame.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox"),
        "{policy}"
    );
    assert_eq!(frame.header("x-frame-options"), Some("SAMEORIGIN"));
    browser.get("/dev/mail/0123/").await.assert_status(404);
}
