//! The test kit: a client that enforces everything, a database per test, rows through a service that exists in
//! tests only, and the [`Prober`].
//!
//! It is in programs only with the feature `testing`, which a package asks for in its `[dev-dependencies]`.
//!
//! ```ignore
//! #[tokio::test]
//! async fn people_see_what_is_published() {
//!     let app = TestApp::new(demo::app);
//!     let ann = app.rows(async |db| User::create(new_user("ann@example.com")).save(&db).await).await;
//!     let mut client = app.client();
//!     client.sign_in_as(&ann).await;
//!     client.post_form("/articles/new/", &[("title", "Walls")]).await.assert_redirects_to("/articles/walls/");
//! }
//! ```

mod answer;
mod client;
mod committed;
mod files;
mod fixtures;
mod migrations;
mod page;
mod plans;
mod prober;
mod report;
mod rows;
mod statements;

pub use answer::Answer;
pub use client::{Address, Client};
pub use committed::committed_files_are_true;
pub use fixtures::Fixtures;
pub use migrations::{migrations_are_complete, migrations_are_complete_beside, migrations_go_both_ways};
pub use plans::Plans;
pub use prober::{Expect, Expected, Prober};
pub use statements::Statements;
pub use vauban_mail::testing::SentMail;
pub use vauban_orm::factory::Factory;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use vauban_orm::engine::Database;
use vauban_orm::migrations::Target;
use vauban_orm::{Acting, Actor, Write};

use crate::app::App;
use crate::assemble;
use crate::commands::Failure;
use crate::settings::{Mode, SecretKey, Settings};
use crate::site::Site;

use files::Folder;

/// The setting that names the database.
const DATABASE: &str = "database_url";

/// The program under test, with a database of its own. Nothing is switched off; there is only no socket.
pub struct TestApp {
    app: fn() -> App,
    mode: Mode,
    changed: &'static [(&'static str, &'static str)],
    pub(crate) site: Arc<Site>,
    pub(crate) database: Database,
    folder: Folder,
}

impl TestApp {
    /// The program as in development, on `http://localhost:8000`.
    ///
    /// # Panics
    /// If the program cannot be assembled; so does every function of the test kit that has no other answer.
    pub fn new(app: fn() -> App) -> Self {
        Self::start(app, Mode::Development, &[], files::migrated(app).copy(), None)
    }

    /// The program as in development, with some settings as if they stood in the environment:
    /// `TestApp::with(app, &[("guestbook.open", "false")])`. A `database_url` among them is an empty database on a server, which
    /// is migrated.
    ///
    /// # Panics
    /// See [`TestApp::new`]; and if there is no such setting, or the value is none for it.
    pub fn with(app: fn() -> App, settings: &'static [(&'static str, &'static str)]) -> Self {
        Self::start(
            app,
            Mode::Development,
            settings,
            files::migrated(app).copy(),
            None,
        )
    }

    /// The program as a release, on `https://example.com` behind a trusted proxy: with `__Host-` cookies, HSTS and
    /// the redirect to HTTPS.
    ///
    /// # Panics
    /// See [`TestApp::new`].
    pub fn behind_proxy(app: fn() -> App) -> Self {
        Self::start(app, Mode::Release, &[], files::migrated(app).copy(), None)
    }

    /// The same program on a copy of this one's database: what happens to the one does not happen to the other.
    ///
    /// # Panics
    /// See [`TestApp::new`]; and of a database on a server, which is not copied.
    pub fn fork(&self) -> Self {
        assert!(!self.is_on_a_server(), "a database on a server is not copied");
        self.again(self.folder.copy())
    }

    /// The same program once more on this very database, as another process is: what is written here is seen there at once.
    ///
    /// # Panics
    /// See [`TestApp::new`].
    pub fn beside(&self) -> Self {
        self.again(self.folder.clone())
    }

    /// On a database with rows that this one has sealed: under the same `secret_key`.
    fn again(&self, folder: Folder) -> Self {
        let secret = self.site.settings().secret_key.clone();
        Self::start(self.app, self.mode, self.changed, folder, Some(secret))
    }

    fn start(
        app: fn() -> App,
        mode: Mode,
        changed: &'static [(&'static str, &'static str)],
        folder: Folder,
        secret: Option<SecretKey>,
    ) -> Self {
        let value = app();
        let mut settings = settings(&value, mode, &folder.url());
        if let Some(secret) = secret {
            settings.secret_key = secret;
        }
        for (name, text) in changed {
            let set = settings.set(name, text, "the test kit");
            set.unwrap_or_else(|problem| panic!("{problem}"));
        }
        let on_a_server = changed.iter().any(|(name, _)| *name == DATABASE);
        let sets = value.migration_sets();
        let assembled = assemble::open(&value, &settings)
            .and_then(|database| {
                if on_a_server {
                    database.migrate(&sets, &Target::Newest, |_| {})?;
                    database.secure_rows()?;
                }
                Ok(database)
            })
            .and_then(|database| Ok((assemble::assemble(value, settings, database.clone())?, database)));
        let (site, database) =
            assembled.unwrap_or_else(|failure| panic!("the program cannot be assembled: {failure}"));
        Self {
            app,
            mode,
            changed,
            site,
            database,
            folder,
        }
    }

    fn is_on_a_server(&self) -> bool {
        self.changed.iter().any(|(name, _)| *name == DATABASE)
    }

    /// The mails that left, oldest first; each leaves as a task: [`run_tasks`](Self::run_tasks). Nothing is sent anywhere.
    pub fn mails(&self) -> Vec<SentMail> {
        SentMail::of(&self.site)
    }

    /// The path of the link in the mail that left last to this address, after every task that is due has run: what whoever reads it
    /// follows. `None` if no mail with a link that opens something has left to it.
    ///
    /// ```ignore
    /// client.post_form("/accounts/signup/", &[("email", "ann@example.com")]).await;
    /// let link = app.mailed_link("ann@example.com").await.unwrap();
    /// client.post_form(link, &[("password", "nine quiet ferries")]).await;
    /// ```
    pub async fn mailed_link(&self, email: &str) -> Option<String> {
        self.run_tasks().await;
        let mails = self.mails();
        let last = mails.iter().rfind(|mail| mail.to().contains(&email))?;
        let paths = last.links().into_iter().filter_map(|link| {
            let (_, rest) = link.split_once("://")?;
            rest.find('/').map(|at| rest[at..].to_owned())
        });
        // A token has 43 characters.
        paths
            .into_iter()
            .find(|path| path.split('/').any(|segment| segment.len() == 43))
    }

    /// A browser that has not been here before.
    pub fn client(&self) -> Client {
        Client::new(Arc::clone(&self.site))
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        self.site.settings()
    }

    /// Runs a module's command as the command line does, on this program's database, and returns what it printed.
    ///
    /// ```ignore
    /// let said = app.command("closestale", &["--days", "30"]).await?;
    /// ```
    ///
    /// # Errors
    /// The command's failure, or what is wrong with the arguments: in the words that whoever calls it reads.
    pub async fn command(&self, name: &str, arguments: &[&str]) -> Result<String, Failure> {
        // A test's own futures are not measured with all of it: the compiler does not go as deep as it is.
        Box::pin(crate::commands::run_for_test(
            &(self.app)(),
            &self.site,
            name,
            arguments,
        ))
        .await
    }

    /// Runs every task that is due, in place, and says how many runs that were; those that they enqueue are run as well. What failed
    /// is due later: move the clock by [`advance`](Self::advance).
    ///
    /// # Panics
    /// If the program has no tasks.
    pub async fn run_tasks(&self) -> usize {
        self.tasks().run_due_for_test(&self.site).await
    }

    /// Moves the clock of tasks on, by which they become due.
    ///
    /// # Panics
    /// If the program has no tasks.
    pub fn advance(&self, by: std::time::Duration) {
        self.tasks().advance_for_test(by);
    }

    /// Works beside the test as `serve` does beside serving, until `until` is ready; then what runs has so long to end.
    ///
    /// # Panics
    /// If the program has no tasks.
    pub async fn work_until(&self, until: impl Future<Output = ()>, bound: std::time::Duration) {
        let (say, stop) = crate::site::Stop::pair();
        let asked = async {
            until.await;
            say.send_replace(true);
        };
        tokio::join!(asked, self.tasks().work_for_test(&self.site, stop, bound));
    }

    fn tasks(&self) -> &Arc<vauban_tasks::Tasks> {
        let tasks = self.site.part();
        tasks.unwrap_or_else(|| panic!("the program has no tasks: add `.module(vauban::tasks::module())`"))
    }

    /// Writes or reads rows whatever the policies say, in one unit, as the service of the test kit.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn rows<T, F>(&self, work: impl FnOnce(Acting<Fixtures, Write>) -> F) -> T
    where
        F: Future<Output = vauban_orm::Result<T>>,
    {
        #[allow(deprecated)]
        let unit = self.database.bind(Actor::nobody());
        let done = work(unit.db().acting::<Fixtures>()).await;
        let finished = unit.finish(done.is_ok()).await;
        match done.and_then(|value| finished.map(|()| value)) {
            Ok(value) => value,
            Err(error) => panic!("the rows of the test cannot be made: {error}"),
        }
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// The settings of a test: defaults, a random key, the test's own database.
fn settings(app: &App, mode: Mode, database_url: &str) -> Settings {
    let mut settings = Settings::for_test(mode, database_url, &app.modules.settings());
    if mode == Mode::Release {
        for (name, value) in [("allowed_hosts", "example.com"), ("trusted_proxies", "127.0.0.1")] {
            if let Err(problem) = settings.set(name, value, "the test kit") {
                panic!("{problem}");
            }
        }
    }
    settings
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod told;
