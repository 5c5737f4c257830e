//! Hooks of another module on what happens to accounts.

use vauban::hooks::Refused;
use vauban::http::{Error, Result};
use vauban::orm::{Columns, Db, Id, Policy, Rules, Who, Write};
use vauban::tasks::AsService;
use vauban::{Model, Problem, hook};

use super::PASSWORD;
use super::browser::{TestSite, token};
use crate::hooks::{
    Deleting, EmailChanged, EmailChanging, PasswordChanged, SignedIn, SignedUp, SigningIn, SigningUp,
};

/// What happened, as a hook was told.
#[derive(Model)]
pub(super) struct Told {
    pub(super) id: Id<Told>,
    #[field(max_length = 200)]
    pub(super) what: String,
}

impl Policy for Told {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

vauban::orm::service! {
    /// Writes down what happened.
    pub(super) Teller: Add<Told>;
    waiver!(ServiceRights, "what happens to accounts is written down by the site")
}

async fn tell(db: &Db<Write>, what: String) -> vauban::orm::Result<()> {
    Told::create(NewTold { what }).save(db).await?;
    Ok(())
}

const NOT_NOW: &str = "Not before the harvest.";

#[hook]
async fn before_sign_up(_: AsService<Teller>, db: Db<Write>, e: &SigningUp) -> Result<(), Refused> {
    tell(&db, format!("signing up {}", e.email)).await?;
    match e.email.as_str() {
        "no@example.com" => Err(Problem::from(NOT_NOW).into()),
        _ => Ok(()),
    }
}

#[hook]
async fn after_sign_up(_: AsService<Teller>, db: Db<Write>, e: &SignedUp) -> Result<()> {
    tell(&db, format!("signed up {}", e.email)).await?;
    match e.email.as_str() {
        "fails@example.com" => Err(Error::internal("a hook fails")),
        _ => Ok(()),
    }
}

#[hook]
async fn before_sign_in(_: AsService<Teller>, db: Db<Write>, e: &SigningIn) -> Result<(), Refused> {
    tell(&db, format!("signing in {}", e.email)).await?;
    match e.email.as_str() {
        "later@example.com" => Err(Problem::from(NOT_NOW).into()),
        _ => Ok(()),
    }
}

#[hook]
async fn after_sign_in(_: AsService<Teller>, db: Db<Write>, e: &SignedIn) -> Result<()> {
    Ok(tell(&db, format!("signed in {}", e.email)).await?)
}

#[hook]
async fn before_email(_: AsService<Teller>, e: &EmailChanging) -> Result<(), Refused> {
    match e.email.as_str() {
        "no@example.com" => Err(Problem::from(NOT_NOW).into()),
        _ => Ok(()),
    }
}

#[hook]
async fn after_email(_: AsService<Teller>, db: Db<Write>, e: &EmailChanged) -> Result<()> {
    Ok(tell(&db, format!("{} is {} now", e.old, e.email)).await?)
}

#[hook]
async fn after_password(_: AsService<Teller>, db: Db<Write>, e: &PasswordChanged) -> Result<()> {
    Ok(tell(&db, format!("password of {}", e.email)).await?)
}

#[hook]
async fn before_the_end(_: AsService<Teller>, db: Db<Write>, e: &Deleting) -> Result<()> {
    tell(&db, format!("deleting {}", e.email)).await?;
    match e.email.as_str() {
        "stays@example.com" => Err(Error::internal("a hook fails")),
        _ => Ok(()),
    }
}

pub(super) fn listed(module: vauban::Module) -> vauban::Module {
    module
        .hook::<before_the_end>()
        .hook::<before_sign_up>()
        .hook::<after_sign_up>()
        .hook::<before_sign_in>()
        .hook::<after_sign_in>()
        .hook::<before_email>()
        .hook::<after_email>()
        .hook::<after_password>()
}

fn told(site: &TestSite) -> Vec<String> {
    let file = site.kit.file();
    let mut rows = file.prepare("SELECT what FROM told ORDER BY rowid").unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn count(site: &TestSite, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// They are told of each thing once, in its order.
#[tokio::test]
async fn hooks_are_told_of_what_happens_to_accounts() {
    let site = TestSite::hooked();
    let link = site.sign_up_link("ann@example.com").await;
    let mut ann = site.browser();
    assert_eq!(ann.submit(&link, &[("password", PASSWORD)]).await.status, 303);
    let ups = ["signing up", "signed up", "signing in", "signed in"];
    let expected: Vec<_> = ups.iter().map(|what| format!("{what} ann@example.com")).collect();
    assert_eq!(told(&site), expected);
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        303
    );
    assert_eq!(
        site.browser()
            .sign_in("ann@example.com", "wrong words")
            .await
            .status,
        422
    );
    ann.submit("/accounts/email/", &[("email", "new@example.com")])
        .await;
    let link = site.mails().await;
    let link = link
        .iter()
        .rfind(|mail| mail.to() == ["new@example.com"])
        .unwrap();
    let link = super::browser::path_of(link.links()[0]);
    assert_eq!(ann.submit(&link, &[]).await.status, 303);
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", "seven red herrings"),
        ("new_password_again", "seven red herrings"),
    ];
    assert_eq!(ann.submit("/accounts/password/", &fields).await.status, 303);
    let later = [
        "signing in ann@example.com",
        "signed in ann@example.com",
        "ann@example.com is new@example.com now",
        "signing in new@example.com",
        "password of new@example.com",
    ];
    assert_eq!(told(&site)[4..], later);
}

/// CWE-460. Attack: what a refused sign-up has written stays, or its link is used up.
#[tokio::test]
async fn cwe_460_of_a_refused_sign_up_nothing_is_kept() {
    let site = TestSite::hooked();
    let link = site.sign_up_link("no@example.com").await;
    for _ in 0..2 {
        let reply = site.browser().submit(&link, &[("password", PASSWORD)]).await;
        assert_eq!(reply.status, 422, "{}", reply.body);
        assert!(reply.body.contains("Not before the harvest."), "{}", reply.body);
    }
    // And of one whose hook fails afterwards.
    let link = site.sign_up_link("fails@example.com").await;
    let mut browser = site.browser();
    let reply = browser.submit(&link, &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 500);
    assert!(browser.session().is_none() && !reply.body.contains("a hook fails"));
    for table in ["user", "vauban_credential", "vauban_session", "told"] {
        assert_eq!(count(&site, table), 0, "{table}");
    }
    assert_eq!(count(&site, "vauban_link"), 2);
}

/// CWE-204, ASVS 6.3.8. Attack: whose sign-in a hook would refuse is read from the answer to a wrong password.
#[tokio::test]
async fn cwe_204_a_refusal_is_told_to_who_knows_the_password() {
    let site = TestSite::hooked();
    site.kit.person("later@example.com").await;
    let mut seen = std::collections::BTreeSet::new();
    for email in ["later@example.com", "nobody@example.com"] {
        let reply = site.browser().sign_in(email, "wrong words").await;
        assert_eq!(reply.status, 422);
        let token = token(&reply.body).unwrap().to_owned();
        seen.insert(reply.body.replace(&token, "").replace(email, ""));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(told(&site).is_empty());
    let mut later = site.browser();
    let reply = later.sign_in("later@example.com", PASSWORD).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("Not before the harvest."), "{}", reply.body);
    assert!(later.session().is_none());
    assert!(told(&site).is_empty(), "nothing of the unit is kept");
    let last: Option<i64> = site
        .kit
        .file()
        .query_row("SELECT last_login FROM user", [], |row| row.get(0))
        .unwrap();
    assert_eq!((last, count(&site, "vauban_session")), (None, 0));
}

/// CWE-862. Attack: a hook that lets nobody in is walked round by the session that a sign-up begins.
#[tokio::test]
async fn cwe_862_a_sign_up_does_not_walk_round_who_lets_in() {
    let site = TestSite::hooked();
    let link = site.sign_up_link("later@example.com").await;
    let mut later = site.browser();
    let reply = later.submit(&link, &[("password", PASSWORD)]).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/")
    );
    assert!(later.session().is_none());
    assert_eq!((count(&site, "user"), count(&site, "vauban_session")), (1, 0));
    let told = told(&site);
    assert_eq!(
        told,
        ["signing up later@example.com", "signed up later@example.com"]
    );
}

/// CWE-862, CWE-613. Attack: who is let in no more keeps going by the pages that begin a session anew. A password is changed all the same: it
/// may be stolen.
#[tokio::test]
async fn cwe_862_no_page_that_begins_a_session_walks_round_who_lets_in() {
    let site = TestSite::hooked();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    assert_eq!(ann.sign_in("ann@example.com", PASSWORD).await.status, 303);
    let file = site.kit.file();
    file.execute("UPDATE \"user\" SET email = 'later@example.com'", [])
        .unwrap();
    let before = ann.session().cloned();
    let reply = ann.submit("/accounts/confirm/", &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    assert_eq!(ann.session().cloned(), before);
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", "seven red herrings"),
        ("new_password_again", "seven red herrings"),
    ];
    let reply = ann.submit("/accounts/password/", &fields).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/")
    );
    assert_eq!(count(&site, "vauban_session"), 0);
    file.execute("UPDATE \"user\" SET email = 'ann@example.com'", [])
        .unwrap();
    let mut again = site.browser();
    assert_eq!(again.sign_in("ann@example.com", PASSWORD).await.status, 422);
    assert_eq!(
        again
            .sign_in("ann@example.com", "seven red herrings")
            .await
            .status,
        303
    );
}

/// CWE-862. Attack: whom no hook lets sign up signs up with another address, and changes it.
#[tokio::test]
async fn cwe_862_a_changed_address_does_not_walk_round_who_signs_up() {
    let site = TestSite::hooked();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    assert_eq!(ann.sign_in("ann@example.com", PASSWORD).await.status, 303);
    ann.submit("/accounts/email/", &[("email", "no@example.com")])
        .await;
    let mails = site.mails().await;
    let mail = mails
        .iter()
        .rfind(|mail| mail.to() == ["no@example.com"])
        .unwrap();
    let link = super::browser::path_of(mail.links()[0]);
    let reply = ann.submit(&link, &[]).await;
    assert_eq!(reply.status, 422, "{}", reply.body);
    assert!(reply.body.contains("Not before the harvest."), "{}", reply.body);
    assert_eq!(ann.who().await, "ann@example.com");
}

/// CWE-451. Attack: a module's data of a person is put in the place of another's.
#[tokio::test]
async fn of_two_that_add_under_one_name_the_second_fails() {
    let site = TestSite::new();
    let ann = site.kit.person("ann@example.com").await;
    let exporting = crate::hooks::Exporting::of(&ann);
    exporting.add("shelves", &1).unwrap();
    exporting.add("shelves", &2).unwrap_err();
    assert_eq!(exporting.taken()["shelves"], 1);
}
