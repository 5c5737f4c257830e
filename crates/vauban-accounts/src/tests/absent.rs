//! ASVS V6, V7: what there must not be, or not any more.

use super::PASSWORD;
use super::browser::{Reply, TestSite};
use super::factors::{FACTOR, RECOVERY, enrol, enrolled, half};

const NEW: &str = "seven red herrings";

fn location(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.header("location"))
}

/// ASVS 6.2.10. A password is not changed because it is old: after two years it opens what it opened, and goes on to no page that
/// wants another.
#[tokio::test]
async fn asvs_6_2_10_no_password_is_too_old() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site.kit.later(2 * 366 * 24 * 3600);
    let mut ann = site.browser();
    assert_eq!(
        location(&ann.sign_in("ann@example.com", PASSWORD).await),
        (303, "/")
    );
    assert_eq!(ann.who().await, "ann@example.com");
}

/// ASVS 6.3.6, CWE-308. Attack: the mailbox in place of the second factor. No link of any mail signs in who lacks it, nor does a page
/// between the factors send one.
#[tokio::test]
async fn asvs_6_3_6_a_mailbox_is_no_factor() {
    let site = TestSite::new();
    let (mut ann, _) = enrolled(&site, "ann@example.com").await;
    ann.submit(
        "/accounts/email/",
        &[("email", "new@example.com"), ("password", PASSWORD)],
    )
    .await;
    let mut thief = half(&site, "ann@example.com").await;
    let before = site.mails().await.len();
    for page in ["/accounts/login/factor/", "/accounts/login/recovery/"] {
        let reply = thief.get(page).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(!reply.body.contains("type=\"email\""), "{}", reply.body);
    }
    assert_eq!(site.mails().await.len(), before, "none is sent from there");
    thief
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    let mut opened = 0;
    for mail in site.mails().await {
        for link in mail.links() {
            let path = format!("/{}", link.splitn(4, '/').nth(3).unwrap_or_default());
            thief.get(&path).await;
            thief.submit(&path, &[("password", NEW)]).await;
            assert_eq!(thief.who().await, "", "{path}");
            opened += 1;
        }
    }
    assert!(opened >= 3, "{opened} links");
}

/// ASVS 6.4.2, 6.5.7: nothing that is stored is a hint, an answer to a question, or of somebody's body.
#[test]
fn asvs_6_4_2_no_hints_and_asvs_6_5_7_no_biometrics_are_stored() {
    let never = [
        "hint",
        "question",
        "answer",
        "maiden",
        "pet",
        "biometric",
        "biometrics",
        "fingerprint",
        "face",
        "iris",
        "voice",
    ];
    let models = super::modules(vauban::Module::from(crate::module::<super::User>())).models();
    let columns: Vec<_> = models
        .iter()
        .flat_map(|model| model.columns.iter().map(|column| (model.table, column.column)))
        .collect();
    assert!(
        columns.contains(&("user", "email")) && columns.len() > 60,
        "{columns:?}"
    );
    for (table, column) in columns {
        let found = column.split('_').find(|word| never.contains(word));
        assert_eq!(found, None, "{table}.{column}");
    }
}

/// ASVS 6.4.6. Attack: a superuser chooses the password of another, who does not learn it from its use. The page knows its own session only,
/// whatever else the form says.
#[tokio::test]
async fn asvs_6_4_6_nobody_chooses_anothers_password() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let root = site.kit.person("root@example.com").await;
    site.kit
        .file()
        .execute(
            "UPDATE user SET is_superuser = 1, is_staff = 1 WHERE email = ?1",
            [root.email.as_str()],
        )
        .unwrap();
    let mut root = site.browser();
    root.sign_in("root@example.com", PASSWORD).await;
    let fields = [
        ("email", "ann@example.com"),
        ("user", "1"),
        ("old_password", PASSWORD),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    let ann_changed = |site: &TestSite| {
        let mut browser = site.browser();
        async move { browser.sign_in("ann@example.com", PASSWORD).await.status != 303 }
    };
    root.submit("/accounts/password/?user=1&email=ann@example.com", &fields)
        .await;
    assert!(!ann_changed(&site).await);
    // What they may do for her is what she can: ask for the mail.
    let reply = root
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let mails = site.mails().await;
    assert_eq!(mails.last().unwrap().to(), ["ann@example.com"]);
    assert!(!ann_changed(&site).await);
}

/// ASVS 7.2.1. Attack: a cookie that is another by one character, shorter, longer, or made up.
#[tokio::test]
async fn asvs_7_2_1_a_session_is_looked_up_not_believed() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(ann.who().await, "ann@example.com");
    let token = ann.session().unwrap().clone();
    let other = |at: usize| {
        let with = if &token[at..=at] == "A" { "B" } else { "A" };
        format!("{}{with}{}", &token[..at], &token[at + 1..])
    };
    let forged = [
        other(0),
        other(token.len() / 2),
        token[1..].to_owned(),
        format!("{token}A"),
        "A".repeat(token.len()),
    ];
    for cookie in forged {
        let mut attacker = ann.clone();
        let name = attacker
            .cookies
            .iter()
            .find(|(_, value)| **value == token)
            .unwrap()
            .0
            .clone();
        attacker.cookies.insert(name, cookie.clone());
        assert_eq!(attacker.who().await, "", "{cookie}");
    }
}

/// ASVS 7.6.2, CWE-384. No GET begins a session: not that of a link, nor that of a page between two proofs.
#[tokio::test]
async fn asvs_7_6_2_no_get_begins_a_session() {
    let site = TestSite::new();
    enrolled(&site, "ann@example.com").await;
    let link = site.sign_up_link("ben@example.com").await;
    let mut browser = half(&site, "ann@example.com").await;
    for path in [
        link.as_str(),
        "/accounts/login/",
        "/accounts/login/?email=ann@example.com&password=a+walk+along+the+canal",
        "/accounts/login/factor/",
        "/accounts/login/recovery/",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        assert_eq!(browser.session(), None, "{path}");
        assert_eq!(browser.who().await, "", "{path}");
    }
}

/// ASVS 6.2.2: with a new password one signs in, and with the old one no more.
#[tokio::test]
async fn asvs_6_2_2_people_change_their_password() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", NEW),
        ("new_password_again", NEW),
    ];
    assert_eq!(ann.submit("/accounts/password/", &fields).await.status, 303);
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        422
    );
    assert_eq!(site.browser().sign_in("ann@example.com", NEW).await.status, 303);
}

/// ASVS 6.5.6. Attack: the lost phone, and the list of codes beside it, after their owner removed the app. Neither ends a sign-in that
/// was begun before, nor one after another app is there.
#[tokio::test]
async fn asvs_6_5_6_a_removed_app_and_its_recovery_codes_open_nothing() {
    let site = TestSite::new();
    let (mut ann, lost) = enrolled(&site, "ann@example.com").await;
    let mut thief = half(&site, "ann@example.com").await;
    let path = "/accounts/factors/totp/remove/";
    let form = site.token_for(&ann, path).await;
    assert_eq!(ann.post(path, &form, &[]).await.status, 303);
    let tries = [(FACTOR, lost.code(&site, 0)), (RECOVERY, lost.codes[0].clone())];
    for (page, code) in &tries {
        thief.submit(page, &[("code", code)]).await;
        assert_eq!(thief.who().await, "", "{page}");
    }
    site.kit.later(30);
    enrol(&site, &mut ann).await;
    for (page, code) in [(FACTOR, lost.code(&site, 0)), (RECOVERY, lost.codes[0].clone())] {
        let mut thief = half(&site, "ann@example.com").await;
        thief.submit(page, &[("code", &code)]).await;
        assert_eq!(thief.who().await, "", "{page}");
    }
}
