//! Attacks on the end of an account.

use std::time::Duration;

use super::PASSWORD;
use super::browser::{Browser, TestSite, path_of};
use super::referring::Loose;
use crate::deletion::unstated;
use crate::people::Account;
use crate::sessions::{SessionToken, Start};

const DAY: u64 = 86_400;
const DELETE: &str = "/accounts/delete/";

async fn signed_in(site: &TestSite, email: &str) -> (Account, Browser) {
    let person = site.kit.person(email).await;
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    (person, browser)
}

fn count(site: &TestSite, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// The path of the link in the last mail to this address.
async fn link_to(site: &TestSite, email: &str) -> String {
    let mails = site.mails().await;
    let last = mails.iter().rfind(|mail| mail.to() == [email]).unwrap();
    path_of(last.links()[0])
}

async fn send(site: &TestSite, browser: &mut Browser, link: &str) -> u16 {
    // A page with a form, which brings the cookie that tokens are bound to.
    browser.get("/accounts/login/").await;
    let form = site.token_for(browser, link).await;
    browser.post(link, &form, &[]).await.status
}

/// Lets so many days pass, and runs what is due then.
async fn days(site: &TestSite, days: u64) {
    site.kit.later(days * DAY);
    let tasks = site.site.part::<std::sync::Arc<vauban_tasks::Tasks>>().unwrap();
    tasks.advance_for_test(Duration::from_secs(days * DAY));
    tasks.run_due_for_test(&site.site).await;
}

fn make_superuser(site: &TestSite, email: &str) {
    let sql = "UPDATE user SET is_superuser = 1 WHERE email = ?1";
    assert_eq!(site.kit.file().execute(sql, [email]).unwrap(), 1);
}

/// GDPR Art. 17, CWE-212: what states that it goes is gone, whoever may delete it by hand; what states that it stays is without its
/// user. Nothing that opened the account opens anything.
#[tokio::test]
async fn an_account_goes_with_what_its_models_state() {
    let site = TestSite::new();
    let (ann, mut browser) = signed_in(&site, "ann@example.com").await;
    let ben = site.kit.person("ben@example.com").await;
    for person in [&ann, &ben] {
        site.kit.leaf(person, "a leaf").await;
        site.kit.fair(person).await;
        site.kit.line(person).await;
    }
    site.browser()
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    let reset = link_to(&site, "ann@example.com").await;
    let other = site.kit.session(&ann, None).await;
    let page = browser.get(DELETE).await;
    assert!(
        page.body.contains("1 × Leaf") && page.body.contains("1 × Fair"),
        "{}",
        page.body
    );
    assert!(page.body.contains("14 days"), "{}", page.body);
    let before = browser.clone();
    let reply = browser.submit(DELETE, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(browser.session().is_none() && reply.header("clear-site-data").contains("cache"));
    for mut old in [before, browser] {
        assert_eq!(old.who().await, "");
    }
    assert!(!site.kit.opens(&other).await, "every session ended");
    assert_eq!(site.browser().get(&reset).await.status, 404, "every link ended");
    // Nobody signs in meanwhile; whoever does not know the password is not told why.
    let reply = site.browser().sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("will be deleted on"), "{}", reply.body);
    let reply = site.browser().sign_in("ann@example.com", "wrong words").await;
    assert!(!reply.body.contains("deleted"), "{}", reply.body);
    granted(&site, &ann).await;
    let link = link_to(&site, "ann@example.com").await;
    days(&site, 13).await;
    assert_eq!(count(&site, "user"), 2);
    assert!(count(&site, "vauban_account_event") > 0);
    days(&site, 1).await;
    assert_eq!(count(&site, "user"), 1);
    for (table, rows) in [("leaf", 1), ("fair", 2), ("line", 1), ("vauban_credential", 1)] {
        assert_eq!(count(&site, table), rows, "{table}");
    }
    for table in [
        "vauban_deletion",
        "vauban_link",
        "vauban_session",
        "vauban_group",
        "vauban_group_member",
        "vauban_account_event",
    ] {
        assert_eq!(count(&site, table), 0, "{table}");
    }
    let sql = "SELECT count(*) FROM fair WHERE host_id IS NULL";
    let without: i64 = site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(without, 1);
    assert_eq!(site.browser().get(&link).await.status, 404);
    let mails = site.mails().await;
    assert!(mails.last().unwrap().text().contains("was deleted"));
    // lockbox, pitfall 40: the address's next account is another one.
    let link = site.sign_up_link("ann@example.com").await;
    let mut again = site.browser();
    assert_eq!(
        again
            .submit(&link, &[("password", "seven red herrings")])
            .await
            .status,
        303
    );
    let found = site
        .accounts
        .users
        .by_email(&site.kit.units, &ann.email)
        .await
        .unwrap();
    assert_ne!(found.unwrap().0.facts.id, ann.facts.id);
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        422
    );
}

/// CWE-459, CWE-613. Attack: an account that went by another statement than this page's is opened by what was kept of it, once a row with its id
/// is there again.
#[tokio::test]
async fn cwe_459_nothing_is_kept_of_an_account_that_went_otherwise() {
    let site = TestSite::new();
    let (ann, browser) = signed_in(&site, "ann@example.com").await;
    let (_, other) = signed_in(&site, "ben@example.com").await;
    granted(&site, &ann).await;
    site.browser()
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    // With hers, and with what is Ben's alone.
    let tables = [
        ("vauban_session", 2, 1),
        ("vauban_credential", 2, 1),
        ("vauban_account_event", 3, 1),
        ("vauban_group", 1, 0),
        ("vauban_group_member", 1, 0),
        ("vauban_link", 1, 0),
    ];
    for (table, before, _) in tables {
        assert_eq!(count(&site, table), before, "{table}");
    }
    let unit = site.kit.units.begin();
    let these = super::User::objects().filter(|u| u.id.eq(vauban::Id::from_uuid(ann.facts.id)));
    assert_eq!(these.delete_all(&unit.db()).await.unwrap(), 1);
    unit.finish(true).await.unwrap();
    for (table, _, after) in tables {
        assert_eq!(count(&site, table), after, "{table}");
    }
    for (mut browser, who) in [(browser, ""), (other, "ben@example.com")] {
        assert_eq!(browser.who().await, who);
    }
}

/// Something they may, as one of a group that is their own, and something that happened to them.
async fn granted(site: &TestSite, person: &Account) {
    let unit = site.kit.units.begin();
    let db = unit.db();
    let id = person.facts.id;
    let holder = crate::rights::Holder::Person(id);
    site.accounts
        .rights
        .give(&db, &holder, "articles.hide")
        .await
        .unwrap();
    let (what, visitor) = (
        crate::history::Happened::PasswordReset,
        crate::sessions::Visitor::default(),
    );
    site.accounts
        .history
        .record(&db, id, what, visitor)
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    assert_eq!(count(site, "vauban_group_member"), 1);
}

/// CWE-639, outline#9227. Attacks: the wish is taken back by another's link, by a link of another purpose, by one that is used or made
/// up; by a program that follows links.
#[tokio::test]
async fn cwe_639_a_wish_is_taken_back_by_its_own_link_alone() {
    let site = TestSite::new();
    let (_, mut ann) = signed_in(&site, "ann@example.com").await;
    let (_, mut ben) = signed_in(&site, "ben@example.com").await;
    ben.submit(DELETE, &[]).await;
    let bens = link_to(&site, "ben@example.com").await;
    assert_eq!(site.browser().submit(&bens, &[]).await.status, 303);
    assert_eq!(
        site.browser().sign_in("ben@example.com", PASSWORD).await.status,
        303
    );
    let (_, mut eve) = signed_in(&site, "eve@example.com").await;
    eve.submit("/accounts/email/", &[("email", "evil@example.com")])
        .await;
    let email = link_to(&site, "evil@example.com").await;
    eve.submit(DELETE, &[]).await;
    let eves = link_to(&site, "eve@example.com").await;
    ann.submit(DELETE, &[]).await;
    let anns = link_to(&site, "ann@example.com").await;
    let made_up = format!("{DELETE}{}/", "A".repeat(43));
    let others = [
        bens.clone(),
        email.replace("/email/", "/delete/"),
        made_up,
        format!("{DELETE}x/"),
        anns.replace("/delete/", "/reset/"),
        anns.replace("/delete/", "/signup/"),
    ];
    for link in &others {
        assert_eq!(site.browser().get(link).await.status, 404, "{link}");
        assert_eq!(send(&site, &mut site.browser(), link).await, 404, "{link}");
    }
    // Eve's is good, and for Eve alone.
    assert_eq!(site.browser().submit(&eves, &[]).await.status, 303);
    for _ in 0..3 {
        assert_eq!(site.browser().get(&anns).await.status, 200);
    }
    assert_eq!(count(&site, "vauban_deletion"), 1);
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        422
    );
    let mut stranger = site.browser();
    assert_eq!(stranger.submit(&anns, &[]).await.status, 303);
    assert!(stranger.session().is_none(), "it signs nobody in");
    assert_eq!(send(&site, &mut site.browser(), &anns).await, 404, "once");
    days(&site, 15).await;
    assert_eq!(count(&site, "user"), 3);
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        303
    );
}

/// ASVS 7.5.1, CWE-306. Attack: somebody at a session that was left open deletes the account.
#[tokio::test]
async fn asvs_7_5_1_the_end_asks_for_a_proof() {
    let site = TestSite::new();
    let (_, mut ann) = signed_in(&site, "ann@example.com").await;
    let form = site.token_for(&ann, DELETE).await;
    site.kit.later(600);
    for reply in [ann.get(DELETE).await, ann.post(DELETE, &form, &[]).await] {
        assert!(
            reply.header("location").starts_with("/accounts/confirm/"),
            "{reply:?}"
        );
    }
    assert_eq!(count(&site, "vauban_deletion"), 0);
    let reply = site.browser().post(DELETE, &form, &[]).await;
    assert_ne!(reply.status, 200);
}

/// A row that says `restrict` keeps the account, and its owner is told before.
#[tokio::test]
async fn what_keeps_an_account_is_told() {
    let site = TestSite::new();
    let (ann, mut browser) = signed_in(&site, "ann@example.com").await;
    site.kit.bill(&ann).await;
    let page = browser.get(DELETE).await;
    assert!(
        page.body.contains("keeps it") && !page.body.contains("<form"),
        "{}",
        page.body
    );
    let form = site.token_for(&browser, DELETE).await;
    assert_eq!(browser.post(DELETE, &form, &[]).await.status, 422);
    assert_eq!(count(&site, "vauban_deletion"), 0);
    assert_eq!(browser.who().await, "ann@example.com");
}

/// CWE-269, pitfall 37. Attacks: the last superuser leaves; two leave at once, each counting on the other.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_superuser_stays_also_when_two_leave_at_once() {
    let site = TestSite::new();
    let (_, mut ann) = signed_in(&site, "ann@example.com").await;
    make_superuser(&site, "ann@example.com");
    let form = site.token_for(&ann, DELETE).await;
    let reply = ann.post(DELETE, &form, &[]).await;
    assert_eq!(reply.status, 422);
    assert!(
        reply.body.contains("Nobody else can administer"),
        "{}",
        reply.body
    );
    let (_, mut ben) = signed_in(&site, "ben@example.com").await;
    make_superuser(&site, "ben@example.com");
    let bens = site.token_for(&ben, DELETE).await;
    let both = tokio::join!(
        tokio::spawn(async move { ann.post(DELETE, &form, &[]).await.status }),
        tokio::spawn(async move { ben.post(DELETE, &bens, &[]).await.status }),
    );
    let mut both = [both.0.unwrap(), both.1.unwrap()];
    both.sort_unstable();
    assert_eq!(both, [200, 422]);
    assert_eq!(count(&site, "vauban_deletion"), 1);
}

/// The same between the wish and the end: the other one is no superuser any more. CWE-400: nor is anybody locked out by it.
#[tokio::test]
async fn who_became_the_last_superuser_is_not_erased() {
    let site = TestSite::new();
    let (_, mut ann) = signed_in(&site, "ann@example.com").await;
    site.kit.person("ben@example.com").await;
    make_superuser(&site, "ann@example.com");
    make_superuser(&site, "ben@example.com");
    assert_eq!(ann.submit(DELETE, &[]).await.status, 200);
    let sql = "UPDATE user SET is_superuser = 0 WHERE email = 'ben@example.com'";
    site.kit.file().execute(sql, []).unwrap();
    days(&site, 14).await;
    assert_eq!(count(&site, "user"), 2);
    stays(&site, "ann@example.com").await;
}

/// Nobody waits for the end of this account any more, and its owner knows and is let in.
async fn stays(site: &TestSite, email: &str) {
    assert_eq!(count(site, "vauban_deletion"), 0);
    let mails = site.mails().await;
    let last = mails.iter().rfind(|mail| mail.to() == [email]).unwrap();
    assert!(last.subject().contains("was not deleted"), "{}", last.subject());
    assert_eq!(site.browser().sign_in(email, PASSWORD).await.status, 303);
}

/// CWE-400, CWE-460. Attack: after the wish somebody ties a row to the account that keeps it; it could neither be erased nor used. What a
/// hook would put away is there.
#[tokio::test]
async fn cwe_400_what_keeps_an_account_later_locks_nobody_out() {
    let site = TestSite::hooked();
    let (ann, mut browser) = signed_in(&site, "ann@example.com").await;
    assert_eq!(browser.submit(DELETE, &[]).await.status, 200);
    site.kit.bill(&ann).await;
    site.kit.leaf(&ann, "a leaf").await;
    days(&site, 14).await;
    let sql = "SELECT count(*) FROM told WHERE what LIKE 'deleting%'";
    let hooks: i64 = site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(hooks, 0, "no hook has put anything away");
    for table in ["user", "leaf", "vauban_credential"] {
        assert_eq!(count(&site, table), 1, "{table}");
    }
    stays(&site, "ann@example.com").await;
}

/// Whoever holds the machine takes a wish back, and makes no superuser of an account that goes.
#[tokio::test]
async fn a_wish_is_taken_back_by_who_holds_the_machine() {
    let site = TestSite::new();
    let (ann, mut browser) = signed_in(&site, "ann@example.com").await;
    assert_eq!(browser.submit(DELETE, &[]).await.status, 200);
    for expected in [Some(true), Some(false)] {
        let unit = site.kit.units.begin();
        let kept = site
            .accounts
            .keep_by_command(&unit.db(), &ann.email)
            .await
            .unwrap();
        assert_eq!(kept, expected);
        unit.finish(true).await.unwrap();
    }
    let mut browser = site.browser();
    assert_eq!(browser.sign_in("ann@example.com", PASSWORD).await.status, 303);
    assert_eq!(browser.submit(DELETE, &[]).await.status, 200);
    let password = crate::Password::new(PASSWORD).unwrap();
    let made = site.accounts.create_superuser(&ann.email, &password).await;
    made.unwrap().unwrap();
    assert_eq!(count(&site, "vauban_deletion"), 0);
    days(&site, 15).await;
    assert_eq!(count(&site, "user"), 1);
}

/// CWE-367, pitfall 40. Attack: a password is proved while the account is erased; the session would outlive it.
#[tokio::test]
async fn cwe_367_who_signs_in_while_the_account_goes_is_not_in() {
    let site = TestSite::new();
    let (_, mut browser) = signed_in(&site, "ann@example.com").await;
    let proved = site
        .accounts
        .authenticate(
            "ann@example.com",
            &crate::Password::new(PASSWORD).unwrap(),
            super::CLIENT,
            None,
        )
        .await;
    let Ok((person, proved)) = proved else {
        panic!("proved")
    };
    assert_eq!(browser.submit(DELETE, &[]).await.status, 200);
    // Whichever page it is: while the wish stands, and when the account is gone.
    for _ in 0..2 {
        let unit = site.kit.units.begin();
        let entered: Option<SessionToken> = site
            .accounts
            .enter(&unit.db(), &person, &proved, Start::default())
            .await
            .unwrap();
        assert!(entered.is_none());
        unit.finish(true).await.unwrap();
        assert_eq!(count(&site, "vauban_session"), 0);
        days(&site, 14).await;
    }
    assert_eq!(count(&site, "user"), 0);
}

/// CWE-460. A hook that fails keeps the account, and all of it.
#[tokio::test]
async fn of_an_end_that_a_hook_stops_nothing_is_done() {
    let site = TestSite::hooked();
    let (ann, mut browser) = signed_in(&site, "stays@example.com").await;
    site.kit.leaf(&ann, "a leaf").await;
    assert_eq!(browser.submit(DELETE, &[]).await.status, 200);
    days(&site, 14).await;
    for table in ["user", "leaf", "vauban_credential", "vauban_deletion"] {
        assert_eq!(count(&site, table), 1, "{table}");
    }
    // CWE-400: nor is its owner locked out for good. After the last try they are told, and let in.
    let reply = site.browser().sign_in("stays@example.com", PASSWORD).await;
    assert!(reply.body.contains("will be deleted on"), "{}", reply.body);
    let tasks = site.site.part::<std::sync::Arc<vauban_tasks::Tasks>>().unwrap();
    for _ in 0..20 {
        // Longer than any pause, and all of them shorter than letters are kept.
        tasks.advance_for_test(Duration::from_secs(8 * 3600));
        tasks.run_due_for_test(&site.site).await;
    }
    assert_eq!((count(&site, "user"), count(&site, "vauban_deletion")), (1, 0));
    let mails = site.mails().await;
    let subjects: Vec<_> = mails
        .iter()
        .map(vauban_mail::testing::SentMail::subject)
        .collect();
    assert!(
        subjects
            .iter()
            .any(|subject| subject.ends_with("was not deleted")),
        "{subjects:?}"
    );
    assert_eq!(
        site.browser().sign_in("stays@example.com", PASSWORD).await.status,
        303
    );
}

fn found<U: crate::UserAccount>(module: vauban::Module) -> Vec<vauban::checks::Finding> {
    let modules = super::modules(super::referring::listed(module));
    let settings = vauban::settings::Settings::defaults(vauban::settings::Mode::Development);
    let package = vauban::Package::for_test("test", "", None);
    let checking = vauban::module::Checking {
        package: &package,
        modules: &modules,
        settings: &settings,
        migrations: None,
        answers_plain: false,
    };
    unstated::<U>(&checking)
}

/// CWE-212. The mistake: a reference to a user about whose end nobody has thought.
#[test]
fn cwe_212_a_reference_that_says_nothing_of_its_end_is_told() {
    let found = found::<super::User>;
    let accounts = || vauban::Module::from(crate::module::<super::User>());
    assert_eq!(found(accounts()), []);
    let told = found(accounts().model::<Loose>());
    assert_eq!(told.len(), 2);
    assert!(
        told[0].what.contains("`Loose.of`") && told[1].what.contains("`Loose.by`"),
        "{told:?}"
    );
    assert!(told[0].hint.contains("on_delete = cascade"), "{told:?}");
}

/// CWE-862. The mistake: people go with others, at once or by way of other rows; nobody's policy would be asked.
#[test]
fn cwe_862_a_way_from_one_account_to_another_is_told() {
    use super::referring::{Band, Guest};
    let told = found::<Guest>(vauban::Module::from(crate::module::<Guest>()).model::<Band>());
    for column in ["`Guest.invited_by`", "`Guest.band`"] {
        assert!(
            told.iter().any(|finding| finding.what.contains(column)),
            "{column}: {told:?}"
        );
    }
}

/// CWE-778. Attack: sign-ins that a hook refuses use up the three mails of an hour, so that the one that is let in is not told.
#[tokio::test]
async fn cwe_778_a_sign_in_that_is_refused_uses_up_no_notice() {
    let site = TestSite::new();
    let (_, mut browser) = signed_in(&site, "ann@example.com").await;
    assert_eq!(browser.submit(DELETE, &[]).await.status, 200);
    for _ in 0..4 {
        let reply = site.browser().sign_in("ann@example.com", PASSWORD).await;
        assert!(reply.body.contains("will be deleted on"), "{}", reply.body);
    }
    site.kit
        .file()
        .execute("DELETE FROM vauban_deletion", [])
        .unwrap();
    let told = async |site: &TestSite| {
        let mails = site.mails().await;
        mails
            .iter()
            .filter(|mail| mail.subject().contains("new sign-in"))
            .count()
    };
    assert_eq!(told(&site).await, 1, "the one before she went");
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        303
    );
    assert_eq!(told(&site).await, 2);
}
