//! What an account's owner is told: by the page, and by mail.

use super::PASSWORD;
use super::browser::{Browser, TestSite};
use crate::history::Happened;
use crate::sessions::Visitor;

const NEW: &str = "seven red herrings";

fn told(site: &TestSite) -> Vec<String> {
    let file = site.kit.file();
    let mut rows = file
        .prepare("SELECT what FROM vauban_account_event ORDER BY at, rowid")
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

async fn mails_of_devices(site: &TestSite) -> usize {
    let mails = site.mails().await;
    mails
        .iter()
        .filter(|mail| mail.subject().contains("new sign-in"))
        .count()
}

/// ASVS 6.3.5. A sign-in from a device that was not seen before is told, once, and none that failed is.
#[tokio::test]
async fn asvs_6_3_5_a_new_device_is_told_once() {
    let site = TestSite::new();
    let link = site.sign_up_link("ann@example.com").await;
    let mut first = site.browser();
    assert_eq!(first.submit(&link, &[("password", PASSWORD)]).await.status, 303);
    first.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(
        mails_of_devices(&site).await,
        0,
        "nor is the one that made the account"
    );
    let mut other = site.browser();
    other.client = [198, 51, 100, 77].into();
    other.agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
    for (email, password) in [
        ("ann@example.com", "not her password"),
        ("bob@example.com", PASSWORD),
    ] {
        assert_eq!(other.sign_in(email, password).await.status, 422);
    }
    assert_eq!(mails_of_devices(&site).await, 0);
    assert_eq!(other.sign_in("ann@example.com", PASSWORD).await.status, 303);
    assert_eq!(mails_of_devices(&site).await, 1);
    let mails = site.mails().await;
    let mail = mails.last().unwrap();
    assert_eq!(mail.to(), ["ann@example.com"]);
    assert!(
        mail.text().contains("Firefox on Windows") && mail.text().contains("198.51.100.0/24"),
        "{}",
        mail.text()
    );
    assert!(!mail.text().contains("198.51.100.77"));
    // The device is known from now on.
    other.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(mails_of_devices(&site).await, 1);
    assert_eq!(told(&site), ["signed_up", "new_device"]);
}

/// CWE-799. Attack: whoever knows the password floods the mailbox. CWE-778. Attack: or has their own count of mails full first, so that none is sent.
#[tokio::test]
async fn cwe_799_notices_flood_no_mailbox_and_are_not_silenced() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut mallory = site.browser();
    let mut refused = 0;
    for n in 0..25 {
        let email = [("email", format!("somebody{n}@example.com"))];
        let fields = [("email", email[0].1.as_str())];
        refused += i32::from(mallory.submit("/accounts/reset/", &fields).await.status == 429);
    }
    assert_eq!(refused, 5);
    for _ in 0..6 {
        let reply = site.browser().sign_in("ann@example.com", PASSWORD).await;
        assert_eq!(reply.status, 303);
    }
    assert_eq!(mails_of_devices(&site).await, 3);
    assert_eq!(told(&site), ["new_device"; 6]);
}

async fn submits(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) {
    let reply = browser.submit(path, fields).await;
    assert!(
        [200, 303].contains(&reply.status),
        "{path}: {} {}",
        reply.status,
        reply.body
    );
}

/// ASVS 6.3.7, CWE-532. What happened stands there, in the order in which it did; nothing that opens anything does.
#[tokio::test]
async fn cwe_532_what_happened_is_told_without_a_token() {
    let site = TestSite::new();
    let mut secrets = Vec::new();
    let mut ann = site.browser();
    let link = site.sign_up_link("ann@example.com").await;
    submits(&mut ann, &link, &[("password", PASSWORD)]).await;
    secrets.push(link);
    secrets.push(ann.session().unwrap().clone());
    let change = [
        ("old_password", PASSWORD),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    submits(&mut ann, "/accounts/password/", &change).await;
    secrets.push(ann.session().unwrap().clone());
    submits(&mut ann, "/accounts/email/", &[("email", "ann@new.example")]).await;
    let mails = site.mails().await;
    let mut links = mails.iter().flat_map(|mail| mail.links());
    let link = links.rfind(|link| link.contains("/email/")).unwrap().to_owned();
    let link = super::browser::path_of(&link);
    submits(&mut ann, &link, &[]).await;
    secrets.push(link);
    submits(&mut ann, "/accounts/reset/", &[("email", "ann@new.example")]).await;
    let link = site.link().await;
    submits(&mut ann, &link, &[("password", PASSWORD)]).await;
    secrets.push(link);
    assert_eq!(
        told(&site),
        ["signed_up", "password_changed", "email_changed", "password_reset"]
    );
    ann.sign_in("ann@new.example", PASSWORD).await;
    let page = ann.get("/accounts/security/").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let says = [
        "signed_up",
        "password_changed",
        "email_changed",
        "password_reset",
        "new_device",
    ];
    let at = says.map(|what| {
        page.body
            .find(Happened::says(what))
            .unwrap_or_else(|| panic!("{what}: {}", page.body))
    });
    assert!(
        at.is_sorted_by(|one, other| one > other),
        "the latest first: {at:?}"
    );
    for link in ["password", "email", "sessions"] {
        assert!(
            page.body.contains(&format!("href=\"/accounts/{link}/\"")),
            "{}",
            page.body
        );
    }
    let file = site.kit.file();
    let mut rows = file
        .prepare("SELECT what || device || network FROM vauban_account_event")
        .unwrap();
    let rows: Vec<String> = rows
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let rows = rows.concat();
    let tokens = secrets
        .iter()
        .flat_map(|secret| secret.split('/'))
        .filter(|part| part.len() == 43);
    let tokens: Vec<_> = tokens.collect();
    assert_eq!(tokens.len(), 5);
    for secret in tokens.iter().copied().chain([PASSWORD, NEW, "ann@", "192.0.2.1"]) {
        assert!(!rows.contains(secret), "{rows}");
    }
}

/// CWE-770. Attack: an account has its events grow without end. CWE-639: nobody reads another's.
#[tokio::test]
async fn cwe_770_events_of_an_account_are_so_many_at_most() {
    let site = TestSite::new();
    let kit = &site.kit;
    let (ann, ben) = (
        kit.person("ann@example.com").await,
        kit.person("ben@example.com").await,
    );
    let record = async |id, what| {
        kit.later(1);
        let unit = kit.units.begin();
        let visitor = Visitor::default();
        kit.accounts
            .history
            .record(&unit.db(), id, what, visitor)
            .await
            .unwrap();
        unit.finish(true).await.unwrap();
    };
    record(ben.facts.id, Happened::EmailChanged).await;
    for _ in 0..70 {
        record(ann.facts.id, Happened::PasswordChanged).await;
    }
    record(ann.facts.id, Happened::OthersEnded).await;
    record(ben.facts.id, Happened::EmailChanged).await;
    assert_eq!(
        told(&site).len(),
        13,
        "ten of one kind, one of another, and Ben's two"
    );
    let latest = kit.accounts.history.latest(ann.facts.id).await.unwrap();
    assert_eq!((latest.len(), latest[0].what.as_str()), (11, "others_ended"));
    assert!(latest.iter().all(|event| event.account == ann.facts.id));
    // CWE-359: nor are they kept for ever.
    kit.later(366 * 86_400);
    assert!(
        kit.accounts
            .history
            .latest(ann.facts.id)
            .await
            .unwrap()
            .is_empty()
    );
    record(ann.facts.id, Happened::SignedUp).await;
    assert_eq!(told(&site).len(), 3);
    kit.accounts.clear_sessions().await.unwrap();
    assert_eq!(told(&site), ["signed_up"]);
}

/// CWE-778. Attack: who got in does many things of many kinds, so that what gave them away is pushed out of the page and out of the table.
#[tokio::test]
async fn cwe_778_many_events_push_out_none_of_another_kind() {
    let site = TestSite::new();
    let kit = &site.kit;
    let ann = kit.person("ann@example.com").await;
    let many = [
        Happened::PasswordChanged,
        Happened::SessionEnded,
        Happened::OthersEnded,
    ];
    let after = std::iter::repeat_n(many, 60).flatten();
    for what in [Happened::OldTokenUsed, Happened::EmailChanged]
        .into_iter()
        .chain(after)
    {
        kit.later(1);
        let unit = kit.units.begin();
        let history = &kit.accounts.history;
        let db = unit.db();
        let recorded = history.record(&db, ann.facts.id, what, Visitor::default());
        recorded.await.unwrap();
        unit.finish(true).await.unwrap();
    }
    let latest = kit.accounts.history.latest(ann.facts.id).await.unwrap();
    let oldest: Vec<_> = latest
        .iter()
        .rev()
        .take(2)
        .map(|event| event.what.as_str())
        .collect();
    assert_eq!(oldest, ["old_token_used", "email_changed"]);
    assert!(latest.is_sorted_by(|one, other| one.at > other.at));
    assert_eq!(told(&site).len(), 32);
}

/// ASVS 6.3.7. Attack: whoever holds the machine makes an account theirs, and its owner is not told.
#[tokio::test]
async fn asvs_6_3_7_who_is_made_a_superuser_is_told() {
    let site = TestSite::new();
    let ann = site.kit.person("ann@example.com").await;
    let made = async |email| {
        let (email, password) = (
            crate::Email::parse(email).unwrap(),
            crate::Password::new(NEW).unwrap(),
        );
        let made = site.accounts.create_superuser(&email, &password).await;
        made.unwrap().unwrap();
    };
    made("ben@example.com").await;
    assert!(told(&site).is_empty(), "a new account");
    made("ann@example.com").await;
    assert_eq!(told(&site), ["made_superuser"]);
    let latest = site.accounts.history.latest(ann.facts.id).await.unwrap();
    assert_eq!(latest.len(), 1);
}

/// It stands in the unit of what happened: what is undone did not happen.
#[tokio::test]
async fn what_is_undone_is_not_told() {
    let site = TestSite::new();
    let ann = site.kit.person("ann@example.com").await;
    let unit = site.kit.units.begin();
    let happened = Happened::PasswordChanged;
    let accounts = &site.kit.accounts;
    accounts
        .history
        .record(&unit.db(), ann.facts.id, happened, Visitor::default())
        .await
        .unwrap();
    unit.finish(false).await.unwrap();
    assert!(told(&site).is_empty());
}
