//! Attacks on the change of an address.

use std::collections::BTreeSet;

use super::PASSWORD;
use super::browser::{Browser, TestSite, token};
use vauban_mail::testing::SentMail;

async fn signed_in(site: &TestSite, email: &str) -> Browser {
    site.kit.person(email).await;
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    browser
}

/// The mails about addresses: a sign-in is told, too.
async fn mails(site: &TestSite) -> Vec<SentMail> {
    let mut mails = site.mails().await;
    mails.retain(|mail| mail.template() != "accounts/mail/new_device");
    mails
}

/// What a post to a link is answered, whose page may have no form.
async fn send(site: &TestSite, browser: &mut Browser, link: &str) -> u16 {
    let form = site.token_for(browser, link).await;
    browser.post(link, &form, &[]).await.status
}

/// The path of the link in the last mail to this address.
async fn link_to(site: &TestSite, email: &str) -> String {
    let mails = mails(site).await;
    let last = mails.iter().rfind(|mail| mail.to() == [email]).unwrap();
    super::browser::path_of(last.links()[0])
}

/// ASVS 6.3.7: the old address is told of what is to be, and of what is done.
#[tokio::test]
async fn asvs_6_3_7_an_address_changes_when_its_link_is_used() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    let reply = ann
        .submit("/accounts/email/", &[("email", "New@Example.com")])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(ann.who().await, "ann@example.com");
    let link = link_to(&site, "new@example.com").await;
    let page = ann.get(&link).await;
    assert!(page.body.contains("new@example.com"), "{}", page.body);
    assert_eq!(ann.who().await, "ann@example.com", "following changes nothing");
    let reply = ann.submit(&link, &[]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/"));
    assert_eq!(ann.who().await, "new@example.com");
    let mails = mails(&site).await;
    let told: Vec<_> = mails
        .iter()
        .filter(|mail| mail.to() == ["ann@example.com"])
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|mail| mail.text().contains("new@example.com")));
    assert_eq!(send(&site, &mut ann, &link).await, 404, "once");
    assert_eq!(
        site.browser().sign_in("new@example.com", PASSWORD).await.status,
        303
    );
    assert_eq!(
        site.browser().sign_in("ann@example.com", PASSWORD).await.status,
        422
    );
}

/// ASVS 7.5.1, CWE-306. Attack: somebody at a session that was left open takes the account along.
#[tokio::test]
async fn asvs_7_5_1_another_address_asks_for_a_proof() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    let form = site.token_for(&ann, "/accounts/email/").await;
    site.kit.later(600);
    let reply = ann
        .post("/accounts/email/", &form, &[("email", "evil@example.com")])
        .await;
    assert!(
        reply.header("location").starts_with("/accounts/confirm/"),
        "{reply:?}"
    );
    assert!(mails(&site).await.is_empty());
}

/// CWE-287, CWE-639. Attacks: whoever reads a mistyped address uses the link, as nobody or as themselves; the link of another
/// purpose; after a change of the password.
#[tokio::test]
async fn cwe_287_only_the_account_that_asked_uses_the_link() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    let mut eve = signed_in(&site, "eve@example.com").await;
    ann.submit("/accounts/email/", &[("email", "typo@example.com")])
        .await;
    let link = link_to(&site, "typo@example.com").await;
    let mut nobody = site.browser();
    let reply = nobody.get(&link).await;
    assert!(
        reply.header("location").starts_with("/accounts/login/"),
        "{reply:?}"
    );
    for browser in [&mut nobody, &mut eve] {
        let form = site.token_for(browser, &link).await;
        let reply = browser.post(&link, &form, &[]).await;
        assert!(matches!(reply.status, 303 | 404));
        assert!(!reply.header("location").eq("/"));
    }
    assert_eq!(eve.get(&link).await.status, 404);
    let reset = link.replace("/email/", "/reset/");
    assert_eq!(nobody.get(&reset).await.status, 404);
    // It is still Ann's, until her password is another one.
    assert_eq!(ann.get(&link).await.status, 200);
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", "seven red herrings"),
        ("new_password_again", "seven red herrings"),
    ];
    assert_eq!(ann.submit("/accounts/password/", &fields).await.status, 303);
    assert_eq!(ann.get(&link).await.status, 404);
    assert_eq!(ann.who().await, "ann@example.com");
}

/// CVE-2026-32700, devise#1948. Attack: two changes at once; the link to the one confirms the other.
#[tokio::test]
async fn cve_2026_32700_a_link_proves_the_address_that_it_was_sent_to() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    ann.submit("/accounts/email/", &[("email", "mine@example.com")])
        .await;
    let mine = link_to(&site, "mine@example.com").await;
    ann.submit("/accounts/email/", &[("email", "victim@example.com")])
        .await;
    assert_eq!(send(&site, &mut ann, &mine).await, 404);
    assert_eq!(ann.who().await, "ann@example.com");
}

/// CWE-204. Attack: whoever is signed in asks which addresses have accounts.
#[tokio::test]
async fn cwe_204_a_new_address_that_is_somebodys_is_answered_alike() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    site.kit.person("bob@example.com").await;
    let mut seen = BTreeSet::new();
    for email in ["bob@example.com", "free@example.com"] {
        let reply = ann.submit("/accounts/email/", &[("email", email)]).await;
        let form = token(&reply.body).unwrap_or_default().to_owned();
        seen.insert((reply.status, reply.body.replace(&form, "TOKEN")));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    let mails = mails(&site).await;
    let to: Vec<_> = mails.iter().map(|mail| mail.to()[0]).collect();
    assert_eq!(
        to,
        [
            "bob@example.com",
            "ann@example.com",
            "free@example.com",
            "ann@example.com"
        ]
    );
    assert!(mails[0].links().is_empty());
    // Taken meanwhile.
    let link = link_to(&site, "free@example.com").await;
    site.kit.person("free@example.com").await;
    assert_eq!(send(&site, &mut ann, &link).await, 404);
    assert_eq!(ann.who().await, "ann@example.com");
}

/// CWE-598, ASVS 14.2.1. Attack: the link is opened where nobody is signed in, and what stands in it goes on into the address of the
/// sign-in page, from there into logs and the `Referer`.
#[tokio::test]
async fn cwe_598_the_way_over_the_sign_in_takes_no_token_along() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    ann.submit("/accounts/email/", &[("email", "new@example.com")])
        .await;
    let link = link_to(&site, "new@example.com").await;
    let reply = site.browser().get(&link).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/")
    );
    let plain = site.browser().get("/accounts/email/").await;
    assert!(
        plain.header("location").contains("next="),
        "{}",
        plain.header("location")
    );
}
