//! Second factors, attacked by HTTP.

use std::sync::Arc;

use super::PASSWORD;
use super::browser::{Browser, Reply, TestSite};
use crate::factors::Secret;

pub(super) const LOGIN: &str = "/accounts/login/";
pub(super) const FACTOR: &str = "/accounts/login/factor/";
pub(super) const RECOVERY: &str = "/accounts/login/recovery/";
const TOTP: &str = "/accounts/factors/totp/";

/// An authenticator app.
#[derive(Clone)]
pub(super) struct App {
    pub(super) secret: Secret,
    pub(super) codes: Vec<String>,
}

impl App {
    /// The app whose secret a page shows.
    pub(super) fn of_page(body: &str) -> Self {
        let (_, rest) = body.split_once("Secret: <code>").unwrap();
        let (text, _) = rest.split_once('<').unwrap();
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        assert!(text.split(' ').all(|group| group.len() == 4), "{text}");
        let bits: Vec<u8> = text
            .chars()
            .filter(|c| *c != ' ')
            .flat_map(|c| {
                let five = letters.find(c).unwrap();
                (0..5).rev().map(move |bit| u8::from(five >> bit & 1 == 1))
            })
            .collect();
        let bytes: Vec<u8> = bits
            .chunks(8)
            .map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | bit))
            .collect();
        Self {
            secret: Secret::of(&bytes).unwrap(),
            codes: Vec::new(),
        }
    }

    /// The code that it shows now, or that it showed or shows so many steps from now.
    pub(super) fn code(&self, site: &TestSite, steps: i64) -> String {
        let step = site.kit.clock.now().as_second() / 30 + steps;
        let bytes: [u8; 20] = self.secret.expose().try_into().unwrap();
        let totp = totp_rs::Builder::new().with_secret(bytes).build().unwrap();
        totp.generate(u64::try_from(step * 30).unwrap()).to_string()
    }
}

/// Signs somebody in and adds an app.
pub(super) async fn enrolled(site: &TestSite, email: &str) -> (Browser, App) {
    site.kit.person(email).await;
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    let app = enrol(site, &mut browser).await;
    (browser, app)
}

pub(super) async fn enrol(site: &TestSite, browser: &mut Browser) -> App {
    let page = browser.get(TOTP).await;
    let mut app = App::of_page(&page.body);
    let reply = browser.submit(TOTP, &[("code", &app.code(site, 0))]).await;
    let location = reply.header("location").to_owned();
    assert_eq!(
        (reply.status, location.as_str()),
        (303, "/accounts/factors/recovery/"),
        "{}",
        reply.body
    );
    let page = browser.get(&location).await;
    app.codes = page
        .body
        .split("<li><code>")
        .skip(1)
        .map(|rest| rest.split_once('<').unwrap().0.to_owned())
        .collect();
    assert_eq!(app.codes.len(), 10, "{}", page.body);
    // The code of the enrolment is used.
    site.kit.later(30);
    app
}

/// Proves the password in a browser that is new.
pub(super) async fn half(site: &TestSite, email: &str) -> Browser {
    let mut browser = site.browser();
    let reply = browser.sign_in(email, PASSWORD).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, FACTOR),
        "{}",
        reply.body
    );
    browser
}

fn location(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.header("location"))
}

/// CWE-613, CWE-640. Attack: whoever read the mailbox keeps a link to a new password for the day on which a factor is added or removed.
#[tokio::test]
async fn cwe_613_a_reset_link_ends_with_a_change_of_factors() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let reset = async || {
        let mut thief = site.browser();
        let email = [("email", "ann@example.com")];
        assert_eq!(thief.submit("/accounts/reset/", &email).await.status, 200);
        let link = site.link().await;
        assert_eq!(thief.get(&link).await.status, 200);
        (thief, link)
    };
    let (mut thief, link) = reset().await;
    enrol(&site, &mut ann).await;
    assert_eq!(thief.get(&link).await.status, 404, "added");
    let (mut thief, link) = reset().await;
    let form = site.token_for(&ann, "/accounts/factors/totp/remove/").await;
    ann.post("/accounts/factors/totp/remove/", &form, &[]).await;
    assert_eq!(thief.get(&link).await.status, 404, "removed");
}

/// ASVS 6.3.3, CWE-308: enrolment, and a sign-in by both proofs; what was asked for before is reached behind the second.
#[tokio::test]
async fn asvs_6_3_3_a_sign_in_takes_both_factors() {
    let site = TestSite::new();
    let (mut ann, app) = enrolled(&site, "ann@example.com").await;
    assert_eq!(ann.who().await, "ann@example.com");
    let again = ann.get("/accounts/factors/recovery/").await;
    assert!(!again.body.contains(&app.codes[0]), "shown once");
    let mut other = site.browser();
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    let reply = other.submit("/accounts/login/?next=/members/", &fields).await;
    assert_eq!(
        location(&reply),
        (303, "/accounts/login/factor/?next=%2Fmembers%2F")
    );
    assert!(other.session().is_none());
    let next = reply.header("location").to_owned();
    let page = other.get(&next).await;
    assert!(
        page.body.contains("/accounts/login/recovery/?next=%2Fmembers%2F"),
        "{}",
        page.body
    );
    let reply = other.submit(&next, &[("code", "12 34")]).await;
    assert_eq!(reply.status, 422);
    let typed = app.code(&site, 0);
    let (first, last) = typed.split_at(3);
    let reply = other
        .submit(&next, &[("code", &format!(" {first} {last} "))])
        .await;
    assert_eq!(location(&reply), (303, "/members/"), "{}", reply.body);
    assert_eq!(other.who().await, "ann@example.com");
    assert!(!other.cookies.contains_key("__Host-half"));
    let mails: Vec<String> = site
        .mails()
        .await
        .iter()
        .map(|mail| mail.subject().to_owned())
        .collect();
    assert!(
        mails.iter().any(|subject| subject.contains("second factor")),
        "{mails:?}"
    );
}

/// CWE-308. Attack: the state behind a right password is used as a session, for every other page; with a session's cookie made of it, too.
#[tokio::test]
async fn cwe_308_between_the_factors_there_is_no_session() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    let mut half = half(&site, "ann@example.com").await;
    let token = half.cookies["__Host-half"].clone();
    for page in [
        "/members/",
        "/accounts/security/",
        "/accounts/factors/",
        TOTP,
        "/accounts/password/",
        "/accounts/confirm/",
    ] {
        let reply = half.get(page).await;
        assert!(reply.header("location").starts_with(LOGIN), "{page}: {reply:?}");
    }
    let mut made = half.clone();
    made.cookies.insert("__Host-session".to_owned(), token.clone());
    assert_eq!(made.who().await, "");
    // The row has no token, and a session's token is no half one.
    let mut swapped = half.clone();
    swapped.cookies.insert("__Host-half".to_owned(), "A".repeat(43));
    assert_eq!(location(&swapped.get(FACTOR).await), (303, LOGIN));
    // CWE-384: what begins is new, and what it began from opens nothing any more.
    let mut before = half.clone();
    let reply = half.submit(FACTOR, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(reply.status, 303);
    assert_ne!(half.session(), Some(&token));
    assert_eq!(location(&before.get(FACTOR).await), (303, LOGIN));
}

/// ASVS 6.5.1, CWE-294. Attack: a code again, in its step, in the next one, in another browser; and after the clock went back.
#[tokio::test]
async fn asvs_6_5_1_a_code_is_good_once() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    let code = app.code(&site, 0);
    let mut first = half(&site, "ann@example.com").await;
    assert_eq!(first.submit(FACTOR, &[("code", &code)]).await.status, 303);
    let mut second = half(&site, "ann@example.com").await;
    assert_eq!(second.submit(FACTOR, &[("code", &code)]).await.status, 422);
    // Nor one of a step before that.
    let before = app.code(&site, -1);
    assert_eq!(second.submit(FACTOR, &[("code", &before)]).await.status, 422);
    // What is shown next is not good yet.
    let ahead = app.code(&site, 1);
    assert_eq!(second.submit(FACTOR, &[("code", &ahead)]).await.status, 422);
    // The clock was ahead when the last one was used.
    let file = site.kit.file();
    file.execute("UPDATE vauban_totp SET last_step = last_step + 2", [])
        .unwrap();
    site.kit.later(30);
    let now = app.code(&site, 0);
    assert_eq!(second.submit(FACTOR, &[("code", &now)]).await.status, 422);
    site.kit.later(70);
    let now = app.code(&site, 0);
    assert_eq!(second.submit(FACTOR, &[("code", &now)]).await.status, 303);
}

/// CWE-362. Attack: eight uses of one code at once, of eight sign-ins.
#[tokio::test]
async fn cwe_362_of_eight_uses_of_a_code_one_wins() {
    let site = Arc::new(TestSite::new());
    let (_, app) = enrolled(&site, "ann@example.com").await;
    for (page, code) in [(FACTOR, app.code(&site, 0)), (RECOVERY, app.codes[0].clone())] {
        let mut all = Vec::new();
        for _ in 0..8 {
            let mut browser = half(&site, "ann@example.com").await;
            let token = super::browser::token(&browser.get(page).await.body)
                .unwrap()
                .to_owned();
            let code = code.clone();
            all.push(async move { (browser.post(page, &token, &[("code", &code)]).await, browser) });
        }
        let mut won = 0;
        for done in all.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
            let (reply, mut browser) = done.await.unwrap();
            let is_in = browser.who().await == "ann@example.com";
            won += usize::from(is_in);
            assert!(
                is_in || reply.status == 422 || reply.status == 429 || reply.header("location") == LOGIN,
                "{reply:?}"
            );
        }
        assert_eq!(won, 1, "{page}");
        site.kit.later(2000);
    }
}

/// ASVS 6.5.1, 6.5.2, 6.3.7: a recovery code signs in once, in either case, with or without what stands between its groups; its owner is
/// told. The database has its hash.
#[tokio::test]
async fn asvs_6_5_2_recovery_codes() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    let code = app.codes[3].replace('-', " ").to_lowercase();
    let mut lost = half(&site, "ann@example.com").await;
    let reply = lost.submit(RECOVERY, &[("code", &code)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(lost.who().await, "ann@example.com");
    let mails = site.mails().await;
    let last = mails.last().unwrap();
    assert!(
        last.subject().contains("recovery code") && last.text().contains("left: 9"),
        "{}",
        last.text()
    );
    let mut again = half(&site, "ann@example.com").await;
    assert_eq!(again.submit(RECOVERY, &[("code", &code)]).await.status, 422);
    // Another account's is none of this one's.
    let (_, ben) = enrolled(&site, "ben@example.com").await;
    assert_eq!(
        again.submit(RECOVERY, &[("code", &ben.codes[0])]).await.status,
        422
    );
    // CWE-522: neither codes nor secret stand anywhere.
    let path = site.kit.database.path().to_owned();
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let read = |path: std::path::PathBuf| std::fs::read(path).unwrap_or_default();
    let all = [read(path), read(log.into())].concat();
    let holds = |needle: &[u8]| all.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"ann@example.com"), "the file is read");
    assert!(!holds(app.secret.expose()) && !holds(app.secret.in_base32().as_bytes()));
    assert!(
        !app.codes
            .iter()
            .any(|code| holds(code.replace('-', "").as_bytes()))
    );
}

/// CWE-307, ASVS 6.3.1. Attack: guessing in one session, in many, from many addresses; with a right sign-in of the owner's in between.
#[tokio::test]
async fn asvs_6_3_1_codes_are_throttled_by_account() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    for nth in 0..4 {
        let mut thief = half(&site, "ann@example.com").await;
        thief.client = [192, 0, 2, 100 + nth].into();
        assert_eq!(
            thief.submit(FACTOR, &[("code", "000000")]).await.status,
            422,
            "{nth}"
        );
    }
    // The owner's right one is the fifth, and gives back itself alone.
    let mut ann = half(&site, "ann@example.com").await;
    assert_eq!(
        ann.submit(FACTOR, &[("code", &app.code(&site, 0))]).await.status,
        303
    );
    site.kit.later(2);
    let mut thief = half(&site, "ann@example.com").await;
    assert_eq!(thief.submit(FACTOR, &[("code", "000000")]).await.status, 422);
    let reply = thief.submit(FACTOR, &[("code", "000000")]).await;
    assert_eq!(reply.status, 429);
    // A new sign-in begins no new count; nor do `confirm/` and proofs in forms.
    let mut thief = half(&site, "ann@example.com").await;
    assert_eq!(thief.submit(FACTOR, &[("code", "000000")]).await.status, 429);
    let reply = ann
        .submit("/accounts/confirm/", &[("code", &app.code(&site, 0))])
        .await;
    assert_eq!(reply.status, 429, "one count");
    // Recovery codes are counted by themselves: the owner comes in.
    assert_eq!(
        thief.submit(RECOVERY, &[("code", &app.codes[0])]).await.status,
        303
    );
}

/// NIST SP 800-63B, §5.2.2: after a hundred wrong ones none is looked at, until a recovery code was used.
#[tokio::test]
async fn after_a_hundred_wrong_codes_only_a_recovery_code_opens() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    site.kit
        .file()
        .execute("UPDATE vauban_totp SET failed = 99", [])
        .unwrap();
    let mut ann = half(&site, "ann@example.com").await;
    assert_eq!(ann.submit(FACTOR, &[("code", "000000")]).await.status, 422);
    let reply = ann.submit(FACTOR, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(reply.status, 429);
    assert!(reply.body.contains("recovery code"), "{}", reply.body);
    assert_eq!(ann.submit(RECOVERY, &[("code", &app.codes[0])]).await.status, 303);
    site.kit.later(60);
    let mut ann = half(&site, "ann@example.com").await;
    assert_eq!(
        ann.submit(FACTOR, &[("code", &app.code(&site, 0))]).await.status,
        303
    );
}

/// CWE-613. Attack: the half sign-in is kept: over its time, a changed password, a closed account, ten wrong codes.
#[tokio::test]
async fn cwe_613_a_half_sign_in_dies() {
    let site = TestSite::new();
    let (mut ann, _) = enrolled(&site, "ann@example.com").await;
    let mut late = half(&site, "ann@example.com").await;
    site.kit.later(600);
    assert_eq!(location(&late.get(FACTOR).await), (303, LOGIN));
    let mut old = half(&site, "ann@example.com").await;
    let new = "a lamp in the orchard";
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", new),
        ("new_password_again", new),
    ];
    let reply = ann.submit("/accounts/password/", &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(ann.who().await, "ann@example.com", "the proof of the app goes on");
    assert_eq!(location(&old.get(FACTOR).await), (303, LOGIN));
    let (_, app) = enrolled(&site, "ben@example.com").await;
    let mut closed = half(&site, "ben@example.com").await;
    let mut tried = closed.clone();
    let close = |is_active: i64| {
        let file = site.kit.file();
        let sql = "UPDATE user SET is_active = ?1 WHERE email = 'ben@example.com'";
        file.execute(sql, [is_active]).unwrap();
    };
    close(0);
    let reply = closed.post(FACTOR, "", &[("code", &app.code(&site, 0))]).await;
    assert!(
        reply.status == 403 || reply.header("location") == LOGIN,
        "{reply:?}"
    );
    assert_eq!(location(&closed.get(FACTOR).await), (303, LOGIN));
    close(1);
    assert_eq!(tried.get(FACTOR).await.status, 200);
    for nth in 0..10 {
        assert_eq!(
            tried.submit(FACTOR, &[("code", "000000")]).await.status,
            422,
            "{nth}"
        );
        site.kit
            .file()
            .execute("DELETE FROM vauban_throttle", [])
            .unwrap();
    }
    assert_eq!(location(&tried.get(FACTOR).await), (303, LOGIN));
}

/// CWE-613, ASVS 7.4.3, 7.4.5. Attack: a sign-in waits between its proofs while all sessions are ended.
#[tokio::test]
async fn cwe_613_a_half_sign_in_ends_with_what_ends_sessions() {
    let site = TestSite::new();
    let (mut ann, _) = enrolled(&site, "ann@example.com").await;
    let whose = crate::Email::parse("ann@example.com").unwrap();
    for way in ["others", "one account", "everybody", "deletion"] {
        let mut waiting = half(&site, "ann@example.com").await;
        assert_eq!(waiting.get(FACTOR).await.status, 200, "{way}");
        match way {
            "others" => {
                let form = site.token_for(&ann, "/accounts/sessions/").await;
                let reply = ann.post("/accounts/sessions/", &form, &[]).await;
                assert_eq!(reply.status, 303, "{}", reply.body);
            }
            "deletion" => {
                let (mut leaving, _) = enrolled(&site, "ben@example.com").await;
                waiting = half(&site, "ben@example.com").await;
                let form = site.token_for(&leaving, "/accounts/delete/").await;
                let reply = leaving.post("/accounts/delete/", &form, &[]).await;
                assert_eq!(reply.status, 200, "{}", reply.body);
            }
            _ => {
                let whose = (way == "one account").then_some(&whose);
                site.accounts.end_sessions(whose).await.unwrap();
            }
        }
        assert_eq!(location(&waiting.get(FACTOR).await), (303, LOGIN), "{way}");
    }
}

/// Their app's code again and again, after the clock stood a day ahead: it is refused, and they are not shut out for good (CWE-645).
#[tokio::test]
async fn cwe_645_a_code_that_was_used_is_no_guess() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    let ahead = "UPDATE vauban_totp SET last_step = last_step + 2880, failed = 0";
    site.kit.file().execute(ahead, []).unwrap();
    let mut ann = half(&site, "ann@example.com").await;
    for code in [app.code(&site, 0), app.code(&site, -1)] {
        assert_eq!(ann.submit(FACTOR, &[("code", &code)]).await.status, 422);
    }
    let failed = || -> i64 {
        let sql = "SELECT failed FROM vauban_totp";
        site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(failed(), 0);
    assert_eq!(ann.submit(FACTOR, &[("code", "000000")]).await.status, 422);
    assert_eq!(failed(), 1);
}

/// CWE-645. The code was right and is used; that the count cannot be written keeps nobody out.
#[tokio::test]
async fn cwe_645_a_right_code_opens_though_its_count_stays() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    for (path, code) in [(FACTOR, app.code(&site, 0)), (RECOVERY, app.codes[0].clone())] {
        let mut ann = half(&site, "ann@example.com").await;
        let file = site.kit.file();
        // Of the code's own count, which begins with it.
        let sql = "SELECT max(rowid) FROM vauban_throttle";
        let last: i64 = file.query_row(sql, [], |row| row.get(0)).unwrap();
        for event in ["UPDATE", "DELETE"] {
            let sql = format!(
                "CREATE TRIGGER no_{event} BEFORE {event} ON vauban_throttle WHEN OLD.rowid > {last} \
                 BEGIN SELECT RAISE(ABORT, 'no'); END"
            );
            file.execute(&sql, []).unwrap();
        }
        let reply = ann.submit(path, &[("code", &code)]).await;
        assert_eq!(reply.status, 303, "{path}: {}", reply.body);
        for event in ["UPDATE", "DELETE"] {
            file.execute(&format!("DROP TRIGGER no_{event}"), []).unwrap();
        }
    }
}

/// The proof is over between scanning and typing: the page goes on with the secret that was scanned.
#[tokio::test]
async fn who_proves_again_adds_the_app_that_was_scanned() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let app = App::of_page(&ann.get(TOTP).await.body);
    site.kit.later(11 * 60);
    let form = site.token_for(&ann, TOTP).await;
    let reply = ann.post(TOTP, &form, &[("code", &app.code(&site, 0))]).await;
    let (status, confirm) = location(&reply);
    assert_eq!(status, 303, "{}", reply.body);
    assert!(confirm.starts_with("/accounts/confirm/"), "{confirm}");
    let confirm = confirm.to_owned();
    let reply = ann.submit(&confirm, &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let page = ann.get(TOTP).await;
    assert_eq!(
        App::of_page(&page.body).secret.expose(),
        app.secret.expose(),
        "the one that was scanned"
    );
    let reply = ann.submit(TOTP, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(location(&reply), (303, "/accounts/factors/recovery/"));
}

/// ASVS 6.5.8. Attack: a device whose clock was set ahead, and which says so.
#[tokio::test]
async fn asvs_6_5_8_codes_go_by_the_servers_clock() {
    let site = TestSite::new();
    let (_, app) = enrolled(&site, "ann@example.com").await;
    let mut thief = half(&site, "ann@example.com").await;
    for steps in [1, 120, -2] {
        let reply = thief.submit(FACTOR, &[("code", &app.code(&site, steps))]).await;
        assert_eq!(reply.status, 422, "{steps}");
    }
    let reply = thief.submit(FACTOR, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(reply.status, 303);
}

/// CWE-640, ASVS 6.4.3. Attack: a new password by the mailbox, so that the second factor is not asked.
#[tokio::test]
async fn asvs_6_4_3_a_reset_keeps_the_second_factor() {
    let site = TestSite::new();
    let (mut ann, _) = enrolled(&site, "ann@example.com").await;
    let mut thief = site.browser();
    thief
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    let link = site.link().await;
    let new = "a lamp in the orchard";
    let reply = thief.submit(&link, &[("password", new)]).await;
    assert_eq!(location(&reply), (303, LOGIN));
    assert_eq!(ann.who().await, "", "every session ended");
    assert_eq!(
        location(&thief.sign_in("ann@example.com", new).await),
        (303, FACTOR)
    );
    assert_eq!(thief.who().await, "");
}

/// CWE-204, ASVS 6.3.8. Attack: finding out who has a second factor without their password.
#[tokio::test]
async fn asvs_6_3_8_only_who_knows_the_password_learns_of_a_factor() {
    let site = TestSite::new();
    enrolled(&site, "ann@example.com").await;
    site.kit.person("ben@example.com").await;
    let mut replies = Vec::new();
    for email in ["ann@example.com", "ben@example.com", "nobody@example.com"] {
        let mut browser = site.browser();
        let token = super::browser::token(&browser.get(LOGIN).await.body)
            .unwrap()
            .to_owned();
        let reply = browser
            .post(
                LOGIN,
                &token,
                &[("email", email), ("password", "not the password")],
            )
            .await;
        let cookies: Vec<String> = browser.cookies.keys().cloned().collect();
        let body = reply
            .body
            .replace(email, "")
            .replace(super::browser::token(&reply.body).unwrap(), "");
        replies.push((reply.status, body, cookies));
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(replies[1], replies[2]);
}

/// ASVS 6.3.4, CWE-308. Attack: a session of before the enrolment, and one that is remembered, go on without the second proof.
#[tokio::test]
async fn cwe_308_other_sessions_ask_for_the_second_proof() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut other = site.browser();
    let fields = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("remember", "true"),
    ];
    assert_eq!(other.submit(LOGIN, &fields).await.status, 303);
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let app = enrol(&site, &mut ann).await;
    assert_eq!(
        location(&other.get("/members/").await),
        (303, "/accounts/confirm/?next=%2Fmembers%2F")
    );
    assert_eq!(other.who().await, "", "to every page it is nobody");
    let confirm = "/accounts/confirm/?next=%2Fmembers%2F";
    assert_eq!(
        other.submit(confirm, &[("password", PASSWORD)]).await.status,
        422,
        "two kinds"
    );
    assert_eq!(location(&other.get("/accounts/factors/").await).0, 303);
    assert_eq!(location(&other.get(TOTP).await).0, 303);
    let reply = other.submit(confirm, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(location(&reply), (303, "/members/"), "{}", reply.body);
    assert_eq!(other.who().await, "ann@example.com");
    // It is remembered, and renewed: what goes on is the password's proof. What was being typed is kept.
    let form = site.token_for(&other, "/grant/").await;
    site.kit.later(86_400);
    let reply = other
        .post("/grant/", &form, &[("to", "Ben & sons"), ("password", PASSWORD)])
        .await;
    assert_eq!(
        location(&reply),
        (303, "/accounts/confirm/?next=%2Faccounts%2Fkept%2F"),
        "{}",
        reply.body
    );
    assert_eq!(other.who().await, "");
    assert_eq!(
        location(&other.get("/members/").await),
        (303, "/accounts/confirm/?next=%2Fmembers%2F")
    );
    let reply = other.submit(confirm, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(location(&reply), (303, "/members/"), "{}", reply.body);
    let kept = other.get("/accounts/kept/").await;
    assert!(kept.body.contains("Ben &amp; sons"), "{}", kept.body);
    // Removed, nobody is asked any more.
    let reply = other.submit("/accounts/factors/", &[]).await;
    assert_eq!(reply.status, 303);
    let form = site.token_for(&other, "/accounts/factors/totp/remove/").await;
    let reply = other.post("/accounts/factors/totp/remove/", &form, &[]).await;
    assert_eq!(location(&reply), (303, "/accounts/factors/"), "{}", reply.body);
    let mut last = site.browser();
    assert_eq!(
        location(&last.sign_in("ann@example.com", PASSWORD).await),
        (303, "/")
    );
}

/// Removes the app of whoever has just proved who they are.
async fn remove(site: &TestSite, browser: &mut Browser) {
    let path = "/accounts/factors/totp/remove/";
    let form = site.token_for(browser, path).await;
    let reply = browser.post(path, &form, &[]).await;
    assert_eq!(location(&reply), (303, "/accounts/factors/"), "{}", reply.body);
}

/// CWE-613. Attack: a copy of the cookie of a session that lacked the second proof when its owner signed out.
#[tokio::test]
async fn asvs_7_4_1_sign_out_ends_a_session_that_lacks_a_proof() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut other = site.browser();
    other.sign_in("ann@example.com", PASSWORD).await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    enrol(&site, &mut ann).await;
    let copy = other.cookies.clone();
    assert_eq!(
        location(&other.get("/members/").await).1,
        "/accounts/confirm/?next=%2Fmembers%2F"
    );
    let form = site.token_for(&other, "/accounts/logout/").await;
    assert_eq!(other.post("/accounts/logout/", &form, &[]).await.status, 303);
    other.cookies = copy;
    assert_eq!(
        location(&other.get("/members/").await).1,
        "/accounts/login/?next=%2Fmembers%2F"
    );
    // So with a sign-in that was not done.
    let mut half = half(&site, "ann@example.com").await;
    let copy = half.cookies.clone();
    let form = site.token_for(&half, "/accounts/logout/").await;
    assert_eq!(half.post("/accounts/logout/", &form, &[]).await.status, 303);
    assert!(!half.cookies.contains_key("__Host-half"));
    half.cookies = copy;
    assert_eq!(half.get(FACTOR).await.status, 303);
}

/// CWE-613. Attack: whoever had the phone is in; its owner removes that app and adds another one.
#[tokio::test]
async fn cwe_613_what_a_removed_factor_proved_counts_for_none_after_it() {
    let site = TestSite::new();
    let (mut ann, app) = enrolled(&site, "ann@example.com").await;
    let mut thief = half(&site, "ann@example.com").await;
    let reply = thief.submit(FACTOR, &[("code", &app.code(&site, 0))]).await;
    assert_eq!(reply.status, 303);
    assert_eq!(thief.who().await, "ann@example.com");
    let mut recovered = half(&site, "ann@example.com").await;
    assert_eq!(
        recovered
            .submit(RECOVERY, &[("code", &app.codes[0])])
            .await
            .status,
        303
    );
    remove(&site, &mut ann).await;
    site.kit.later(30);
    enrol(&site, &mut ann).await;
    assert_eq!(ann.who().await, "ann@example.com");
    assert_eq!(thief.who().await, "");
    assert_eq!(recovered.who().await, "");
}

/// CWE-308. Attack: a session that waited for the second proof is a whole one when nobody asks for it any more.
#[tokio::test]
async fn cwe_308_what_lacked_the_proof_ends_with_the_factor() {
    let site = TestSite::new();
    site.kit.person("ann@example.com").await;
    let mut other = site.browser();
    other.sign_in("ann@example.com", PASSWORD).await;
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    enrol(&site, &mut ann).await;
    remove(&site, &mut ann).await;
    assert_eq!(ann.who().await, "ann@example.com");
    assert_eq!(
        location(&other.get("/members/").await).1,
        "/accounts/login/?next=%2Fmembers%2F"
    );
}

/// ASVS 6.5.1. Who does not get in uses up no code: their account is about to be deleted.
#[tokio::test]
async fn asvs_6_5_1_a_code_that_lets_nobody_in_is_not_used_up() {
    let site = TestSite::new();
    let (mut ann, app) = enrolled(&site, "ann@example.com").await;
    let form = site.token_for(&ann, "/accounts/delete/").await;
    let reply = ann.post("/accounts/delete/", &form, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    for _ in 0..2 {
        let mut browser = half(&site, "ann@example.com").await;
        let reply = browser.submit(RECOVERY, &[("code", &app.codes[0])]).await;
        assert_eq!(reply.status, 422);
        assert!(browser.session().is_none());
    }
    let sql = "SELECT count(*) FROM vauban_recovery_code";
    let left: i64 = site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 10);
}
