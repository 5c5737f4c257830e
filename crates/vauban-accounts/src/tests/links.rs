//! Attacks on what is behind the links of mails.

use std::collections::BTreeSet;

use super::PASSWORD;
use super::browser::{Reply, TestSite, path_of, token};

const NEW: &str = "seven red herrings";

/// What a stranger sees of an answer, without what is random in it.
fn visible(reply: &Reply) -> (u16, String, String) {
    let token = token(&reply.body).unwrap_or("no token").to_owned();
    let headers: BTreeSet<_> = reply
        .headers
        .iter()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "x-request-id" | "content-security-policy" | "set-cookie"
            )
        })
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    let headers = headers.into_iter().collect::<Vec<_>>().join("\n");
    (reply.status, headers, reply.body.replace(&token, "TOKEN"))
}

fn count(site: &TestSite, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap()
}

async fn reset_link(site: &TestSite, email: &str) -> String {
    let reply = site
        .browser()
        .submit("/accounts/reset/", &[("email", email)])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    site.link().await
}

/// ASVS 6.3.8, CWE-204. Attack: whether an address has an account is read from the answer, its headers, the rows that are
/// written, or the number of mails.
#[tokio::test]
async fn asvs_6_3_8_neither_sign_up_nor_reset_tells_who_has_an_account() {
    for page in ["/accounts/signup/", "/accounts/reset/"] {
        let site = TestSite::new();
        site.kit.person("ann@example.com").await;
        site.kit.person("eve@example.com").await;
        let file = site.kit.file();
        file.execute(
            "UPDATE user SET is_active = 0 WHERE email = 'eve@example.com'",
            [],
        )
        .unwrap();
        let mut seen = BTreeSet::new();
        for (number, email) in ["ann@example.com", "bob@example.com", "eve@example.com"]
            .iter()
            .enumerate()
        {
            let reply = site.browser().submit(page, &[("email", email)]).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            seen.insert(visible(&reply));
            let sent = i64::try_from(number + 1).unwrap();
            assert_eq!(count(&site, "vauban_link"), sent, "{email}");
            assert_eq!(count(&site, "vauban_tasks_task"), sent, "{email}");
        }
        assert_eq!(seen.len(), 1, "{seen:?}");
        let mails = site.mails().await;
        let told: Vec<_> = mails
            .iter()
            .map(|mail| (mail.to()[0], !mail.links().is_empty()))
            .collect();
        assert_eq!(told[0], ("ann@example.com", true));
        // Who has no account gets a link to one; who has a closed one gets none.
        assert_eq!(told[1], ("bob@example.com", page.contains("signup")));
        assert_eq!(told[2], ("eve@example.com", false));
        assert!(!mails[1].links().iter().any(|link| link.contains("/reset/")));
    }
}

/// CWE-799: three mails an hour to one address and twenty from one client, known or not, and the same answer to both.
#[tokio::test]
async fn cwe_799_mails_are_throttled_alike_whoever_has_the_address() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut refused = BTreeSet::new();
    for (client, email) in [(3, "ann@example.com"), (4, "bob@example.com")] {
        let mut browser = site.browser();
        browser.client = [192, 0, 2, client].into();
        for n in 0..5 {
            let reply = browser.submit("/accounts/reset/", &[("email", email)]).await;
            assert_eq!(reply.status, if n < 3 { 200 } else { 429 }, "{email} {n}");
            if n == 4 {
                let mut seen = visible(&reply);
                seen.2 = seen.2.replace(email, "ADDRESS");
                // To the second.
                seen.1 = seen.1.replace("3599", "3600");
                refused.insert(seen);
            }
        }
        // Another purpose has a count of its own.
        let reply = browser.submit("/accounts/signup/", &[("email", email)]).await;
        assert_eq!(reply.status, 200);
    }
    assert_eq!(refused.len(), 1, "{refused:?}");
    let mut browser = site.browser();
    browser.client = [192, 0, 2, 5].into();
    let mut sent = 0;
    for n in 0..25 {
        let email = format!("somebody{n}@example.com");
        let reply = browser.submit("/accounts/signup/", &[("email", &email)]).await;
        sent += i32::from(reply.status == 200);
    }
    assert_eq!(sent, 20);
    site.kit.later(3601);
    let reply = browser
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    assert_eq!(reply.status, 200);
}

/// ASVS 6.4.1, CWE-640, CVE-2026-18963. Attacks: a link twice, of another purpose, malformed, made up, over, or replaced by a newer one. All
/// are one page, the same bytes, by GET and by POST, and nothing is done.
#[tokio::test]
async fn asvs_6_4_1_a_link_that_is_not_good_is_one_page() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let older = reset_link(&site, "ann@example.com").await;
    let spent = reset_link(&site, "ann@example.com").await;
    let reply = site.browser().submit(&spent, &[("password", NEW)]).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/")
    );
    let over = reset_link(&site, "ann@example.com").await;
    site.kit.later(20 * 60);
    let sign_up = site.sign_up_link("bob@example.com").await;
    let other = sign_up.replace("/signup/", "/reset/");
    let mut shortened = over.clone();
    shortened.remove(over.len() - 3);
    let made_up = format!("/accounts/reset/{}/", "A".repeat(43));
    let mut seen = BTreeSet::new();
    for link in [
        &older,
        &spent,
        &over,
        &other,
        &shortened,
        &made_up,
        &"/accounts/reset/x/".to_owned(),
        &"/accounts/reset/%F0%9F%94%91/".to_owned(),
        &"/accounts/signup/x/".to_owned(),
        &spent.replace("/reset/", "/signup/"),
    ] {
        let mut browser = site.browser();
        let reply = browser.get(link).await;
        assert!(
            reply.body.contains("/accounts/reset/\""),
            "the way to a new one: {}",
            reply.body
        );
        seen.insert(visible(&reply));
        let token = site.token_for(&browser, link).await;
        let reply = browser
            .post(link, &token, &[("password", "nine quiet ferries")])
            .await;
        seen.insert(visible(&reply));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen.first().unwrap().0, 404);
    assert_eq!(site.browser().sign_in("ann@example.com", NEW).await.status, 303);
    assert_eq!(count(&site, "user"), 1);
    // The sign-up's link was not used by any of it.
    let mut bob = site.browser();
    assert_eq!(bob.submit(&sign_up, &[("password", NEW)]).await.status, 303);
    assert_eq!(bob.who().await, "bob@example.com");
}

/// outline#9227. Attack on everybody: a program that reads mails follows each link, again and again.
#[tokio::test]
async fn cwe_352_following_a_link_changes_nothing() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    for link in [
        reset_link(&site, "ann@example.com").await,
        site.sign_up_link("bob@example.com").await,
    ] {
        for _ in 0..3 {
            let reply = site.browser().get(&link).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            assert!(reply.header("cache-control").contains("no-store"));
            assert_eq!(reply.header("referrer-policy"), "strict-origin");
            assert!(!reply.body.contains("http-equiv") && !reply.body.contains("<script"));
        }
        let reply = site.browser().submit(&link, &[("password", NEW)]).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
    }
}

/// CWE-367. Attack: a link eight times at once. One wins.
#[tokio::test(flavor = "multi_thread")]
async fn cwe_367_of_eight_uses_of_a_link_at_once_one_wins() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    for (link, table, rows) in [
        (reset_link(&site, "ann@example.com").await, "vauban_credential", 1),
        (site.sign_up_link("bob@example.com").await, "user", 2),
    ] {
        let mut uses = Vec::new();
        for n in 0..8 {
            let (mut browser, link) = (site.browser(), link.clone());
            let page = browser.get(&link).await;
            let token = token(&page.body).unwrap().to_owned();
            uses.push(tokio::spawn(async move {
                let password = format!("seven red herrings {n}");
                let reply = browser.post(&link, &token, &[("password", &password)]).await;
                (
                    reply.status,
                    if reply.status == 303 { password } else { reply.body },
                )
            }));
        }
        let mut won = Vec::new();
        for used in uses {
            match used.await.unwrap() {
                (303, password) => won.push(password),
                (status, said) => assert_eq!(status, 404, "{said}"),
            }
        }
        assert_eq!(won.len(), 1, "{link}");
        assert_eq!(count(&site, table), rows);
    }
}

/// ASVS 6.4.3, CWE-308, lemmy#3714: a reset signs nobody in, ends every session, and is told by mail.
#[tokio::test]
async fn asvs_6_4_3_a_reset_signs_nobody_in_and_ends_every_session() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let (mut thief, mut own) = (site.browser(), site.browser());
    thief.sign_in("ann@example.com", PASSWORD).await;
    // From a browser that has a session as somebody else: it stays what it was.
    site.kit.person("bob@example.com").await;
    own.sign_in("bob@example.com", PASSWORD).await;
    let before = own.session().cloned();
    let link = reset_link(&site, "ann@example.com").await;
    let reply = own.submit(&link, &[("password", NEW)]).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/login/")
    );
    assert_eq!(own.session().cloned(), before);
    assert_eq!(own.who().await, "bob@example.com");
    assert_eq!(thief.who().await, "");
    let mut stranger = site.browser();
    let link = reset_link(&site, "ann@example.com").await;
    let reply = stranger
        .submit(&link, &[("password", "nine quiet ferries")])
        .await;
    assert_eq!(reply.status, 303);
    assert_eq!(stranger.session(), None);
    let mails = site.mails().await;
    let last = mails.last().unwrap();
    assert_eq!(last.template(), "accounts/mail/password_changed");
    assert_eq!(last.to(), ["ann@example.com"]);
    assert_eq!(site.browser().sign_in("ann@example.com", NEW).await.status, 422);
    assert_eq!(
        site.browser()
            .sign_in("ann@example.com", "nine quiet ferries")
            .await
            .status,
        303
    );
}

/// CWE-613, CWE-640: a link to a new password dies with a sign-in, a change of the password or of the address, and with the account.
#[tokio::test]
async fn cwe_613_a_reset_link_dies_with_any_change() {
    for change in [
        "sign-in",
        "UPDATE vauban_credential SET hash = '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA'",
        "UPDATE user SET email = 'ann.new@example.com'",
        "UPDATE user SET is_active = 0",
        "DELETE FROM user",
    ] {
        let site = TestSite::new();
        site.kit.person("ann@example.com").await;
        let link = reset_link(&site, "ann@example.com").await;
        let mut browser = site.browser();
        let page = browser.get(&link).await;
        assert_eq!(page.status, 200);
        let token = token(&page.body).unwrap().to_owned();
        match change {
            "sign-in" => {
                let reply = site.browser().sign_in("ann@example.com", PASSWORD).await;
                assert_eq!(reply.status, 303);
            }
            sql => drop(site.kit.file().execute(sql, []).unwrap()),
        }
        assert_eq!(
            browser.post(&link, &token, &[("password", NEW)]).await.status,
            404,
            "{change}"
        );
        assert_eq!(browser.get(&link).await.status, 404, "{change}");
    }
}

/// better-auth#11023. Attack: somebody signs up with the victim's address and a password of their own, and waits for the victim to
/// follow the link.
#[tokio::test]
async fn cwe_287_nothing_of_who_typed_the_address_is_in_the_account() {
    let site = TestSite::new();
    let fields = [
        ("email", "ann@example.com"),
        ("password", "the attacker's own words"),
        ("name", "Mallory"),
    ];
    site.browser().submit("/accounts/signup/", &fields).await;
    let link = site.link().await;
    let mut ann = site.browser();
    assert_eq!(ann.submit(&link, &[("password", NEW)]).await.status, 303);
    let reply = site
        .browser()
        .sign_in("ann@example.com", "the attacker's own words")
        .await;
    assert_eq!(reply.status, 422);
    let name: String = site
        .kit
        .file()
        .query_row("SELECT name FROM user", [], |row| row.get(0))
        .unwrap();
    assert_eq!(name, "");
}

/// CVE-2023-7028. Attacks: two addresses; another spelling of one, which finds somebody's account and would have the mail sent
/// to the typed one.
#[tokio::test]
async fn cve_2023_7028_the_mail_goes_to_the_address_that_is_stored() {
    let site = TestSite::new();
    site.kit.person("moss@example.com").await;
    for fields in [
        vec![("email", "moss@example.com"), ("email", "evil@example.com")],
        vec![("email[]", "moss@example.com"), ("email[]", "evil@example.com")],
        vec![("email", "moss@example.com,evil@example.com")],
        vec![("email", "mo\u{df}@example.com")],
    ] {
        site.browser().submit("/accounts/reset/", &fields).await;
        assert!(site.mails().await.is_empty(), "{fields:?}");
    }
    site.browser()
        .submit("/accounts/reset/", &[("email", " MOSS@Example.COM ")])
        .await;
    assert_eq!(site.mails().await[0].to(), ["moss@example.com"]);
}

/// CWE-644. Attack: the victim's link leads to where the attacker's `Host` says.
#[tokio::test]
async fn cwe_644_links_are_of_the_configured_origin() {
    let site = TestSite::with(|settings| settings.origins = vec!["https://example.com".parse().unwrap()]);
    site.kit.person("ann@example.com").await;
    let mut browser = site.browser();
    for host in ["localhost", "localhost:1", "evil.example"] {
        browser.host = host;
        browser
            .submit("/accounts/signup/", &[("email", "ann@example.com")])
            .await;
    }
    let mails = site.mails().await;
    assert!(!mails.is_empty());
    for mail in &mails {
        for link in mail.links() {
            assert!(link.starts_with("https://example.com/accounts/"), "{link}");
        }
        assert!(!mail.html().contains("evil") && !mail.html().contains("localhost"));
    }
}

/// CWE-522, CWE-312, devise#3894. Attack: the token is read in the database, while the mail waits and after it has left.
#[tokio::test]
async fn cwe_522_no_token_stands_in_the_database() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site.browser()
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    site.browser()
        .submit("/accounts/signup/", &[("email", "bob@example.com")])
        .await;
    let waiting = std::fs::read(site.kit.database.path()).unwrap();
    let wal = std::fs::read(format!("{}-wal", site.kit.database.path().display())).unwrap_or_default();
    let mails = site.mails().await;
    let tokens: Vec<String> = mails
        .iter()
        .flat_map(|mail| mail.links())
        .map(path_of)
        .filter_map(|path| path.split('/').find(|part| part.len() == 43).map(str::to_owned))
        .collect();
    assert_eq!(tokens.len(), 2, "{tokens:?}");
    let is_in = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    // The sample is one: the address stands there.
    assert!(is_in(&waiting, "ann@example.com") || is_in(&wal, "ann@example.com"));
    for token in tokens {
        assert!(!is_in(&waiting, &token) && !is_in(&wal, &token));
    }
}
