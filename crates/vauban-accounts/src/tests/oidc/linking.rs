//! Whose an identity is: linked by its owner, by an address that a provider may speak for, or nobody's.

use serde_json::json;

use super::provider::Provider;
use super::{address, back, begin, link, linked, press, sign_in, site, site_of};
use crate::settings::SignUps;
use crate::tests::PASSWORD;
use crate::tests::browser::{Browser, TestSite};
use crate::tests::factors::enrol;

const DOMAIN: &str = "domains=example.com,example.org";

async fn signed_in(site: &TestSite, email: &str) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    browser
}

/// CWE-287, ASVS 6.8.1, 10.5.2. Attack: the identity of whoever has typed ann's address at a provider opens ann's account.
#[tokio::test]
async fn asvs_6_8_1_an_address_alone_opens_nothing() {
    // A provider that nobody has declared for the domain; one that has not verified the address; an address of another domain.
    let cases: [(&str, serde_json::Value, &str); 5] = [
        ("", json!(true), "ann@example.com"),
        (DOMAIN, json!(false), "ann@example.com"),
        (DOMAIN, serde_json::Value::Null, "ann@example.com"),
        (DOMAIN, json!(true), "ann@example.net"),
        (DOMAIN, json!(true), "ann@sub.example.com"),
    ];
    for (more, verified, email) in cases {
        let (site, provider) = site(more).await;
        site.kit.person(email).await;
        let said = (verified.clone(), email);
        provider.say(|says| {
            says.claims = Box::new(move |claims| {
                claims["email_verified"] = said.0.clone();
                claims["email"] = json!(said.1);
            });
        });
        let mut browser = site.browser();
        let reply = sign_in(&mut browser, &provider, "eve").await;
        assert_eq!(
            (reply.status, browser.who().await.as_str()),
            (403, ""),
            "{more} {verified} {email}"
        );
        assert!(reply.body.contains("No account here"), "{}", reply.body);
    }
}

/// A verified address of a declared domain opens its account, and says so; the address that is given to somebody else there does not.
#[tokio::test]
async fn cwe_287_an_address_that_is_given_to_somebody_else_opens_nothing() {
    let (site, provider) = site(DOMAIN).await;
    site.kit.person("ann@example.com").await;
    let mut browser = site.browser();
    assert_eq!(sign_in(&mut browser, &provider, "ann").await.status, 303);
    assert_eq!(browser.who().await, "ann@example.com");
    let mails = site.mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.text().contains("opens your account")),
        "told"
    );
    // Ann has left; another Ann has come, with the same address and another subject.
    provider.say(|says| says.claims = Box::new(|claims| claims["email"] = json!("ann@example.com")));
    let mut other = site.browser();
    let reply = sign_in(&mut other, &provider, "ann-2").await;
    assert_eq!((reply.status, other.who().await.as_str()), (403, ""));
    // The first is who they were, whatever address the provider says.
    provider.say(|says| says.claims = Box::new(|claims| claims["email"] = json!("other@example.com")));
    let mut again = site.browser();
    assert_eq!(sign_in(&mut again, &provider, "ann").await.status, 303);
    assert_eq!(again.who().await, "ann@example.com");
}

/// Pitfall 40, CWE-613, CWE-204. Attack: deactivated people, and those whose account is to be deleted, come in by a provider; the answer
/// is that for nobody.
#[tokio::test]
async fn cwe_613_deactivated_people_stay_out() {
    let (site, provider) = site(DOMAIN).await;
    linked(&site, &provider, "ann").await;
    let mut unknown = site.browser();
    provider.say(|says| says.claims = Box::new(|claims| claims["email_verified"] = json!(false)));
    let nobody = sign_in(&mut unknown, &provider, "nobody").await;
    provider.say(|says| says.claims = Box::new(|_| ()));
    site.kit
        .file()
        .execute("UPDATE user SET is_active = 0", [])
        .unwrap();
    let mut browser = site.browser();
    let reply = sign_in(&mut browser, &provider, "ann").await;
    let words = |body: &str| body.split_once("<h1>").unwrap().1.to_owned();
    assert_eq!(
        (reply.status, words(&reply.body)),
        (nobody.status, words(&nobody.body))
    );
    assert_eq!(browser.who().await, "");
    // Nor by the address, without the link.
    site.kit
        .file()
        .execute("DELETE FROM vauban_provider_link", [])
        .unwrap();
    assert_eq!(sign_in(&mut browser, &provider, "ann").await.status, 403);
}

/// CWE-308, ASVS 6.3.3. Attack: the second factor avoided by a provider.
#[tokio::test]
async fn cwe_308_a_second_factor_is_asked_after_a_provider() {
    let provider = Provider::start(&crate::sessions::Clock::default()).await;
    let site = site_of(&[("company", &provider, DOMAIN)], |kit| kit.has_payroll = true).await;
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    ann.submit("/accounts/factors/", &[]).await;
    let mailed = site.link().await;
    ann.submit(&mailed, &[]).await;
    let app = enrol(&site, &mut ann).await;
    site.kit.later(60);
    let mut browser = site.browser();
    let reply = sign_in(&mut browser, &provider, "ann").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/factor/")
    );
    assert_eq!(browser.who().await, "");
    assert!(browser.session().is_none());
    assert_eq!(browser.get("/members/").await.status, 303);
    let reply = browser
        .submit("/accounts/login/factor/", &[("code", &app.code(&site, 0))])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(browser.who().await, "ann@example.com");
    assert_eq!(browser.get("/payroll/").await.status, 200, "two of two kinds");
    let proofs: (Option<i64>, Option<i64>) = site
        .kit
        .file()
        .query_row(
            "SELECT password_at, oidc_at FROM vauban_session ORDER BY created DESC",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(proofs.0.is_none() && proofs.1.is_some(), "{proofs:?}");
}

/// CWE-308. Attack: the same where the second factor is a passkey, and no app.
#[tokio::test]
async fn cwe_308_a_passkey_is_asked_after_a_provider() {
    let (site, provider) = site("").await;
    linked(&site, &provider, "ann").await;
    let now = site.kit.clock.now().as_microsecond();
    site.kit
        .file()
        .execute(
            "INSERT INTO vauban_passkey (id, user, credential, key, counter, name, added, row_version)
             SELECT randomblob(16), id, x'01', '{}', 0, 'Key', ?1, 1 FROM user",
            [now],
        )
        .unwrap();
    let mut browser = site.browser();
    let reply = sign_in(&mut browser, &provider, "ann").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/factor/")
    );
    assert!(browser.session().is_none());
}

/// Only whoever has just proved who they are links; a stranger, and the identity of somebody else, do not.
#[tokio::test]
async fn cwe_620_linking_asks_for_a_proof() {
    let (site, provider) = site("").await;
    site.kit.person("ann@example.com").await;
    let mut ann = signed_in(&site, "ann@example.com").await;
    site.kit.later(601);
    let reply = press(&mut ann, "/accounts/links/company/").await;
    assert!(
        reply.header("location").starts_with("/accounts/confirm/"),
        "{}",
        reply.status
    );
    let mut stranger = site.browser();
    let reply = press(&mut stranger, "/accounts/links/company/").await;
    assert!(
        reply.header("location").starts_with("/accounts/login/"),
        "{}",
        reply.status
    );
    // CWE-352. Attack: what bob has begun, in a session that is ann's by now.
    linked(&site, &provider, "bob").await;
    let mut bob = signed_in(&site, "bob@example.com").await;
    let to = address(&press(&mut bob, "/accounts/links/company/").await);
    bob.cookies.remove("__Host-session");
    assert_eq!(bob.sign_in("ann@example.com", PASSWORD).await.status, 303);
    let reply = back(&mut bob, &provider.sign_in(&to, "eve")).await;
    assert_eq!(reply.status, 400);
    // An identity that is bob's is not ann's as well.
    let mut ann = signed_in(&site, "ann@example.com").await;
    assert_eq!(link(&mut ann, &provider, "bob").await.status, 409);
}

/// CWE-613, CWE-640. Attack: whoever was in the account linked an identity of their own; its owner chooses a new password by their mailbox.
#[tokio::test]
async fn cwe_613_a_reset_takes_the_links_of_an_intruder_away() {
    let (site, provider) = site("").await;
    linked(&site, &provider, "ann").await;
    let mut thief = signed_in(&site, "ann@example.com").await;
    assert_eq!(link(&mut thief, &provider, "eve").await.status, 303);
    assert_eq!(sign_in(&mut site.browser(), &provider, "eve").await.status, 303);
    let mut ann = site.browser();
    ann.submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    let reset = site.link().await;
    let reply = ann.submit(&reset, &[("password", "a lamp in the orchard")]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    for who in ["eve", "ann"] {
        let reply = sign_in(&mut thief, &provider, who).await;
        assert_eq!((reply.status, thief.who().await.as_str()), (403, ""), "{who}");
    }
}

/// CWE-613. Attack: the session that came by an identity which its owner removes.
#[tokio::test]
async fn cwe_613_what_came_by_a_removed_identity_ends() {
    let (site, provider) = site("").await;
    let mut ann = linked(&site, &provider, "ann").await;
    let mut thief = site.browser();
    assert_eq!(sign_in(&mut thief, &provider, "ann").await.status, 303);
    assert_eq!(thief.who().await, "ann@example.com");
    let page = ann.get("/accounts/links/").await;
    let (_, rest) = page.body.split_once("/accounts/links/remove/").unwrap();
    let remove = format!("/accounts/links/remove/{}", rest.split_once('"').unwrap().0);
    assert_eq!(press(&mut ann, &remove).await.status, 303);
    assert_eq!(thief.who().await, "");
    assert_eq!(ann.who().await, "ann@example.com");
}

/// CWE-384. Attack: a copy of the cookie of a sign-in that was begun before in this browser.
#[tokio::test]
async fn cwe_384_each_sign_in_has_a_cookie_of_its_own() {
    let (site, provider) = site("").await;
    linked(&site, &provider, "ann").await;
    let mut victim = site.browser();
    begin(&mut victim).await;
    let copy = victim.cookies["__Host-oidc"].clone();
    begin(&mut victim).await;
    let mut attacker = site.browser();
    attacker.cookies.insert("__Host-oidc".to_owned(), copy.clone());
    let to = begin(&mut attacker).await;
    assert_ne!(victim.cookies["__Host-oidc"], copy);
    assert_ne!(attacker.cookies["__Host-oidc"], copy);
    let sent = provider.sign_in(&to, "ann");
    assert_eq!(back(&mut victim, &sent).await.status, 400);
    assert_eq!(back(&mut attacker, &sent).await.status, 303);
    assert!(!attacker.cookies.contains_key("__Host-oidc"));
}

/// CWE-598. The code and the state stand in the address of the page that comes back: it goes along to nobody.
#[tokio::test]
async fn cwe_598_a_code_goes_along_to_nobody() {
    let (site, provider) = site("").await;
    linked(&site, &provider, "ann").await;
    let mut browser = site.browser();
    let to = begin(&mut browser).await;
    let reply = browser.get(&provider.sign_in(&to, "ann")).await;
    assert_eq!(
        (reply.status, reply.header("referrer-policy")),
        (200, "strict-origin")
    );
    let reply = browser.get("/accounts/login/").await;
    assert_ne!(reply.header("referrer-policy"), "strict-origin");
}

/// `links/`: told by mail, in the account's events; removed by its owner only; never the last way in.
#[tokio::test]
async fn cwe_639_links_are_their_owners() {
    let (site, provider) = site(DOMAIN).await;
    let mut ann = linked(&site, &provider, "ann").await;
    let page = ann.get("/accounts/links/").await;
    let (_, rest) = page.body.split_once("/accounts/links/remove/").unwrap();
    let remove = format!("/accounts/links/remove/{}", rest.split_once('"').unwrap().0);
    assert!(
        ann.get("/accounts/security/")
            .await
            .body
            .contains("Linked to a sign-in elsewhere")
    );
    linked(&site, &provider, "bob").await;
    let mut bob = signed_in(&site, "bob@example.com").await;
    assert_eq!(press(&mut bob, &remove).await.status, 404);
    let reply = press(&mut ann, &remove).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/links/")
    );
    assert!(ann.get("/accounts/links/").await.body.contains("There is none"));
    assert!(
        ann.get("/accounts/security/")
            .await
            .body
            .contains("A link to a sign-in elsewhere removed")
    );
    let mails = site.mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.text().contains("opens your account no more"))
    );
    // CWE-287: what she took away comes back by no address, neither the same identity nor another of that provider.
    provider.say(|says| says.claims = Box::new(|claims| claims["email"] = json!("ann@example.com")));
    for who in ["ann", "ann-2"] {
        let mut thief = site.browser();
        let reply = sign_in(&mut thief, &provider, who).await;
        assert_eq!((reply.status, thief.who().await.as_str()), (403, ""), "{who}");
    }
    provider.say(|says| says.claims = Box::new(|_| ()));
    // By hand it does.
    link(&mut ann, &provider, "ann").await;
    assert_eq!(sign_in(&mut site.browser(), &provider, "ann").await.status, 303);
    // Somebody who has no password.
    let mut cid = site.browser();
    assert_eq!(sign_in(&mut cid, &provider, "cid").await.status, 303, "signs up");
    // CWE-306: that the provider knew them is no proof of now; it is asked anew.
    let page = cid.get("/accounts/links/").await;
    assert!(page.body.contains("only way into your account"), "{}", page.body);
    let id: Vec<u8> = site
        .kit
        .file()
        .query_row(
            "SELECT id FROM vauban_provider_link WHERE subject = 'cid'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let remove = format!("/accounts/links/remove/{}/", uuid::Uuid::from_slice(&id).unwrap());
    let reply = press(&mut cid, &remove).await;
    assert!(
        reply.header("location").starts_with("/accounts/confirm/"),
        "{}",
        reply.header("location")
    );
    let to = press(&mut cid, "/accounts/confirm/company/?next=%2Faccounts%2Flinks%2F").await;
    let to = address(&to);
    assert!(to.contains("max_age=0") && to.contains("prompt=login"), "{to}");
    let reply = back(&mut cid, &provider.sign_in(&to, "cid")).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/links/"),
        "{}",
        reply.body
    );
    assert_eq!(press(&mut cid, &remove).await.status, 303);
    let many: i64 = site
        .kit
        .file()
        .query_row(
            "SELECT count(*) FROM vauban_provider_link WHERE subject = 'cid'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(many, 1, "it stays");
}

/// ASVS 7.6.1, 6.8.4, CWE-306. Attack: a proof of now by a sign-in at the provider that is hours old, by somebody else's, or by a provider that
/// does not say when.
#[tokio::test]
async fn asvs_7_6_1_a_proof_by_a_provider_is_of_now_and_of_its_owner() {
    let (site, provider) = site(DOMAIN).await;
    let mut ann = linked(&site, &provider, "ann").await;
    linked(&site, &provider, "bob").await;
    site.kit.later(601);
    let confirm = async |who: &'static str, browser: &mut Browser| {
        let page = browser.get("/accounts/confirm/").await;
        assert!(page.body.contains("Ask company"), "{}", page.body);
        let to = press(browser, "/accounts/confirm/company/?next=%2Fpay%2F").await;
        back(browser, &provider.sign_in(&address(&to), who)).await
    };
    let old = site.kit.clock.now().as_second() - 3600;
    provider.say(|says| says.claims = Box::new(move |claims| claims["auth_time"] = json!(old)));
    assert_eq!(confirm("ann", &mut ann).await.status, 502);
    provider.say(|says| {
        says.claims = Box::new(|claims| drop(claims.as_object_mut().unwrap().remove("auth_time")));
    });
    assert_eq!(confirm("ann", &mut ann).await.status, 502);
    provider.say(|says| says.claims = Box::new(|_| ()));
    assert_eq!(confirm("bob", &mut ann).await.status, 403);
    assert_eq!(ann.get("/pay/").await.status, 303, "still asked");
    let before = ann.session().cloned();
    let reply = confirm("ann", &mut ann).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/pay/"),
        "{}",
        reply.body
    );
    assert_ne!(ann.session().cloned(), before);
    assert_eq!(ann.get("/pay/").await.status, 200);
    // A sign-in by a session there that is hours old is none of now either.
    provider.say(|says| says.claims = Box::new(move |claims| claims["auth_time"] = json!(old)));
    let mut other = site.browser();
    assert_eq!(sign_in(&mut other, &provider, "ann").await.status, 303);
    assert_eq!(other.get("/members/").await.status, 200);
    assert_eq!(other.get("/pay/").await.status, 303);
}

/// Sign-up by a provider: where everybody may, for a verified address of a domain that it speaks for; an account without a password.
#[tokio::test]
async fn accounts_are_made_by_sign_up_only() {
    for (how, makes) in [
        (SignUps::Open, true),
        (SignUps::Invited, false),
        (SignUps::Closed, false),
    ] {
        let provider = Provider::start(&crate::sessions::Clock::default()).await;
        let site = site_of(&[("company", &provider, DOMAIN)], |kit| {
            std::sync::Arc::get_mut(&mut kit.accounts).unwrap().sign_up = how;
        })
        .await;
        let mut browser = site.browser();
        let reply = sign_in(&mut browser, &provider, "new").await;
        assert_eq!(reply.status, if makes { 303 } else { 403 }, "{how:?}");
        assert_eq!(browser.who().await, if makes { "new@example.com" } else { "" });
        if makes {
            let mut again = site.browser();
            assert_eq!(sign_in(&mut again, &provider, "new").await.status, 303);
            assert_eq!(
                again.sign_in("new@example.com", "").await.status,
                422,
                "there is no password"
            );
            // And a second factor of ours, which is asked then.
            let to = press(&mut again, "/accounts/confirm/company/").await;
            assert_eq!(
                back(&mut again, &provider.sign_in(&address(&to), "new"))
                    .await
                    .status,
                303
            );
            enrol(&site, &mut again).await;
            let mut third = site.browser();
            let reply = sign_in(&mut third, &provider, "new").await;
            assert_eq!(reply.header("location"), "/accounts/login/factor/");
        }
    }
}

/// Where the site asks more at sign-up, its page does: with the address that the provider has proved.
#[tokio::test]
async fn own_fields_are_asked_behind_the_proof() {
    let provider = Provider::start(&crate::sessions::Clock::default()).await;
    let site = site_of(&[("company", &provider, DOMAIN)], |kit| {
        let own = std::sync::Arc::new(crate::own_fields::Asked::<crate::tests::own_fields::Profile>::NEW);
        std::sync::Arc::get_mut(&mut kit.accounts).unwrap().own_fields = Some(own);
    })
    .await;
    let mut browser = site.browser();
    let reply = sign_in(&mut browser, &provider, "new").await;
    let page = reply.header("location").to_owned();
    assert!(page.starts_with("/accounts/signup/"), "{page}");
    assert_eq!(browser.who().await, "");
    let reply = browser.get(&page).await;
    assert!(reply.body.contains("new@example.com"), "{}", reply.body);
}

/// CWE-459. With an account go its links.
#[tokio::test]
async fn cwe_459_nothing_remains() {
    let (site, provider) = site("").await;
    let mut ann = linked(&site, &provider, "ann").await;
    press(&mut ann, "/accounts/links/company/").await;
    begin(&mut ann).await;
    let person = site
        .kit
        .file()
        .query_row("SELECT id FROM user", [], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    let unit = site.kit.units.begin();
    site.accounts
        .users
        .erase(&unit.db(), uuid::Uuid::from_slice(&person).unwrap())
        .await
        .unwrap();
    unit.finish(true).await.unwrap();
    for (table, left) in [("vauban_provider_link", 0), ("vauban_begun_sign_in", 1)] {
        let sql = format!("SELECT count(*) FROM {table}");
        let many: i64 = site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(many, left, "{table}");
    }
}
