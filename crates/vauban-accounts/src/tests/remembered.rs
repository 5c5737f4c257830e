//! "Stay signed in", and who has a copy of the cookie.

use super::browser::{Browser, TestSite, token};
use super::{Kit, PASSWORD};
use crate::sessions::{Found, Start};

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
        remembered: Some(sessions.remembered_from_now()),
        ..Start::default()
    };
    let (token, _) = sessions.begin(&unit.db(), ann.facts.id, start).await.unwrap();
    unit.finish(true).await.unwrap();
    kit.later(DAY);
    let finds = || sessions.find(&token);
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

/// CWE-770: what is remembered is swept when its time is over, and not before; its old tokens are so many at most.
#[tokio::test]
async fn cwe_770_rows_of_who_is_remembered_do_not_grow() {
    let site = site().await;
    let rows = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let mut ann = remembered(&site).await;
    for _ in 0..110 {
        site.kit.later(32 * 60);
        assert_eq!(ann.who().await, "ann@example.com");
    }
    assert_eq!(rows("vauban_renewed_token"), 100);
    site.kit.later(3 * DAY);
    let ben = site.kit.person("ben@example.com").await;
    site.kit.session(&ben, None).await;
    site.kit.accounts.clear_sessions().await.unwrap();
    assert_eq!(ann.who().await, "ann@example.com", "swept is only what is over");
    site.kit.later(30 * DAY);
    site.kit.session(&ben, None).await;
    assert_eq!(rows("vauban_session"), 1);
    remembered(&site).await;
    site.kit.later(DAY);
    site.kit.accounts.clear_sessions().await.unwrap();
    assert_eq!(rows("vauban_session"), 1);
}
