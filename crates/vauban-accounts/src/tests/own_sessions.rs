//! The page of one's own sessions, and ending them.

use super::PASSWORD;
use super::browser::{Browser, Reply, TestSite};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const PAGE: &str = "/accounts/sessions/";

async fn signed_in(site: &TestSite, email: &str) -> Browser {
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    browser
}

/// The paths of the page's buttons that end one session.
fn buttons(page: &Reply) -> Vec<String> {
    let parts = page.body.split("action=\"/accounts/sessions/").skip(1);
    let rest = parts
        .filter_map(|part| part.split_once('"'))
        .map(|(rest, _)| rest);
    rest.filter(|rest| !rest.is_empty())
        .map(|rest| format!("{PAGE}{rest}"))
        .collect()
}

async fn end(site: &TestSite, browser: &mut Browser, path: &str) -> Reply {
    let form = site.token_for(browser, path).await;
    browser.post(path, &form, &[]).await
}

/// ASVS 7.5.2, CWE-613. People see where they are signed in, and end what is not theirs.
#[tokio::test]
async fn asvs_7_5_2_people_see_their_sessions_and_end_them() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site.kit.person("ben@example.com").await;
    let mut thief = site.browser();
    thief.agent = FIREFOX;
    thief.client = [198, 51, 100, 77].into();
    thief.sign_in("ann@example.com", PASSWORD).await;
    signed_in(&site, "ben@example.com").await;
    let mut ann = signed_in(&site, "ann@example.com").await;
    let page = ann.get(PAGE).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body.contains("Firefox on Linux") && page.body.contains("198.51.100.0/24"),
        "{}",
        page.body
    );
    // CWE-359: of an address only the network is kept.
    assert!(!page.body.contains("198.51.100.77"));
    assert_eq!(
        page.body.matches("<li>").count(),
        2,
        "Ben's is not there: {}",
        page.body
    );
    assert_eq!(page.body.matches("(this one)").count(), 1);
    let [one] = &buttons(&page)[..] else {
        panic!("{}", page.body)
    };
    assert_eq!(thief.who().await, "ann@example.com");
    let reply = end(&site, &mut ann, one).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, PAGE),
        "{}",
        reply.body
    );
    assert_eq!(thief.who().await, "");
    assert_eq!(ann.who().await, "ann@example.com");
    assert_eq!(end(&site, &mut ann, one).await.status, 404, "once");
}

/// CWE-639. Attack: the id of somebody else's session is sent. It is as one that never was.
#[tokio::test]
async fn cwe_639_somebody_elses_session_is_not_ended() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site.kit.person("mallory@example.com").await;
    let mut ann = signed_in(&site, "ann@example.com").await;
    let mut other = signed_in(&site, "ann@example.com").await;
    let path = buttons(&ann.get(PAGE).await).remove(0);
    let mut mallory = signed_in(&site, "mallory@example.com").await;
    signed_in(&site, "mallory@example.com").await;
    let mut seen = std::collections::BTreeSet::new();
    for path in [
        &path[..],
        "/accounts/sessions/7d6b2f60-4f0e-4c58-9c7a-0c1b9f0b7a11/",
    ] {
        let reply = end(&site, &mut mallory, path).await;
        seen.insert((reply.status, reply.body));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen.first().map(|seen| seen.0), Some(404));
    assert_eq!(ann.who().await, "ann@example.com");
    assert_eq!(other.who().await, "ann@example.com");
}

/// ASVS 7.5.2. Attack: somebody at a session that was left open throws its owner out everywhere else.
#[tokio::test]
async fn asvs_7_5_2_ending_sessions_asks_who_one_is() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut owner = signed_in(&site, "ann@example.com").await;
    let mut left = signed_in(&site, "ann@example.com").await;
    let one = buttons(&left.get(PAGE).await).remove(0);
    site.kit.later(600);
    for path in [&one[..], PAGE] {
        let reply = end(&site, &mut left, path).await;
        assert_eq!(reply.status, 303);
        assert!(
            reply.header("location").starts_with("/accounts/confirm/"),
            "{reply:?}"
        );
        assert_eq!(owner.who().await, "ann@example.com", "{path}");
    }
}

/// ASVS 7.5.2, CWE-613. All others end at once, also those that are remembered, and nobody else's.
#[tokio::test]
async fn asvs_7_5_2_all_others_end_at_once() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site.kit.person("ben@example.com").await;
    let mut ben = signed_in(&site, "ben@example.com").await;
    let mut others = Vec::new();
    for fields in [&[][..], &[("remember", "on")]] {
        let mut browser = site.browser();
        let known = [("email", "ann@example.com"), ("password", PASSWORD)];
        browser
            .submit("/accounts/login/", &[&known, fields].concat())
            .await;
        others.push(browser);
    }
    let mut ann = signed_in(&site, "ann@example.com").await;
    let reply = end(&site, &mut ann, PAGE).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, PAGE),
        "{}",
        reply.body
    );
    for other in &mut others {
        assert_eq!(other.who().await, "");
    }
    assert_eq!(ann.who().await, "ann@example.com");
    assert_eq!(ben.who().await, "ben@example.com");
    let page = ann.get(PAGE).await;
    assert!(!page.body.contains("End all others"), "{}", page.body);
}

/// CWE-200, CWE-522. Attack: whoever reads the page over a shoulder, or a cache's copy of it, looks for a session in it.
#[tokio::test]
async fn cwe_522_the_page_shows_no_token_and_no_hash_of_one() {
    use base64::Engine as _;
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let other = signed_in(&site, "ann@example.com").await;
    let mut ann = signed_in(&site, "ann@example.com").await;
    let page = ann.get(PAGE).await;
    assert!(page.header("cache-control").contains("no-store"));
    for browser in [&ann, &other] {
        let cookie = browser.session().unwrap();
        let token = crate::sessions::SessionToken::from_cookie(cookie).unwrap();
        let hash = token.hash();
        let hex: String = hash.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash.as_bytes());
        for secret in [cookie.as_str(), &hex[..32], &base64] {
            assert!(!page.body.contains(secret), "{}", page.body);
        }
    }
}

/// ASVS 14.3.1. What a browser keeps of the pages goes at sign-out; what it was known by stays, and the message as well.
#[tokio::test]
async fn asvs_14_3_1_a_browser_clears_what_it_keeps_at_sign_out() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut ann = signed_in(&site, "ann@example.com").await;
    let form = site.token_for(&ann, "/accounts/logout/").await;
    let reply = ann.post("/accounts/logout/", &form, &[]).await;
    assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(ann.session().is_none() && ann.cookies.contains_key("__Host-device"));
}

/// ASVS 7.4.5. An account was taken over: whoever runs the site throws everybody out of it, or out of the site.
#[tokio::test]
async fn asvs_7_4_5_an_administrator_ends_the_sessions_of_one_or_of_all() {
    let site = TestSite::new();
    let mut browsers = Vec::new();
    for email in ["ann@example.com", "ben@example.com", "ann@example.com"] {
        if browsers.len() < 2 {
            site.kit.person(email).await;
        }
        browsers.push(signed_in(&site, email).await);
    }
    let end = async |whose: Option<&str>| {
        let whose = whose.map(|text| crate::Email::parse(text).unwrap());
        site.accounts.end_sessions(whose.as_ref()).await.unwrap()
    };
    assert_eq!(end(Some("nobody@example.com")).await, None);
    assert_eq!(end(Some("ann@example.com")).await, Some(2));
    let mut who = Vec::new();
    for browser in &mut browsers {
        who.push(browser.who().await);
    }
    assert_eq!(who, ["", "ben@example.com", ""]);
    assert_eq!(end(None).await, Some(1));
    assert_eq!(browsers[1].who().await, "");
}
