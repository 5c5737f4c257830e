//! "Stay signed in", and who has a copy of the cookie.

use std::time::Duration;

use super::browser::{Browser, TestSite, token};
use super::{Kit, PASSWORD};
use crate::accounts::Said;
use crate::sessions::{Found, Start, Visitor};
use crate::settings::Remember;

const DAY: u64 = 86_400;

async fn remembered(site: &TestSite) -> Browser {
    let mut browser = site.browser();
    let known = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("remember", "on"),
    ];
    let reply = browser.submit("/accounts/login/", &known).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let cookies = reply.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|c| c.to_str().unwrap()).collect();
    let session = cookies.iter().find(|c| c.starts_with("__Host-session=")).unwrap();
    let (_, age) = session.split_once("; Max-Age=").unwrap();
    let age: u64 = age.split(';').next().unwrap().parse().unwrap();
    assert!((30 * DAY - 5..=30 * DAY).contains(&age), "{cookies:?}");
    browser
}

async fn site() -> TestSite {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    site
}

fn events(site: &TestSite, what: &str) -> i64 {
    let sql = "SELECT count(*) FROM vauban_account_event WHERE what = ?1";
    site.kit.file().query_row(sql, [what], |row| row.get(0)).unwrap()
}

/// ASVS 7.1.1, 7.3.2: who asks for it stays signed in for a month, each time under another token, and no longer.
#[tokio::test]
async fn asvs_7_3_2_who_asks_for_it_stays_signed_in_and_not_for_ever() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    let mut seen = std::collections::BTreeSet::new();
    for day in 0..30 {
        assert_eq!(ann.who().await, "ann@example.com", "{day}");
        seen.insert(ann.session().unwrap().clone());
        site.kit.later(DAY);
    }
    assert_eq!(seen.len(), 30, "each day has its token");
    assert_eq!(ann.who().await, "", "a month is the end of it");
    // Who did not ask is over in half an hour.
    let mut ann = site.browser();
    let reply = ann.sign_in("ann@example.com", PASSWORD).await;
    let mut cookies = reply.headers.get_all("set-cookie").iter();
    assert!(!cookies.any(|c| {
        let cookie = c.to_str().unwrap();
        cookie.starts_with("__Host-session=") && cookie.contains("Max-Age")
    }));
    site.kit.later(31 * 60);
    assert_eq!(ann.who().await, "");
}

/// ASVS 7.5.1, CWE-308. Attack: a notebook that was left open a day later. It is signed in, and proves nothing.
#[tokio::test]
async fn asvs_7_5_1_who_is_remembered_has_not_proved_who_they_are() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    assert_eq!(ann.get("/pay/").await.status, 200);
    site.kit.later(DAY);
    // Neither the request that renews nor the next one.
    for _ in 0..2 {
        let reply = ann.get("/pay/").await;
        assert_eq!(reply.header("location"), "/accounts/confirm/?next=%2Fpay%2F");
    }
    let reply = ann
        .submit("/accounts/confirm/?next=%2Fpay%2F", &[("password", PASSWORD)])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(ann.get("/pay/").await.status, 200);
    // And stays remembered, until the same day.
    site.kit.later(28 * DAY);
    assert_eq!(ann.who().await, "ann@example.com");
    site.kit.later(DAY);
    assert_eq!(ann.who().await, "");
}

/// spring-security#3079. Two tabs of a restored window come back at once, with the same cookie: neither is a thief.
#[tokio::test]
async fn two_tabs_that_come_back_at_once_are_one_browser() {
    let site = site().await;
    let mut one = remembered(&site).await;
    let old = one.session().unwrap().clone();
    site.kit.later(DAY);
    let mut other = one.clone();
    assert_eq!(one.who().await, "ann@example.com");
    site.kit.later(59);
    assert_eq!(other.who().await, "ann@example.com");
    assert_ne!(one.session(), Some(&old));
    assert_eq!(one.session(), other.session(), "they have one token again");
    site.kit.later(120);
    assert_eq!(one.who().await, "ann@example.com");
    assert_eq!(other.who().await, "ann@example.com");
    assert_eq!(events(&site, "old_token_used"), 0);
}

/// CWE-362: at the very same moment, too.
#[tokio::test]
async fn two_tabs_at_the_same_moment_get_one_successor() {
    let kit = Kit::new();
    let ann = kit.person("ann@example.com").await;
    let sessions = &kit.accounts.sessions;
    let unit = kit.units.begin();
    let start = Start {
        remembered: sessions.remembered_from_now(&ann.facts),
        ..Start::default()
    };
    let (token, _) = sessions.begin(&unit.db(), ann.facts.id, start).await.unwrap();
    unit.finish(true).await.unwrap();
    kit.later(DAY);
    let finds = || sessions.find(&token, Visitor::default);
    let found = tokio::join!(finds(), finds(), finds(), finds());
    let next = |found| match found {
        Ok(Found::Renewed(row, next)) => {
            assert_eq!(row.token, next.hash());
            next.hash()
        }
        Ok(_) => panic!("no successor"),
        Err(error) => panic!("{error:?}"),
    };
    let first = next(found.0);
    for other in [found.1, found.2, found.3] {
        assert_eq!(next(other), first);
    }
    let rows: i64 = kit
        .file()
        .query_row("SELECT count(*) FROM vauban_renewed_token", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

/// CWE-294, CWE-613. Attack: a thief has a copy of the cookie. Whoever of the two comes second, the session ends for both, and its owner
/// reads why.
#[tokio::test]
async fn cwe_294_a_stolen_cookie_ends_with_its_owners() {
    for thief_first in [false, true] {
        let site = site().await;
        let mut ann = remembered(&site).await;
        let mut thief = ann.clone();
        let untouched = remembered(&site).await;
        site.kit.later(DAY);
        let (first, second) = match thief_first {
            true => (&mut thief, &mut ann),
            false => (&mut ann, &mut thief),
        };
        assert_eq!(first.who().await, "ann@example.com");
        site.kit.later(60);
        assert_eq!(second.who().await, "");
        assert_eq!(first.who().await, "", "the whole family");
        assert_eq!(events(&site, "old_token_used"), 1);
        let mut untouched = untouched;
        assert_eq!(
            untouched.who().await,
            "ann@example.com",
            "her other sign-in goes on"
        );
        // Again, and nothing more is written.
        let mut again = second.clone();
        assert_eq!(again.who().await, "");
        assert_eq!(events(&site, "old_token_used"), 1);
    }
}

/// CWE-294. Attack: the copy is older than one renewal.
#[tokio::test]
async fn cwe_294_a_token_of_days_ago_ends_the_session_too() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    let mut thief = ann.clone();
    for _ in 0..3 {
        site.kit.later(DAY);
        assert_eq!(ann.who().await, "ann@example.com");
    }
    assert_eq!(thief.who().await, "");
    assert_eq!(ann.who().await, "");
}

/// ASVS 7.4.3, CWE-613. What ends the sessions of an account ends what is remembered: a copy of the cookie opens nothing after it.
#[tokio::test]
async fn asvs_7_4_3_what_ends_sessions_ends_what_is_remembered() {
    for way in ["password", "reset", "deactivated", "signed out", "ended"] {
        let site = site().await;
        let mut ann = remembered(&site).await;
        site.kit.later(DAY);
        assert_eq!(ann.who().await, "ann@example.com");
        let mut copy = ann.clone();
        let mut elsewhere = site.browser();
        elsewhere.sign_in("ann@example.com", PASSWORD).await;
        match way {
            "password" => {
                let fields = [
                    ("old_password", PASSWORD),
                    ("new_password", "seven red herrings"),
                    ("new_password_again", "seven red herrings"),
                ];
                assert_eq!(elsewhere.submit("/accounts/password/", &fields).await.status, 303);
            }
            "reset" => {
                let asked = [("email", "ann@example.com")];
                elsewhere.submit("/accounts/reset/", &asked).await;
                let link = site.link().await;
                let new = [("password", "seven red herrings")];
                assert_eq!(site.browser().submit(&link, &new).await.status, 303);
            }
            "deactivated" => {
                let file = site.kit.file();
                file.execute("UPDATE user SET is_active = 0", []).unwrap();
                assert_eq!(copy.who().await, "");
                file.execute("UPDATE user SET is_active = 1", []).unwrap();
            }
            "signed out" => {
                let form = site.token_for(&ann, "/accounts/logout/").await;
                assert_eq!(
                    ann.clone().post("/accounts/logout/", &form, &[]).await.status,
                    303
                );
            }
            _ => {
                let page = elsewhere.get("/accounts/sessions/").await;
                let form = token(&page.body).unwrap().to_owned();
                let reply = elsewhere.post("/accounts/sessions/", &form, &[]).await;
                assert_eq!(reply.status, 303, "{}", reply.body);
            }
        }
        assert_eq!(copy.who().await, "", "{way}");
        assert_eq!(ann.who().await, "", "{way}");
        // Nor does it come back a day later.
        site.kit.later(DAY);
        assert_eq!(copy.who().await, "", "{way}");
    }
}

/// CWE-522. Attack: somebody reads the database's file, and sends what they find.
#[tokio::test]
async fn cwe_522_the_database_has_no_token_of_who_is_remembered() {
    use base64::Engine as _;
    let site = site().await;
    let mut ann = remembered(&site).await;
    let mut cookies = vec![ann.session().unwrap().clone()];
    site.kit.later(DAY);
    ann.who().await;
    cookies.push(ann.session().unwrap().clone());
    let path = site.kit.database.path();
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend(std::fs::read(path.with_extension("sqlite3-wal")).unwrap_or_default());
    for cookie in &cookies {
        let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(cookie)
            .unwrap();
        for secret in [cookie.as_bytes(), &raw] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret));
        }
    }
    let stolen: Vec<Vec<u8>> = [
        "SELECT token FROM vauban_session",
        "SELECT token FROM vauban_renewed_token",
    ]
    .iter()
    .map(|sql| site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap())
    .collect();
    for hash in stolen {
        let mut guess = site.browser();
        let cookie = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
        guess.cookies.insert("__Host-session".to_owned(), cookie);
        assert_eq!(guess.who().await, "");
    }
}

/// A form that was open when the session was renewed is sent all the same (CWE-352: its token is of this session), and what the session
/// held is gone with the limits that it outlived.
#[tokio::test]
async fn forms_outlive_a_renewal_and_what_the_session_held_does_not() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    let form = site.token_for(&ann, "/note/").await;
    let file = site.kit.file();
    file.execute("UPDATE vauban_session SET data = '{\"lent\":true}'", [])
        .unwrap();
    site.kit.later(3600);
    let reply = ann
        .post("/note/", &form, &[("title", "mine"), ("text", "x")])
        .await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "saved mine"));
    let data: String = file
        .query_row("SELECT data FROM vauban_session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(data, "");
    // Another's token is refused as ever.
    let mut other = remembered(&site).await;
    let reply = other
        .post("/note/", &form, &[("title", "mine"), ("text", "x")])
        .await;
    assert_ne!(reply.status, 200);
}

/// CWE-770: what is remembered is swept when its time is over, and not before; so are its old tokens, which are few.
#[tokio::test]
async fn cwe_770_rows_of_who_is_remembered_do_not_grow() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    for _ in 0..110 {
        site.kit.later(32 * 60);
        assert_eq!(ann.who().await, "ann@example.com");
    }
    assert_eq!(rows(&site, "vauban_renewed_token"), 14, "in 58 hours");
    site.kit.later(3 * DAY);
    let ben = site.kit.person("ben@example.com").await;
    site.kit.session(&ben, None).await;
    site.kit.accounts.clear_sessions().await.unwrap();
    assert_eq!(ann.who().await, "ann@example.com", "swept is only what is over");
    site.kit.later(30 * DAY);
    site.kit.session(&ben, None).await;
    assert_eq!(rows(&site, "vauban_session"), 1);
    assert_eq!(rows(&site, "vauban_renewed_token"), 0);
    remembered(&site).await;
    site.kit.later(DAY);
    site.kit.accounts.clear_sessions().await.unwrap();
    assert_eq!(rows(&site, "vauban_session"), 1);
}

fn rows(site: &TestSite, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// CWE-294. Attack: a thief renews until the row of the token that the owner has is dropped, so that its owner is but signed out.
#[tokio::test]
async fn cwe_294_a_thief_drops_no_evidence_by_renewing() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    let mut thief = ann.clone();
    for _ in 0..110 {
        site.kit.later(4 * 3600);
        assert_eq!(thief.who().await, "ann@example.com");
    }
    assert_eq!(ann.who().await, "");
    assert_eq!(thief.who().await, "", "the session ended");
    assert_eq!(events(&site, "old_token_used"), 1);
}

/// CWE-294, CWE-460. The answer that brings the next token is an error's: the token arrives all the same, and its owner is no thief later.
#[tokio::test]
async fn cwe_294_a_token_is_not_lost_with_an_answer_that_is_undone() {
    for way in ["422", "404", "403"] {
        let site = site().await;
        let mut ann = remembered(&site).await;
        let form = site.token_for(&ann, "/accounts/confirm/").await;
        let before = ann.session().unwrap().clone();
        site.kit.later(31 * 60);
        let status = match way {
            "422" => {
                let wrong = [("password", "not her password")];
                ann.post("/accounts/confirm/", &form, &wrong).await.status
            }
            "404" => {
                let nobodys = "/accounts/email/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/";
                ann.get(nobodys).await.status
            }
            _ => ann.get("/staff/").await.status,
        };
        assert_eq!(status.to_string(), way);
        assert_ne!(ann.session(), Some(&before), "{way}");
        site.kit.later(61);
        assert_eq!(ann.who().await, "ann@example.com", "{way}");
        assert_eq!(events(&site, "old_token_used"), 0);
    }
}

/// CWE-755. Nothing can be written: who is remembered reads on, under the token that they have.
#[tokio::test]
async fn a_site_that_cannot_write_shows_its_pages_to_who_is_remembered() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    let before = ann.session().unwrap().clone();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON vauban_session BEGIN SELECT RAISE(ABORT, 'full'); END";
    site.kit.file().execute_batch(full).unwrap();
    site.kit.later(DAY);
    assert_eq!(ann.get("/members/").await.status, 200);
    assert_eq!(ann.session(), Some(&before));
    site.kit.file().execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(ann.who().await, "ann@example.com");
    assert_ne!(ann.session(), Some(&before));
}

/// CWE-645. Attack: who has the session's cookie alone guesses at `confirm/`, so that its owner has to wait and cannot end it.
#[tokio::test]
async fn cwe_645_a_stolen_cookie_does_not_keep_its_owner_from_ending_it() {
    let site = site().await;
    let mut ann = remembered(&site).await;
    let mut thief = ann.clone();
    assert!(thief.cookies.remove("__Host-device").is_some());
    thief.client = [198, 51, 100, 7].into();
    site.kit.later(11 * 60);
    let mut status = 0;
    for _ in 0..30 {
        let wrong = [("password", "a guess")];
        status = thief.submit("/accounts/confirm/", &wrong).await.status;
    }
    assert_eq!(status, 429);
    let reply = ann.submit("/accounts/confirm/", &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(thief.who().await, "");
}

/// ASVS 6.3.5. Attack: who has a session's cookie and guessed the password becomes a known device at `confirm/`, and nobody is told.
#[tokio::test]
async fn asvs_6_3_5_no_browser_becomes_known_where_nobody_is_told() {
    let site = site().await;
    for is_known in [true, false] {
        let mut browser = remembered(&site).await;
        if !is_known {
            browser.cookies.remove("__Host-device");
        }
        let proof = [("password", PASSWORD)];
        assert_eq!(browser.submit("/accounts/confirm/", &proof).await.status, 303);
        assert_eq!(browser.cookies.contains_key("__Host-device"), is_known);
    }
}

async fn asks(site: &TestSite, email: &str) -> (u16, bool) {
    let fields = [("email", email), ("password", PASSWORD), ("remember", "on")];
    let reply = site.browser().submit("/accounts/login/", &fields).await;
    let cookies = reply.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    let is_remembered = cookies.any(|c| c.starts_with("__Host-session=") && c.contains("Max-Age"));
    (reply.status, is_remembered)
}

/// ASVS 7.1.1, CWE-613. A site that is not to remember anybody does not, whatever is sent.
#[tokio::test]
async fn asvs_7_1_1_a_site_that_remembers_nobody_has_no_box() {
    let site = site().await;
    assert!(
        site.browser()
            .get("/accounts/login/")
            .await
            .body
            .contains("remember")
    );
    assert_eq!(asks(&site, "ann@example.com").await, (303, true));
    let off = Said {
        remember: Remember(Duration::ZERO),
        ..Said::default()
    };
    let site = TestSite::of(Kit::of(|_| (), off), |_| ());
    site.kit.person("ann@example.com").await;
    let page = site.browser().get("/accounts/login/").await.body;
    assert!(
        page.contains("name=\"email\"") && page.contains("name=\"password\""),
        "{page}"
    );
    assert!(!page.contains("remember"), "{page}");
    assert_eq!(asks(&site, "ann@example.com").await, (303, false));
}

/// ASVS 7.1.1, CWE-613. Attack: the notebook of one of the staff, weeks later. Nor does who was remembered before become staff that is.
#[tokio::test]
async fn asvs_7_1_1_staff_are_not_remembered() {
    for right in ["is_staff", "is_superuser"] {
        let site = site().await;
        let mut ann = remembered(&site).await;
        let sql = format!("UPDATE user SET {right} = 1");
        site.kit.file().execute(&sql, []).unwrap();
        assert_eq!(ann.who().await, "", "{right}");
        assert_eq!(asks(&site, "ann@example.com").await, (303, false), "{right}");
    }
}

/// CWE-613, CWE-451. Attack: a copy of the cookie is used elsewhere. The list says so, and not that it is the owner's own browser.
#[tokio::test]
async fn cwe_451_a_copy_is_listed_where_it_was_used_last() {
    const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
    for later in [DAY, 61] {
        let site = site().await;
        let mut thief = remembered(&site).await;
        (thief.client, thief.agent) = ([198, 51, 100, 7].into(), WINDOWS);
        site.kit.later(later);
        assert_eq!(thief.who().await, "ann@example.com");
        let seen = || -> String {
            let sql = "SELECT device || ', ' || network FROM vauban_session";
            site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap()
        };
        // What is seen is written a moment later.
        for _ in 0..50 {
            if seen().starts_with("Firefox") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(seen(), "Firefox on Windows, 198.51.100.0/24");
    }
}

/// CWE-613. Attack: a sign-out that is under way while another request renews the session. It ends, and its tokens go with it.
#[tokio::test]
async fn cwe_613_a_session_that_is_renewed_meanwhile_ends_all_the_same() {
    for way in ["one", "one of the list", "all", "everybody's"] {
        let kit = Kit::new();
        let ann = kit.person("ann@example.com").await;
        let sessions = &kit.accounts.sessions;
        let unit = kit.units.begin();
        let start = Start {
            remembered: sessions.remembered_from_now(&ann.facts),
            ..Start::default()
        };
        let (token, found_before) = sessions.begin(&unit.db(), ann.facts.id, start).await.unwrap();
        unit.finish(true).await.unwrap();
        kit.later(DAY);
        let renewed = sessions.find(&token, Visitor::default).await.unwrap();
        let Found::Renewed(_, next) = renewed else {
            panic!("not renewed");
        };
        let unit = kit.units.begin();
        let db = unit.db();
        match way {
            "one" => sessions.end(&db, found_before).await.unwrap(),
            "one of the list" => {
                let ended = sessions.end_one(&db, ann.facts.id, found_before).await;
                assert!(ended.unwrap().is_some());
            }
            "all" => assert_eq!(sessions.end_all(&db, ann.facts.id).await.unwrap(), 1),
            _ => {}
        }
        unit.finish(true).await.unwrap();
        if way == "everybody's" {
            assert_eq!(sessions.end_everybodys().await.unwrap(), 1);
        }
        for token in [&token, &next] {
            let found = sessions.find(token, Visitor::default).await.unwrap();
            assert!(matches!(found, Found::Unknown), "{way}");
        }
        let sql =
            "SELECT (SELECT count(*) FROM vauban_session) + (SELECT count(*) FROM vauban_renewed_token)";
        let rows: i64 = kit.file().query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0, "{way}");
    }
}
