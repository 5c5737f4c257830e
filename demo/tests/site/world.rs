//! The people and rows that the tests play with.

use demo::articles::{Article, NewArticle};
use demo::events::{Event, Kind, NewEvent};
use demo::organisations::{Membership, NewMembership, Organisation, Role};
use demo::tasks::Task;
use demo::users::{NewUser, User};
use vauban::prelude::*;
use vauban::testing::{Client, Factory, TestApp};

/// Ann writes and runs the Lighthouse; Ben runs the Bridge; Cleo is staff, a moderator of comments, and belongs nowhere; Dan is a plain member of
/// the Lighthouse.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) ann: User,
    pub(crate) ben: User,
    pub(crate) cleo: User,
    pub(crate) dan: User,
    pub(crate) lighthouse: Organisation,
    pub(crate) bridge: Organisation,
    pub(crate) membership: Membership,
    pub(crate) task: Task,
    pub(crate) foreign_task: Task,
    pub(crate) article: Article,
    pub(crate) draft: Article,
    pub(crate) event: Event,
}

/// The site, on SQLite or, with `VAUBAN_TEST_DATABASE=postgres`, on a PostgreSQL of the tests' own: what it does and refuses is
/// the same. So it is with `VAUBAN_TEST_ROW_SECURITY=true` besides, where PostgreSQL holds the policies as well.
pub(crate) fn start(app: fn() -> App) -> TestApp {
    start_with(app, &[])
}

/// The same with some settings.
#[allow(
    clippy::disallowed_methods,
    reason = "a test's database and its URL last as long as the test's process"
)]
pub(crate) fn start_with(app: fn() -> App, more: &'static [(&'static str, &'static str)]) -> TestApp {
    match database_asked_for().as_deref() {
        #[cfg(feature = "postgres")]
        Some("postgres") => {
            // Until the process ends, as this test does.
            let database: &'static cluster::Database = Box::leak(Box::new(cluster::database()));
            let kept = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
            let mut settings = more.to_vec();
            if !is_walled_twice() {
                settings.push(("database_url", kept(database.url())));
                return TestApp::with(app, settings.leak());
            }
            let (asks, owns) = database.with_two_roles();
            settings.extend([
                ("database_url", kept(asks)),
                ("database_migration_url", kept(owns)),
                ("database_row_security", "true"),
            ]);
            let app = TestApp::with(app, settings.leak());
            assert_walled(database);
            app
        }
        Some(other) => {
            panic!("VAUBAN_TEST_DATABASE={other}: this build knows `postgres` with the feature of that name")
        }
        None => TestApp::with(app, more),
    }
}

/// What is tested twice is there: every table of the site's is shut, and has policies. Without them the run would pass as the one
/// before it did.
#[cfg(feature = "postgres")]
fn assert_walled(database: &cluster::Database) {
    let tables = |which: &str| {
        database.run(&format!(
            "SELECT c.relname::text FROM pg_class c
              WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                AND c.relname NOT IN ('vauban_migration', 'vauban_migration_progress', 'vauban_row_security', 'vauban_key')
                AND {which} (c.relrowsecurity AND EXISTS (SELECT FROM pg_policies p WHERE p.tablename = c.relname))"
        ))
    };
    assert!(!tables("").is_empty(), "the site has no policies in the database");
    let open = tables("NOT");
    assert!(open.is_empty(), "no policies: {open:?}");
}

/// The database that whoever runs the tests asks for.
#[allow(
    clippy::disallowed_methods,
    reason = "the tests' own switch, which no program reads"
)]
pub(crate) fn database_asked_for() -> Option<String> {
    std::env::var("VAUBAN_TEST_DATABASE").ok()
}

/// Whether PostgreSQL is to hold the policies as well.
#[cfg(feature = "postgres")]
#[allow(
    clippy::disallowed_methods,
    reason = "the tests' own switch, which no program reads"
)]
fn is_walled_twice() -> bool {
    std::env::var("VAUBAN_TEST_ROW_SECURITY").as_deref() == Ok("true")
}

/// Everybody's password, in the worlds that have some.
pub(crate) const PASSWORD: &str = "seven slow lighthouses";

impl World {
    /// The site and its people, who have no passwords: hashing takes its time.
    pub(crate) async fn new() -> Self {
        Self::of(demo::app, false).await
    }

    /// The same with views of the test's own.
    pub(crate) async fn on(app: fn() -> App) -> Self {
        Self::of(app, false).await
    }

    /// The same with people who signed up.
    pub(crate) async fn with_passwords() -> Self {
        Self::of(demo::app, true).await
    }

    async fn of(app: fn() -> App, passwords: bool) -> Self {
        Self::inside(start(app), passwords).await
    }

    /// The same in a program that stands already.
    pub(crate) async fn inside(app: TestApp, passwords: bool) -> Self {
        let ann = person(&app, "Ann", false, passwords).await;
        let ben = person(&app, "Ben", false, passwords).await;
        let cleo = person(&app, "Cleo", true, passwords).await;
        let dan = person(&app, "Dan", false, passwords).await;
        let lighthouse = organisation(&app, "The Lighthouse").await;
        let bridge = organisation(&app, "The Bridge").await;
        member(&app, &lighthouse, &ann, Role::Admin).await;
        member(&app, &bridge, &ben, Role::Admin).await;
        let membership = member(&app, &lighthouse, &dan, Role::Member).await;
        let task = task(&app, &lighthouse, "Polish the hidden lens").await;
        let foreign_task = self::task(&app, &bridge, "Grease the bearings").await;
        let article = article(&app, &ann, "Read by all", true).await;
        let draft = self::article(&app, &ann, "Read by few", false).await;
        for arguments in [
            ["create", "moderators"].as_slice(),
            &["grant", "moderators", "comments.hide"],
            &["add", "moderators", cleo.email.as_ref()],
        ] {
            app.command("groups", arguments)
                .await
                .expect("Cleo becomes a moderator");
        }
        let event = event(&app, &lighthouse, "Up the lighthouse", Kind::Outing, "3").await;
        Self {
            app,
            ann,
            ben,
            cleo,
            dan,
            lighthouse,
            bridge,
            membership,
            task,
            foreign_task,
            article,
            draft,
            event,
        }
    }

    /// Another organisation with these members.
    pub(crate) async fn organisation(&self, name: &str, members: &[(&User, Role)]) -> Organisation {
        let made = organisation(&self.app, name).await;
        for (user, role) in members {
            member(&self.app, &made, user, *role).await;
        }
        made
    }

    /// Somebody more who owns both organisations, so that the others may leave them.
    pub(crate) async fn with_another_owner(&self) {
        let fay = person(&self.app, "Fay", false, false).await;
        for of in [&self.lighthouse, &self.bridge] {
            member(&self.app, of, &fay, Role::Admin).await;
        }
    }

    /// A browser in which this person has signed in.
    pub(crate) async fn as_(&self, user: &User) -> Client {
        let mut client = self.app.client();
        client.sign_in_as(user).await;
        client
    }
}

async fn person(app: &TestApp, name: &str, is_staff: bool, password: bool) -> User {
    let email = Email::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
    if !password {
        let new = NewUser {
            email,
            name: name.to_owned(),
        };
        return app
            .rows(async |db| {
                User::create(new)
                    .set(|u| [u.is_staff.set(is_staff)])
                    .save(&db)
                    .await
            })
            .await;
    }
    let mut client = app.client();
    client
        .post_form("/accounts/signup/", &[("email", email.as_str())])
        .await
        .assert_status(200);
    let link = app.mailed_link(email.as_str()).await.unwrap();
    client
        .post_form(link, &[("password", PASSWORD)])
        .await
        .assert_status(303);
    app.rows(async |db| {
        let user = User::objects().get_to_change(&db, |u| u.email.eq(&email)).await?;
        user.change(&db, |u| [u.name.set(name), u.is_staff.set(is_staff)])
            .await
    })
    .await
}

async fn organisation(app: &TestApp, name: &str) -> Organisation {
    let made = Factory::<Organisation>::new().set(|o| [o.name.set(name)]);
    app.rows(async |db| made.create(&db).await).await
}

async fn member(app: &TestApp, organisation: &Organisation, user: &User, role: Role) -> Membership {
    let new = NewMembership {
        organisation: organisation.id,
        user: user.id,
        role,
    };
    app.rows(async |db| Membership::create(new).save(&db).await).await
}

async fn task(app: &TestApp, organisation: &Organisation, title: &str) -> Task {
    let made = Factory::<Task>::new().set(|t| {
        let notes = t.notes.set("Nobody else knows.");
        [t.organisation.set(organisation.id), t.title.set(title), notes]
    });
    app.rows(async |db| made.create(&db).await).await
}

pub(crate) async fn article(app: &TestApp, author: &User, title: &str, published: bool) -> Article {
    let new = NewArticle {
        title: title.to_owned(),
        slug: Slug::from_title(title).unwrap(),
        body: "A body.".to_owned(),
        byline: author.name.clone(),
        author: author.id,
        published,
    };
    app.rows(async |db| Article::create(new).save(&db).await).await
}

/// An event on the first of May.
pub(crate) async fn event(
    app: &TestApp,
    organisation: &Organisation,
    title: &str,
    kind: Kind,
    price: &str,
) -> Event {
    let new = NewEvent {
        organisation: organisation.id,
        title: title.to_owned(),
        kind,
        day: "2030-05-01".parse().unwrap(),
        begins: Some("18:00".parse().unwrap()),
        price: price.parse().unwrap(),
        host: None,
        book_until: None,
        about: String::new(),
    };
    app.rows(async |db| Event::create(new).save(&db).await).await
}
