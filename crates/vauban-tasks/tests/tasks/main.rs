//! Tasks in a site: as whom they run, what becomes of them, and that what they write is there once.

// In a test a panic is an answer.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "postgres")]
mod heard;
mod pitfalls;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use vauban::commands::{Command, Failure, Run};
use vauban::prelude::*;
use vauban::tasks::{Attempt, Enqueued, Failed, Schedule};
use vauban_site::App;
use vauban_site::accounts::{self, UserAccount};
use vauban_site::testing::TestApp;

#[derive(Clone, Model, UserAccount)]
#[model(user)]
#[account(crate = vauban_site::accounts)]
pub struct User {
    pub id: Id<Self>,
    #[field(unique, fixed)]
    pub email: Email,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(privileged, default = false)]
    pub is_staff: bool,
    #[field(privileged, default = false)]
    pub is_superuser: bool,
    #[field(auto_now_add)]
    pub date_joined: DateTime,
    #[field(privileged)]
    pub last_login: Option<DateTime>,
}

impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Clone, Debug, Model)]
#[model(table = "note")]
pub struct Note {
    pub id: Id<Self>,
    #[field(max_length = 200)]
    pub text: String,
}

impl Policy for Note {
    fn rules(who: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules {
            add: who.is_staff(),
            view: who.is_staff(),
            ..Rules::none()
        }
    }
}

service! {
    /// Writes notes at night.
    pub Nightly: Add<Note>, View<Note>;
    waiver!(ServiceRights, "notes of the night are nobody's own")
}

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
}

/// As who asked: only staff may add notes.
#[task(name = "write")]
async fn write(_: AsAsker, db: Db<Write>, args: Text) -> Result<()> {
    Note::create(NewNote { text: args.text }).save(&db).await?;
    Ok(())
}

/// A task that waits until it is told to go on.
struct Slow {
    begun: Notify,
    go_on: Notify,
}
static SLOW: Slow = Slow {
    begun: Notify::const_new(),
    go_on: Notify::const_new(),
};

/// The same of two tries, the first of which fails at last.
static LATE: [Slow; 2] = [const {
    Slow {
        begun: Notify::const_new(),
        go_on: Notify::const_new(),
    }
}; 2];

/// The same of a task whose first try fails.
static HELD: Slow = Slow {
    begun: Notify::const_new(),
    go_on: Notify::const_new(),
};

/// The same of a unit that queues, and is undone.
static UNDONE: Slow = Slow {
    begun: Notify::const_new(),
    go_on: Notify::const_new(),
};

static STOPS: Notify = Notify::const_new();
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Told by a task that kills its process.
static KILLED: Notify = Notify::const_new();

/// As a service.
#[task(name = "night", tries = 3, priority = high)]
async fn night(_: AsService<Nightly>, attempt: Attempt, db: Db<Write>, text: String) -> Result<(), Failed> {
    if text == "stops" && !STOPPED.swap(true, Ordering::SeqCst) {
        STOPS.notify_one();
        std::future::pending::<()>().await;
    }
    if text == "slow" && attempt.number == 1 {
        SLOW.begun.notify_one();
        SLOW.go_on.notified().await;
    }
    if text == "late" {
        let one = &LATE[attempt.number as usize - 1];
        one.begun.notify_one();
        one.go_on.notified().await;
        if attempt.number == 1 {
            return Err(Failed::again("too late"));
        }
    }
    if text == "held" && attempt.number == 1 {
        HELD.begun.notify_one();
        HELD.go_on.notified().await;
        return Err(Failed::again("not yet"));
    }
    if text == "kills" {
        tokio::time::sleep(Duration::from_millis(50)).await;
        KILLED.notify_one();
        std::future::pending::<()>().await;
    }
    if text.starts_with("beside") {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Note::create(NewNote { text: text.clone() }).save(&db).await?;
    #[cfg(feature = "postgres")]
    if text == "long" {
        LONG.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(4_500)).await;
    }
    match text.as_str() {
        "panics" => panic!("boom \0 {text}"),
        "fails" => Err(Failed::again("not\nyet")),
        "hostile" => Err(Failed::again(format!(
            "boom\0\u{1b}[2J\r\n{}",
            "x".repeat(1 << 20)
        ))),
        "second" if attempt.number < 2 => Err(Failed::again("not the first time")),
        "dead" => Err(Failed::for_good("never")),
        _ => Ok(()),
    }
}

/// Never ends by itself.
#[task(name = "loops", timeout = 1)]
async fn loops(_: AsService<Nightly>, db: Db<Write>) -> Result<()> {
    let text = "loops".to_owned();
    Note::create(NewNote { text }).save(&db).await?;
    loop {
        tokio::task::yield_now().await;
    }
}

#[task(name = "sealed", secret)]
async fn sealed(_: AsService<Nightly>, db: Db<Write>, args: Text) -> Result<()> {
    Note::create(NewNote { text: args.text }).save(&db).await?;
    Ok(())
}

#[view(post, "/write/")]
async fn ask(_: SignedIn, db: Db<Write>) -> Result<vauban::Text> {
    write::enqueue(
        &db,
        Text {
            text: "asked".to_owned(),
        },
    )
    .await?;
    Ok(vauban::Text::new("queued"))
}

#[view(post, "/fail/")]
async fn fail(_: SignedIn, db: Db<Write>) -> Result<vauban::Text> {
    write::enqueue(
        &db,
        Text {
            text: "asked".to_owned(),
        },
    )
    .await?;
    Err(Error::conflict())
}

fn queue() -> Command {
    Command::new("queue", "Queues a task", |run: Run| async move {
        let text = run.option("text").unwrap_or("x").to_owned();
        let key = run.option("key").map(str::to_owned);
        let secret = run.flag("sealed");
        let new = run
            .unit(|db| {
                let (text, key) = (text.clone(), key.clone());
                async move {
                    let done = match (secret, key) {
                        _ if text == "loops" => loops::enqueue(&db, ()).await?,
                        (true, _) => sealed::enqueue(&db, Text { text: text.clone() }).await?,
                        (_, Some(key)) => night::enqueue(&db, text.clone()).key(key).await?,
                        _ => night::enqueue(&db, text.clone()).await?,
                    };
                    if text == "undone" {
                        UNDONE.begun.notify_one();
                        UNDONE.go_on.notified().await;
                        return Err(Failure::new("undone"));
                    }
                    Ok::<_, Failure>(done)
                }
            })
            .await?;
        run.out.line(format_args!("{}", new == Enqueued::New));
        Ok(())
    })
    .option("text", "what")
    .option("key", "once")
    .flag("sealed", "in secret")
}

fn app() -> App {
    let routes = vauban::Routes::new().view::<ask>("ask").view::<fail>("fail");
    App::new(vauban::package!())
        .module(accounts::module::<User>())
        .module(vauban_tasks::module())
        .module(
            Module::new("notes")
                .model::<User>()
                .model::<Note>()
                .service::<Nightly>()
                .routes(routes)
                .command(queue())
                .task::<write>()
                .task::<night>()
                .task::<loops>()
                .task::<sealed>(),
        )
}

#[task(name = "tick")]
async fn tick(_: AsService<Nightly>, db: Db<Write>, due: DateTime) -> Result<()> {
    Note::create(NewNote {
        text: due.to_string(),
    })
    .save(&db)
    .await?;
    Ok(())
}

fn scheduled() -> App {
    let quarter = Schedule::every(Duration::from_secs(900));
    let night = Schedule::daily("02:30", "Europe/Berlin");
    let clock = Module::new("clock")
        .task::<tick>()
        .schedule(quarter, tick)
        .schedule(night, tick);
    app().module(clock)
}

/// The next release, in which a task is told something else, and one is new.
mod newer {
    use super::*;

    #[task(name = "night")]
    pub(super) async fn night(_: AsService<Nightly>, db: Db<Write>, number: u32) -> Result<()> {
        Note::create(NewNote {
            text: format!("night {number}"),
        })
        .save(&db)
        .await?;
        Ok(())
    }

    #[task(name = "brand.new")]
    pub(super) async fn brand_new(_: AsService<Nightly>, db: Db<Write>) -> Result<()> {
        Note::create(NewNote {
            text: "brand new".to_owned(),
        })
        .save(&db)
        .await?;
        Ok(())
    }

    pub(super) fn queue() -> Command {
        Command::new("queue", "Queues both", |run: Run| async move {
            let both = |db: Db<Write>| async move {
                night::enqueue(&db, 7).await?;
                brand_new::enqueue(&db, ()).await?;
                Ok::<_, Failure>(())
            };
            run.unit(both).await
        })
    }
}

fn newer() -> App {
    let notes = Module::new("notes")
        .model::<User>()
        .model::<Note>()
        .service::<Nightly>();
    App::new(vauban::package!())
        .module(accounts::module::<User>())
        .module(vauban_tasks::module())
        .module(
            notes
                .command(newer::queue())
                .task::<newer::night>()
                .task::<newer::brand_new>(),
        )
}

async fn person(app: &TestApp, email: &str, is_staff: bool) -> User {
    let email = Email::parse(email).unwrap();
    let new = User::create(NewUser { email }).set(|u| [u.is_staff.set(is_staff)]);
    app.rows(async |db| new.save(&db).await).await
}

async fn notes(app: &TestApp) -> Vec<String> {
    let all = app
        .rows(async |db| Note::objects().order_by(|n| n.text.asc()).all(&db).await)
        .await;
    all.into_iter().map(|note| note.text).collect()
}

async fn enqueue(app: &TestApp, text: &str) {
    app.command("queue", &["--text", text]).await.unwrap();
}

/// Pitfall 1 (n8n#24050): the task is there with what its caller wrote, and not without.
#[tokio::test]
async fn a_task_is_in_the_unit_of_whoever_asks() {
    let app = TestApp::new(app);
    let sue = person(&app, "sue@example.com", true).await;
    let mut browser = app.client();
    browser.sign_in_as(&sue).await;
    browser.post_form("/fail/", &[]).await.assert_status(409);
    assert_eq!(app.run_tasks().await, 0);
    browser.post_form("/write/", &[]).await.assert_status(200);
    assert_eq!(notes(&app).await, [""; 0]);
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["asked"]);
    assert_eq!(app.run_tasks().await, 0);
}

/// CWE-613, CWE-269 (ASVS 8.3.1): whoever asked has the rights of the moment at which it runs.
#[tokio::test]
async fn who_asked_has_the_rights_of_then() {
    let app = TestApp::new(app);
    let sue = person(&app, "sue@example.com", true).await;
    let mut browser = app.client();
    browser.sign_in_as(&sue).await;
    browser.post_form("/write/", &[]).await.assert_status(200);
    // Sue is staff no more.
    let own = || User::objects().filter(|u| u.id.eq(sue.id));
    app.rows(async |db| own().change_all(&db, |u| [u.is_staff.set(false)]).await)
        .await;
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, [""; 0]);
    // It failed, and is tried again: then she is, again.
    app.rows(async |db| own().change_all(&db, |u| [u.is_staff.set(true)]).await)
        .await;
    assert_eq!(app.run_tasks().await, 0);
    app.advance(Duration::from_secs(20));
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["asked"]);
    // Deactivated: not run, and not tried again.
    browser.post_form("/write/", &[]).await.assert_status(200);
    app.rows(async |db| own().change_all(&db, |u| [u.is_active.set(false)]).await)
        .await;
    assert_eq!(app.run_tasks().await, 1);
    app.advance(Duration::from_secs(86_400));
    assert_eq!(app.run_tasks().await, 0);
    assert_eq!(notes(&app).await, ["asked"]);
}

/// CWE-248, CWE-400: what panics or loops ends alone, and nothing that it wrote stays.
#[tokio::test]
async fn what_fails_leaves_nothing_and_is_tried_again() {
    let app = TestApp::new(app);
    for text in ["second", "panics", "fails", "dead", "fine"] {
        enqueue(&app, text).await;
    }
    assert_eq!(app.run_tasks().await, 5);
    assert_eq!(notes(&app).await, ["fine"]);
    app.advance(Duration::from_secs(20));
    assert_eq!(app.run_tasks().await, 3);
    assert_eq!(notes(&app).await, ["fine", "second"]);
    app.advance(Duration::from_secs(40));
    assert_eq!(app.run_tasks().await, 2);
    app.advance(Duration::from_secs(86_400));
    assert_eq!(app.run_tasks().await, 0);
    assert_eq!(notes(&app).await, ["fine", "second"]);
}

/// Pitfall 6 (oban#1087): of one key there is one, until it is done.
#[tokio::test]
async fn of_a_key_there_is_one() {
    let app = TestApp::new(app);
    let queue = async |text| {
        app.command("queue", &["--text", text, "--key", "a"])
            .await
            .unwrap()
    };
    assert_eq!(queue("first").await, "true\n");
    assert_eq!(queue("second").await, "false\n");
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["first"]);
    assert_eq!(queue("third").await, "true\n");
}

/// CWE-312, pitfall 12 (devise#3894).
#[tokio::test]
async fn a_secret_is_sealed_at_rest() {
    let app = TestApp::new(app);
    app.command("queue", &["--text", "hunter2", "--sealed"])
        .await
        .unwrap();
    let file = app.settings().database_url.expose().replace("sqlite://", "");
    for end in ["", "-wal"] {
        let stored = std::fs::read(format!("{file}{end}")).unwrap();
        assert!(!stored.windows(7).any(|bytes| bytes == b"hunter2"), "{file}{end}");
    }
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["hunter2"]);
    // ASVS 14.2.7: and nothing is left of it.
    let file = rusqlite::Connection::open(file).unwrap();
    let count = "SELECT COUNT(*) FROM vauban_tasks_secret";
    assert_eq!(file.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

/// CWE-345. Attack: whoever writes to the database gives a task what another one is told, by pointing its secret to it, or by putting
/// the ciphertext into its row.
#[tokio::test]
async fn cwe_345_what_a_task_is_told_is_told_to_no_other() {
    const OTHER: &str =
        "DELETE FROM vauban_tasks_secret WHERE id = (SELECT MIN(id) FROM vauban_tasks_secret); ";
    const POINTED: &str = "UPDATE vauban_tasks_secret SET task = (SELECT id FROM vauban_tasks_task WHERE id != vauban_tasks_secret.task)";
    const MOVED: &str = "UPDATE vauban_tasks_secret SET told = (SELECT told FROM vauban_tasks_secret s WHERE s.id != vauban_tasks_secret.id) \
        WHERE id = (SELECT MIN(id) FROM vauban_tasks_secret)";
    // How many are still told what is their own.
    for (swap, own) in [(format!("{OTHER}{POINTED}"), 0), (MOVED.to_owned(), 1)] {
        let app = TestApp::new(app);
        for text in ["one", "two"] {
            app.command("queue", &["--text", text, "--sealed"]).await.unwrap();
        }
        let file = app.settings().database_url.expose().replace("sqlite://", "");
        let file = rusqlite::Connection::open(file).unwrap();
        // The last try.
        let last = "UPDATE vauban_tasks_task SET attempt = 7; ";
        file.execute_batch(&format!("{last}{swap}")).unwrap();
        app.run_tasks().await;
        assert_eq!(notes(&app).await.len(), own, "{swap}");
    }
}

/// Pitfalls 2 and 3 (oban#364, NexJob#143), CWE-362: the lease of the first run ends while it runs, a second one takes the task
/// over: what it writes is there once.
#[tokio::test]
async fn two_that_run_one_task_write_once() {
    let app = std::sync::Arc::new(TestApp::with(app, &[("tasks.lease", "3s")]));
    app.command("queue", &["--text", "slow"]).await.unwrap();
    let first = tokio::spawn({
        let app = std::sync::Arc::clone(&app);
        async move { app.run_tasks().await }
    });
    SLOW.begun.notified().await;
    // It may take a minute: nobody renews its claim, and whoever did would undo it on PostgreSQL.
    for _ in 0..2 {
        assert_eq!(
            app.run_tasks().await,
            0,
            "as long as its lease lasts it is the first one's"
        );
        app.advance(Duration::from_secs(45));
    }
    // The second one does not wait.
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["slow"]);
    SLOW.go_on.notify_one();
    first.await.unwrap();
    assert_eq!(notes(&app).await, ["slow"]);
    let listed = app.command("tasks", &["list", "--json"]).await.unwrap();
    assert_eq!(listed, "[]\n");
}

/// CWE-362. Attack: a run whose lease is over fails at last, and puts back what another runs: a third begins beside it.
#[tokio::test]
async fn who_fails_too_late_puts_nothing_back() {
    let app = std::sync::Arc::new(TestApp::with(app, &[("tasks.lease", "3s")]));
    app.command("queue", &["--text", "late"]).await.unwrap();
    let run = || {
        let app = std::sync::Arc::clone(&app);
        tokio::spawn(async move { app.run_tasks().await })
    };
    let first = run();
    LATE[0].begun.notified().await;
    app.advance(Duration::from_secs(90));
    let second = run();
    LATE[1].begun.notified().await;
    LATE[0].go_on.notify_one();
    first.await.unwrap();
    app.advance(Duration::from_secs(30));
    assert_eq!(app.run_tasks().await, 0, "it is the second one's");
    LATE[1].go_on.notify_one();
    second.await.unwrap();
    assert_eq!(notes(&app).await, ["late"]);
}

/// CWE-835: what never ends is ended, and nothing of it is saved.
#[tokio::test]
async fn what_takes_longer_than_it_may_is_ended() {
    let app = TestApp::new(app);
    app.command("queue", &["--text", "loops"]).await.unwrap();
    app.run_tasks().await;
    assert_eq!(notes(&app).await, [""; 0]);
    let listed = app.command("tasks", &["list", "--json"]).await.unwrap();
    assert!(listed.contains("it took longer than 1 s"), "{listed}");
}

/// Pitfall 8 (celery#2856): one run for each time, and none for the times before the program had the schedule.
#[tokio::test]
async fn what_comes_by_itself() {
    let app = TestApp::new(scheduled);
    assert_eq!(app.run_tasks().await, 0);
    app.advance(Duration::from_secs(86_400));
    assert_eq!(app.run_tasks().await, 2);
    assert_eq!(app.run_tasks().await, 0);
    // A week in which nothing ran is one run, and none of what leaves missed times out.
    app.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(app.run_tasks().await, 2);
    assert_eq!(notes(&app).await.len(), 4);
    let listed = app.command("tasks", &["schedules"]).await.unwrap();
    assert!(listed.contains("tick  every 900 s  next "), "{listed}");
    assert!(
        listed.contains("tick  daily 02:30 Europe/Berlin  next "),
        "{listed}"
    );
}

/// A clock that was ten days ahead silences no schedule for ten days.
#[tokio::test]
async fn a_clock_that_was_ahead_silences_nothing() {
    let ahead = TestApp::new(scheduled);
    ahead.run_tasks().await;
    ahead.advance(Duration::from_secs(10 * 86_400));
    assert_eq!(ahead.run_tasks().await, 2);
    // Another process, whose clock is right.
    let app = ahead.fork();
    assert_eq!(app.run_tasks().await, 0);
    app.advance(Duration::from_secs(86_400));
    assert_eq!(app.run_tasks().await, 2);
}

/// What operators see and do.
#[tokio::test]
async fn the_commands_of_tasks() {
    let app = TestApp::new(app);
    let tasks = async |arguments: &[&str]| app.command("tasks", arguments).await;
    let listed = async || -> serde_json::Value {
        let text = app.command("tasks", &["list", "--json"]).await.unwrap();
        serde_json::from_str(&text).unwrap()
    };
    enqueue(&app, "dead").await;
    app.command("queue", &["--text", "hunter2", "--sealed"])
        .await
        .unwrap();
    app.command("queue", &["--text", "third"]).await.unwrap();
    let all = listed().await;
    assert!(
        all.as_array()
            .unwrap()
            .iter()
            .all(|task| task["state"] == "queued"),
        "{all}"
    );
    // CWE-532: what is sealed is not shown.
    assert!(
        !all.to_string().contains("hunter2") && all.to_string().contains("***"),
        "{all}"
    );
    let id = |all: &serde_json::Value, args: &str| -> String {
        let found = all
            .as_array()
            .unwrap()
            .iter()
            .find(|task| task["arguments"] == args);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (dead, secret, third) = (id(&all, "\"dead\""), id(&all, "***"), id(&all, "\"third\""));
    let shown = tasks(&["show", &secret]).await.unwrap();
    assert!(
        shown.contains("sealed") && shown.contains("***") && !shown.contains("hunter2"),
        "{shown}"
    );
    tasks(&["cancel", &third]).await.unwrap();
    assert!(tasks(&["show", &third]).await.is_err());
    assert!(tasks(&["run", &secret]).await.unwrap().contains("done"));
    assert_eq!(notes(&app).await, ["hunter2"]);
    assert_eq!(app.run_tasks().await, 1);
    let all = listed().await;
    assert_eq!(all[0]["state"], "dead");
    assert_eq!(all[0]["error"], "never");
    assert!(
        tasks(&["requeue", &dead])
            .await
            .unwrap()
            .contains("Queued 1 task")
    );
    assert_eq!(app.run_tasks().await, 1);
    assert!(
        tasks(&["requeue", "--all"])
            .await
            .unwrap()
            .contains("Queued 1 task")
    );
    assert!(tasks(&["requeue"]).await.is_err());
    assert!(tasks(&["show", "x"]).await.is_err());
    assert_eq!(listed().await[0]["state"], "queued");
}

/// Pitfall 5 (openedx-platform#25566): an old release beside a new one loses nothing, and what it cannot run
/// or read stops nobody.
#[tokio::test]
async fn another_releases_tasks_wait_for_it() {
    static IS_NEW: AtomicBool = AtomicBool::new(true);
    fn release() -> App {
        if IS_NEW.load(Ordering::SeqCst) {
            newer()
        } else {
            app()
        }
    }
    let first = TestApp::new(release);
    first.command("queue", &[]).await.unwrap();
    // The same rows, in the hands of the old release.
    IS_NEW.store(false, Ordering::SeqCst);
    let old = first.fork();
    enqueue(&old, "fine").await;
    // One is unknown to it, one is of another type, one is its own.
    assert_eq!(old.run_tasks().await, 2);
    assert_eq!(notes(&old).await, ["fine"]);
    let listed = old.command("tasks", &["list"]).await.unwrap();
    assert!(listed.contains("unknown  brand.new"), "{listed}");
    assert!(
        listed.contains("this release cannot read the task's arguments"),
        "{listed}"
    );
    IS_NEW.store(true, Ordering::SeqCst);
    let new = old.fork();
    assert_eq!(new.run_tasks().await, 1);
    new.advance(Duration::from_secs(20));
    assert_eq!(new.run_tasks().await, 1);
    assert_eq!(notes(&new).await, ["brand new", "fine", "night 7"]);
}

/// Pitfall 3: an orderly stop gives back what runs, and that is no try.
#[tokio::test]
async fn who_stops_gives_back_what_runs() {
    let app = TestApp::new(app);
    enqueue(&app, "stops").await;
    enqueue(&app, "fine").await;
    app.work_until(STOPS.notified(), Duration::from_millis(50)).await;
    assert_eq!(notes(&app).await, ["fine"]);
    let listed = app.command("tasks", &["list", "--json"]).await.unwrap();
    assert!(
        listed.contains("\"state\":\"queued\"") && listed.contains("\"attempt\":0"),
        "{listed}"
    );
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["fine", "stops"]);
}

/// How often the task began that writes and then takes its time.
#[cfg(feature = "postgres")]
static LONG: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// On PostgreSQL, whoever touches the row of a task that runs undoes its unit at its end, and it runs again from its beginning.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_task_that_outlasts_its_lease_runs_once_on_postgresql() {
    let database = cluster::database();
    // The site of this test has no migrations of its own.
    database.run("CREATE TABLE note (id uuid PRIMARY KEY, text text NOT NULL, row_version bigint NOT NULL)");
    let url: &'static str = Box::leak(database.url().into_boxed_str());
    let settings = Box::leak(Box::new([("tasks.lease", "3s"), ("database_url", url)]));
    let app = TestApp::with(app, settings);
    for text in ["long", "fine", "second"] {
        enqueue(&app, text).await;
    }
    let done = async {
        while notes(&app).await.len() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let worked = app.work_until(done, Duration::from_secs(1));
    let worked = tokio::time::timeout(Duration::from_secs(30), worked).await;
    worked.expect("both are done");
    assert_eq!(notes(&app).await, ["fine", "long"]);
    assert_eq!(LONG.load(Ordering::SeqCst), 1);
    app.advance(Duration::from_secs(20));
    assert_eq!(app.run_tasks().await, 1);
    assert_eq!(notes(&app).await, ["fine", "long", "second"]);
    app.advance(Duration::from_secs(200));
    assert_eq!(app.run_tasks().await, 0);
}

/// CWE-400: a task that kills its process is given up; what ran beside it is not.
#[tokio::test]
async fn who_kills_its_process_is_given_up_alone() {
    let app = TestApp::new(app);
    for text in ["kills", "beside 1", "beside 2", "beside 3"] {
        enqueue(&app, text).await;
    }
    let done = || app.command("tasks", &["list", "--json"]);
    for _ in 0..12 {
        let looks = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let listed = done().await.unwrap();
                if !listed.contains("running") && !listed.contains("lost") && !listed.contains("queued") {
                    return;
                }
            }
        };
        // Dropped as it stands: nothing is given back.
        tokio::select! {
            () = KILLED.notified() => {}
            () = app.work_until(looks, Duration::from_secs(9)) => {}
        }
        app.advance(Duration::from_secs(91));
    }
    assert_eq!(notes(&app).await, ["beside 1", "beside 2", "beside 3"]);
    let listed = done().await.unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["arguments"], "\"kills\"");
    assert_eq!(listed[0]["state"], "dead");
}

/// A worker that waits begins as soon as a unit in its process is saved: long before it would look by itself.
#[tokio::test]
async fn a_worker_is_woken_by_the_commit() {
    let app = TestApp::with(app, &[("tasks.poll", "60s")]);
    let done = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        enqueue(&app, "woken").await;
        while notes(&app).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let worked = app.work_until(done, Duration::from_secs(1));
    tokio::time::timeout(Duration::from_secs(20), worked)
        .await
        .expect("it was woken");
    assert_eq!(notes(&app).await, ["woken"]);
}

/// Pitfall 4 (fazer-ai/agents#243), CWE-770, CWE-158: what is too large or cannot be stored is an error of the caller's unit, and nothing of that is saved.
#[tokio::test]
async fn what_cannot_be_stored_fails_its_caller() {
    let app = TestApp::new(app);
    for text in ["\0".to_owned(), "x".repeat(70_000)] {
        assert!(app.command("queue", &["--text", &text]).await.is_err());
    }
    assert_eq!(app.run_tasks().await, 0);
}
