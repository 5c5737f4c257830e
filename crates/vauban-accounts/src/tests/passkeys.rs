//! Passkeys, attacked by HTTP.

use std::sync::Arc;

use serde_json::{Value, json};

use super::PASSWORD;
use super::authenticator::{Authenticator, encode, options};
use super::browser::{Browser, Reply, TestSite};
use super::factors::{FACTOR, LOGIN, RECOVERY, enrol};
use crate::accounts::Said;
use crate::settings::RequireMfa;

const ALONE: &str = "/accounts/login/passkey/";
const SECOND: &str = "/accounts/login/factor/passkey/";
const CONFIRM: &str = "/accounts/confirm/passkey/";
const LIST: &str = "/accounts/factors/passkeys/";
const ANN: &str = "ann@example.com";

fn site() -> TestSite {
    TestSite::with_passkeys(Said::default())
}

fn location(reply: &Reply) -> (u16, &str) {
    (reply.status, reply.header("location"))
}

/// A token for a form that posts to `path`; a stranger's is bound to a cookie, which the browser keeps.
async fn token_for(browser: &mut Browser, path: &str) -> String {
    let reply = browser.get(&format!("/token/?path={path}")).await;
    reply.body.trim_matches('"').to_owned()
}

/// Sends a form without an answer: the page that asks the browser.
async fn ask(browser: &mut Browser, path: &str) -> Reply {
    let token = token_for(browser, path).await;
    browser.post(path, &token, &[]).await
}

/// Sends what the authenticator has signed.
async fn answer(browser: &mut Browser, path: &str, answer: &str) -> Reply {
    let token = token_for(browser, path).await;
    browser.post(path, &token, &[("passkey", answer)]).await
}

/// Signs somebody in by the password, and adds a passkey.
async fn enrolled(site: &TestSite, email: &str) -> (Browser, Authenticator) {
    site.kit.person(email).await;
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    let device = add(&mut browser).await;
    (browser, device)
}

async fn add(browser: &mut Browser) -> Authenticator {
    let mut device = Authenticator::new();
    let page = ask(browser, LIST).await;
    assert_eq!(page.status, 200, "{} {}", page.header("location"), page.body);
    let made = device.make(&page.body);
    let token = token_for(browser, LIST).await;
    let fields = [("name", "Phone"), ("passkey", made.as_str())];
    let reply = browser.post(LIST, &token, &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    device
}

/// Signs in by the passkey alone, in a browser that is new.
async fn alone(site: &TestSite, device: &mut Authenticator) -> (Browser, Reply) {
    let mut browser = site.browser();
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    let reply = answer(&mut browser, ALONE, &signed).await;
    (browser, reply)
}

/// Proves the password in a browser that is new.
async fn half(site: &TestSite, email: &str) -> Browser {
    let mut browser = site.browser();
    let reply = browser.sign_in(email, PASSWORD).await;
    assert_eq!(location(&reply), (303, FACTOR), "{}", reply.body);
    browser
}

fn count(site: &TestSite, sql: &str) -> i64 {
    site.kit.file().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// ASVS 6.3.3, 6.5.7: a passkey whose owner was verified signs in alone, with two kinds of proof; the sign-in page leads there.
#[tokio::test]
async fn asvs_6_3_3_a_passkey_signs_in_alone() {
    let site = site();
    let (mut ann, mut device) = enrolled(&site, ANN).await;
    assert_eq!(ann.who().await, ANN);
    let list = ann.get(LIST).await;
    assert!(list.body.contains("<strong>Phone</strong>"), "{}", list.body);
    assert!(!list.body.contains("last used"), "{}", list.body);
    let mut other = site.browser();
    let login = other.get("/accounts/login/?next=/members/").await;
    assert!(
        login.body.contains("/accounts/login/passkey/?next=%2Fmembers%2F"),
        "{}",
        login.body
    );
    let path = "/accounts/login/passkey/?next=%2Fmembers%2F";
    let token = token_for(&mut other, ALONE).await;
    let page = other.post(path, &token, &[]).await;
    assert!(page.body.contains("/static/accounts/passkeys."), "{}", page.body);
    let signed = device.sign(&page.body);
    let token = token_for(&mut other, ALONE).await;
    let reply = other.post(path, &token, &[("passkey", &signed)]).await;
    assert_eq!(location(&reply), (303, "/members/"), "{}", reply.body);
    assert_eq!(other.who().await, ANN);
    assert!(other.get(LIST).await.body.contains("last used"));
    // No password was proved, and none is noted (CWE-287).
    let sql = "SELECT count(*) FROM vauban_session WHERE passkey IS NOT NULL AND password_at IS NULL";
    assert_eq!(count(&site, sql), 1);
    let subjects: Vec<String> = site
        .mails()
        .await
        .iter()
        .map(|mail| mail.subject().to_owned())
        .collect();
    assert!(
        subjects.iter().any(|subject| subject.contains("second factor")),
        "{subjects:?}"
    );
    assert!(
        subjects.iter().any(|subject| subject.contains("new sign-in")),
        "{subjects:?}"
    );
}

/// CWE-613, CWE-640. Attack: whoever knew the password added a passkey of theirs; its owner chooses another password by their mailbox. Their own
/// passkey opens alone again once it was used behind the new one.
#[tokio::test]
async fn cwe_613_a_reset_shuts_an_intruders_passkey_out() {
    let site = site();
    let (_, mut device) = enrolled(&site, ANN).await;
    assert_eq!(location(&alone(&site, &mut device).await.1), (303, "/"));
    let mut owner = site.browser();
    owner.submit("/accounts/reset/", &[("email", ANN)]).await;
    let new = "a lamp in the orchard";
    let reset = site.link().await;
    assert_eq!(owner.submit(&reset, &[("password", new)]).await.status, 303);
    for _ in 0..2 {
        let (mut thief, reply) = alone(&site, &mut device).await;
        assert_eq!(reply.status, 422, "{}", reply.body);
        assert!(reply.body.contains("Your password was changed"), "{}", reply.body);
        assert_eq!(thief.who().await, "");
    }
    // Behind the new password.
    let reply = owner.sign_in(ANN, new).await;
    assert_eq!(location(&reply), (303, FACTOR));
    let page = ask(&mut owner, SECOND).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut owner, SECOND, &signed).await.status, 303);
    assert_eq!(location(&alone(&site, &mut device).await.1), (303, "/"));
}

/// CWE-308: who has a passkey is asked for it behind the password, or for a recovery code.
#[tokio::test]
async fn cwe_308_a_passkey_is_a_second_factor() {
    let site = site();
    let (mut ann, mut device) = enrolled(&site, ANN).await;
    let mut other = half(&site, ANN).await;
    let page = other.get(FACTOR).await;
    assert!(
        page.body.contains(SECOND) && !page.body.contains("name=\"code\""),
        "{}",
        page.body
    );
    let page = ask(&mut other, SECOND).await;
    let known = &options(&page.body)["allowCredentials"];
    assert_eq!(known[0]["id"], encode(&device.credential), "behind the password");
    let signed = device.sign(&page.body);
    let reply = answer(&mut other, SECOND, &signed).await;
    assert_eq!(location(&reply), (303, "/"), "{}", reply.body);
    assert_eq!(other.who().await, ANN);
    // Codes were made with it.
    let form = token_for(&mut ann, "/accounts/factors/recovery/").await;
    assert_eq!(
        ann.post("/accounts/factors/recovery/", &form, &[]).await.status,
        303
    );
    let codes = ann.get("/accounts/factors/recovery/").await.body;
    let code = codes
        .split("<li><code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let mut lost = half(&site, ANN).await;
    assert_eq!(lost.submit(RECOVERY, &[("code", code)]).await.status, 303);
    assert_eq!(lost.who().await, ANN);
}

/// CWE-204. Attack: what is asked tells who has an account; the answer to nobody's passkey tells that it is nobody's.
#[tokio::test]
async fn cwe_204_what_is_asked_of_a_stranger_is_the_same_for_everybody() {
    let site = site();
    let (_, mut device) = enrolled(&site, ANN).await;
    let page = ask(&mut site.browser(), ALONE).await;
    assert_eq!(options(&page.body)["allowCredentials"], json!([]));
    let (_, unknown) = alone(&site, &mut Authenticator::new()).await;
    device.verifies = false;
    let (_, known) = alone(&site, &mut device).await;
    assert_eq!((unknown.status, known.status), (422, 422));
    // Without what is another one on every page: the form's token, and the script's nonce.
    let shown = |body: &str| {
        let token = super::browser::token(body).unwrap();
        let (shown, _) = body.split_once("<script").unwrap();
        shown.replace(token, "")
    };
    assert_eq!(shown(&unknown.body), shown(&known.body));
    // CWE-294: what was refused is not on the page that comes again.
    assert!(
        unknown.body.contains("name=\"passkey\" value=\"\""),
        "{}",
        unknown.body
    );
}

/// CWE-308, ASVS 6.3.3. Attack: whoever found the device touches it, and is not verified.
#[tokio::test]
async fn cwe_308_without_user_verification_nobody_gets_in() {
    let site = site();
    let (mut ann, mut device) = enrolled(&site, ANN).await;
    device.verifies = false;
    let (mut thief, reply) = alone(&site, &mut device).await;
    assert_eq!(reply.status, 422);
    assert_eq!(thief.who().await, "");
    let mut half = half(&site, ANN).await;
    let page = ask(&mut half, SECOND).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut half, SECOND, &signed).await.status, 422);
    assert!(half.session().is_none());
    // Nor is one made by such a device.
    let mut careless = Authenticator::new();
    careless.verifies = false;
    let page = ask(&mut ann, LIST).await;
    let made = careless.make(&page.body);
    assert_eq!(answer(&mut ann, LIST, &made).await.status, 422);
    assert_eq!(count(&site, "SELECT count(*) FROM vauban_passkey"), 1);
}

/// CWE-294, ASVS 6.5.1. Attack: an answer is sent again, by its browser and by eight at once.
#[tokio::test]
async fn cwe_294_a_challenge_is_good_once() {
    let site = Arc::new(site());
    let (_, mut device) = enrolled(&site, ANN).await;
    let mut browser = site.browser();
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    let before = browser.clone();
    assert_eq!(answer(&mut browser, ALONE, &signed).await.status, 303);
    let mut again = before.clone();
    assert_eq!(answer(&mut again, ALONE, &signed).await.status, 422);
    assert_eq!(again.who().await, "");
    // One that was answered wrong is gone, too.
    let mut browser = site.browser();
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    let copy = browser.clone();
    assert_eq!(answer(&mut browser, ALONE, "{}").await.status, 422);
    browser.cookies = copy.cookies.clone();
    assert_eq!(answer(&mut browser, ALONE, &signed).await.status, 422);
    let mut browser = site.browser();
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    let token = token_for(&mut browser, ALONE).await;
    let mut all = Vec::new();
    for _ in 0..8 {
        let (mut browser, token, signed) = (browser.clone(), token.clone(), signed.clone());
        all.push(tokio::spawn(async move {
            browser.post(ALONE, &token, &[("passkey", &signed)]).await.status
        }));
    }
    let mut won = 0;
    for one in all {
        won += usize::from(one.await.unwrap() == 303);
    }
    assert_eq!(won, 1);
}

/// CWE-384, CWE-352. Attack: a challenge is asked in one browser and answered in another one.
#[tokio::test]
async fn cwe_384_a_challenge_is_answered_where_it_was_asked() {
    let site = site();
    let (_, mut device) = enrolled(&site, ANN).await;
    let mut asks = site.browser();
    let page = ask(&mut asks, ALONE).await;
    let signed = device.sign(&page.body);
    let mut other = site.browser();
    assert_eq!(answer(&mut other, ALONE, &signed).await.status, 422);
    // Nor with a challenge of its own.
    ask(&mut other, ALONE).await;
    assert_eq!(answer(&mut other, ALONE, &signed).await.status, 422);
    assert_eq!(other.who().await, "");
}

/// ASVS 6.7.2, CWE-330: a challenge is random, of 256 bits, and no two are the same.
#[tokio::test]
async fn asvs_6_7_2_challenges_are_random() {
    let site = site();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let page = ask(&mut site.browser(), ALONE).await;
        let challenge = options(&page.body)["challenge"].as_str().unwrap().to_owned();
        assert!(challenge.len() >= 43, "{challenge}");
        assert!(seen.insert(challenge));
    }
}

/// CWE-346. Attack: a page of another address, or for another host, has the passkey sign what this site asks.
#[tokio::test]
async fn cwe_346_what_was_signed_elsewhere_is_refused() {
    let site = site();
    let (_, device) = enrolled(&site, ANN).await;
    for origin in [
        "http://localhost.evil.example",
        "http://evil.example",
        "https://localhost:8000",
        "http://localhost:8001",
        "http://sub.localhost:8000",
    ] {
        let mut elsewhere = device.clone();
        elsewhere.origin = origin;
        assert_eq!(alone(&site, &mut elsewhere).await.1.status, 422, "{origin}");
    }
    let mut elsewhere = device.clone();
    elsewhere.host = Some("evil.example");
    assert_eq!(alone(&site, &mut elsewhere).await.1.status, 422);
    // Nor does the address come from the request (CWE-644).
    let mut browser = site.browser();
    browser.host = "example.com";
    let page = ask(&mut browser, ALONE).await;
    assert_eq!(options(&page.body)["rpId"], "localhost");
    assert_eq!(alone(&site, &mut device.clone()).await.1.status, 303);
}

/// CWE-287, CWE-639. Attack: behind somebody's password, another account's passkey; and one that says that it is somebody else's.
#[tokio::test]
async fn cwe_287_another_accounts_passkey_is_no_second_factor() {
    let site = site();
    let (_, mut ann) = enrolled(&site, ANN).await;
    let (mut ben_browser, mut ben) = enrolled(&site, "ben@example.com").await;
    let mut thief = half(&site, ANN).await;
    let page = ask(&mut thief, SECOND).await;
    let signed = ben.sign(&page.body);
    assert_eq!(answer(&mut thief, SECOND, &signed).await.status, 422);
    assert!(thief.session().is_none());
    let mut lying = ben.clone();
    lying.user = ann.user.clone();
    assert_eq!(alone(&site, &mut lying).await.1.status, 422);
    let page = ask(&mut thief, SECOND).await;
    let signed = lying.sign(&page.body);
    assert_eq!(answer(&mut thief, SECOND, &signed).await.status, 422);
    // Nor for a step-up of another one's session.
    let page = ask(&mut ben_browser, CONFIRM).await;
    let signed = ann.sign(&page.body);
    assert_eq!(answer(&mut ben_browser, CONFIRM, &signed).await.status, 422);
    // Nor is one added that is another account's: its id would lead to either.
    let mut copied = Authenticator::new();
    copied.credential = ann.credential.clone();
    let page = ask(&mut ben_browser, LIST).await;
    let made = copied.make(&page.body);
    let reply = answer(&mut ben_browser, LIST, &made).await;
    assert!(
        reply.status == 422 && reply.body.contains("added before"),
        "{}",
        reply.body
    );
    assert_eq!(alone(&site, &mut ann).await.1.status, 303);
}

/// CWE-287. Attack: an answer for one purpose is sent for another.
#[tokio::test]
async fn cwe_287_a_challenge_is_for_one_purpose() {
    let site = site();
    let (mut ann, mut device) = enrolled(&site, ANN).await;
    // Asked as a stranger, answered as second proof, and the other way round.
    let mut browser = half(&site, ANN).await;
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut browser, SECOND, &signed).await.status, 422);
    let page = ask(&mut browser, SECOND).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut browser, ALONE, &signed).await.status, 422);
    assert!(browser.session().is_none());
    // That of a new passkey signs nobody in, and what signs in makes none.
    let page = ask(&mut ann, LIST).await;
    let asked = options(&page.body);
    let as_get =
        json!({ "challenge": asked["challenge"], "rpId": "localhost", "userVerification": "required" });
    let page = format!("data-passkey=\"{}\"", as_get.to_string().replace('"', "&quot;"));
    let signed = device.sign(&page);
    assert_eq!(answer(&mut ann, ALONE, &signed).await.status, 422);
    let page = ask(&mut ann, CONFIRM).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut ann, LIST, &signed).await.status, 422);
    assert_eq!(count(&site, "SELECT count(*) FROM vauban_passkey"), 1);
}

/// CWE-613. Attack: an answer is kept for later; the clock stood ahead when it was asked.
#[tokio::test]
async fn cwe_613_a_challenge_is_good_for_minutes() {
    let site = site();
    let (_, mut device) = enrolled(&site, ANN).await;
    let mut browser = site.browser();
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    site.kit.later(301);
    assert_eq!(answer(&mut browser, ALONE, &signed).await.status, 422);
    let page = ask(&mut browser, ALONE).await;
    let signed = device.sign(&page.body);
    let sql = "UPDATE vauban_passkey_challenge SET expires = expires + 86400000000";
    site.kit.file().execute(sql, []).unwrap();
    assert_eq!(answer(&mut browser, ALONE, &signed).await.status, 422);
    assert_eq!(alone(&site, &mut device).await.1.status, 303);
}

/// CWE-347, CWE-20. Attack: a signature, or any other part, is changed; what is sent is no answer at all, or too much of one.
#[tokio::test]
async fn cwe_347_what_is_tampered_with_is_refused() {
    let site = site();
    let (_, mut device) = enrolled(&site, ANN).await;
    for part in ["signature", "authenticatorData", "clientDataJSON", "userHandle"] {
        let mut browser = site.browser();
        let page = ask(&mut browser, ALONE).await;
        let mut signed: Value = serde_json::from_str(&device.sign(&page.body)).unwrap();
        let text = signed["response"][part].as_str().unwrap().to_owned();
        let flipped = if text.as_bytes()[20] == b'A' { "B" } else { "A" };
        let changed = format!("{}{flipped}{}", &text[..20], &text[21..]);
        signed["response"][part] = changed.into();
        let reply = answer(&mut browser, ALONE, &signed.to_string()).await;
        assert_eq!(reply.status, 422, "{part}");
        assert_eq!(browser.who().await, "", "{part}");
    }
    let deep = "[".repeat(10_000);
    let long = "x".repeat(16_385);
    let nothing = json!({ "id": "", "rawId": "", "type": "", "response": {
        "clientDataJSON": "", "authenticatorData": "", "signature": "", "userHandle": "" } });
    for wrong in ["{}", "[]", "null", "0", "\"", &deep, &long, &nothing.to_string()] {
        let mut browser = site.browser();
        ask(&mut browser, ALONE).await;
        let reply = answer(&mut browser, ALONE, wrong).await;
        assert_eq!(reply.status, 422, "{wrong:.20}");
    }
    // So where one is made: every cut of what an authenticator sends.
    let mut ann = site.browser();
    let page = ask(&mut ann, ALONE).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut ann, ALONE, &signed).await.status, 303);
    for cut in [0, 1, 30, 60, 120] {
        let page = ask(&mut ann, LIST).await;
        let mut made: Value = serde_json::from_str(&Authenticator::new().make(&page.body)).unwrap();
        let text = made["response"]["attestationObject"].as_str().unwrap().to_owned();
        made["response"]["attestationObject"] = text[..cut].into();
        let reply = answer(&mut ann, LIST, &made.to_string()).await;
        assert_eq!(reply.status, 422, "{cut}");
    }
}

/// CWE-613, ASVS 7.4.3. Attack: whoever has the device is in, or comes in again, after its passkey was removed.
#[tokio::test]
async fn cwe_613_a_removed_passkey_opens_nothing() {
    let site = site();
    let (mut ann, mut lost) = enrolled(&site, ANN).await;
    let mut kept = add(&mut ann).await;
    let (mut thief, reply) = alone(&site, &mut lost).await;
    assert_eq!(reply.status, 303);
    assert_eq!(thief.who().await, ANN);
    let mut half_way = half(&site, ANN).await;
    let page = ask(&mut half_way, SECOND).await;
    let pending = lost.sign(&page.body);
    // By its id, which the list has first; and by nobody else's session.
    let (mut ann, reply) = alone(&site, &mut kept).await;
    assert_eq!(reply.status, 303);
    let list = ann.get(LIST).await.body;
    let remove = list
        .split("action=\"")
        .find(|part| part.contains("/remove/"))
        .unwrap();
    let remove = remove.split('"').next().unwrap().to_owned();
    let (mut ben, _) = enrolled(&site, "ben@example.com").await;
    let token = token_for(&mut ben, &remove).await;
    assert_eq!(ben.post(&remove, &token, &[]).await.status, 404);
    site.kit.later(601);
    let token = token_for(&mut ann, &remove).await;
    let reply = ann.post(&remove, &token, &[]).await;
    assert!(
        reply.header("location").starts_with("/accounts/confirm/"),
        "step-up: {reply:?}"
    );
    let page = ask(&mut ann, CONFIRM).await;
    let signed = kept.sign(&page.body);
    assert_eq!(answer(&mut ann, CONFIRM, &signed).await.status, 303);
    let token = token_for(&mut ann, &remove).await;
    let reply = ann.post(&remove, &token, &[]).await;
    assert_eq!(location(&reply), (303, LIST), "{}", reply.body);
    assert_eq!(ann.who().await, ANN);
    assert_eq!(thief.who().await, "");
    assert_eq!(alone(&site, &mut lost).await.1.status, 422);
    assert_ne!(answer(&mut half_way, SECOND, &pending).await.status, 200);
    assert!(half_way.session().is_none());
    let mails = site.mails().await;
    assert!(
        mails
            .iter()
            .any(|mail| mail.text().contains("A passkey of your account was removed"))
    );
    // With the last one the recovery codes go, and the password is there as before.
    let list = ann.get(LIST).await.body;
    let remove = list
        .split("action=\"")
        .find(|part| part.contains("/remove/"))
        .unwrap();
    let remove = remove.split('"').next().unwrap().to_owned();
    let token = token_for(&mut ann, &remove).await;
    let reply = ann.post(&remove, &token, &[]).await;
    assert_eq!(location(&reply), (303, LOGIN), "it was this session's own");
    assert_eq!(ann.who().await, "");
    let sql = "SELECT count(*) FROM vauban_recovery_code AS c JOIN user AS u ON u.id = c.user WHERE u.email = 'ann@example.com'";
    assert_eq!(count(&site, sql), 0);
    let mut ann = site.browser();
    assert_eq!(location(&ann.sign_in(ANN, PASSWORD).await), (303, "/"));
}

/// CWE-613, ASVS 7.4.2. Attack: somebody who is deactivated, or whose account is about to be deleted, signs in by a passkey.
#[tokio::test]
async fn asvs_7_4_2_a_passkey_opens_no_closed_account() {
    let site = site();
    let (mut ann, mut device) = enrolled(&site, ANN).await;
    site.kit
        .file()
        .execute("UPDATE user SET is_active = 0", [])
        .unwrap();
    let (mut browser, reply) = alone(&site, &mut device).await;
    assert_eq!((reply.status, browser.who().await.as_str()), (422, ""));
    site.kit
        .file()
        .execute("UPDATE user SET is_active = 1", [])
        .unwrap();
    let (_, reply) = alone(&site, &mut device).await;
    assert_eq!(reply.status, 303);
    let mut ann2 = ann.clone();
    if ann.who().await.is_empty() {
        let (browser, _) = alone(&site, &mut device).await;
        ann2 = browser;
    }
    let form = token_for(&mut ann2, "/accounts/delete/").await;
    assert_eq!(ann2.post("/accounts/delete/", &form, &[]).await.status, 200);
    let (mut browser, reply) = alone(&site, &mut device).await;
    assert_eq!((reply.status, browser.who().await.as_str()), (422, ""));
    assert!(reply.body.contains("will be deleted"), "{}", reply.body);
}

/// CWE-287, ASVS 6.3.3. Attack: a stolen password alone adds a passkey, where a factor has to be there.
#[tokio::test]
async fn cwe_287_a_password_alone_adds_no_passkey() {
    let said = Said {
        require_mfa: RequireMfa::Everybody,
        ..Said::default()
    };
    let site = TestSite::with_passkeys(said);
    site.kit.person(ANN).await;
    let mut ann = site.browser();
    assert_eq!(ann.sign_in(ANN, PASSWORD).await.status, 303);
    assert_eq!(location(&ask(&mut ann, LIST).await), (303, "/accounts/factors/"));
    assert_eq!(location(&ann.get(LIST).await), (303, "/accounts/factors/"));
    let mut device = Authenticator::new();
    // A challenge of whoever may, in a session that may not.
    let other = self::site();
    let (mut may, _) = enrolled(&other, ANN).await;
    let page = ask(&mut may, LIST).await;
    let made = device.make(&page.body);
    assert_eq!(
        location(&answer(&mut ann, LIST, &made).await),
        (303, "/accounts/factors/")
    );
    // By the link of the mail.
    assert_eq!(ann.submit("/accounts/factors/", &[]).await.status, 200);
    let link = site.link().await;
    let reply = ann.submit(&link, &[]).await;
    assert_eq!(location(&reply), (303, "/accounts/factors/totp/"));
    assert!(ann.get("/accounts/factors/totp/").await.body.contains(LIST));
    assert_eq!(ann.get(LIST).await.status, 200);
    let mut device = add(&mut ann).await;
    assert_eq!(ann.who().await, ANN);
    assert_eq!(alone(&site, &mut device).await.1.status, 303);
}

/// CWE-306. Attack: whoever finds a browser signed in adds a passkey of theirs.
#[tokio::test]
async fn cwe_306_a_passkey_is_added_behind_a_proof_of_the_last_minutes() {
    let site = site();
    let (mut ann, _) = enrolled(&site, ANN).await;
    site.kit.later(601);
    let reply = ask(&mut ann, LIST).await;
    assert!(
        reply.header("location").starts_with("/accounts/confirm/"),
        "{reply:?}"
    );
    // And the page that asks takes a passkey, which an account without an app needs.
    let page = ann.get("/accounts/confirm/").await;
    assert!(
        page.body.contains(CONFIRM) && !page.body.contains("name=\"code\""),
        "{}",
        page.body
    );
}

/// CWE-308. A session from before the passkey lacks its proof, and proves it by the passkey.
#[tokio::test]
async fn cwe_308_sessions_from_before_lack_the_proof() {
    let site = site();
    site.kit.person(ANN).await;
    let mut before = site.browser();
    before.sign_in(ANN, PASSWORD).await;
    let mut ann = site.browser();
    ann.sign_in(ANN, PASSWORD).await;
    let mut device = add(&mut ann).await;
    assert_eq!(
        location(&before.get("/members/").await),
        (303, "/accounts/confirm/?next=%2Fmembers%2F")
    );
    let page = ask(&mut before, CONFIRM).await;
    let signed = device.sign(&page.body);
    assert_eq!(answer(&mut before, CONFIRM, &signed).await.status, 303);
    assert_eq!(before.who().await, ANN);
}

/// An app and passkeys side by side: either goes, and the other stays, with the recovery codes.
#[tokio::test]
async fn an_app_and_passkeys_stand_side_by_side() {
    let site = site();
    let (mut ann, mut device) = enrolled(&site, ANN).await;
    enrol(&site, &mut ann).await;
    let page = half(&site, ANN).await.get(FACTOR).await;
    assert!(
        page.body.contains(SECOND) && page.body.contains("name=\"code\""),
        "{}",
        page.body
    );
    let form = token_for(&mut ann, "/accounts/factors/totp/remove/").await;
    let reply = ann.post("/accounts/factors/totp/remove/", &form, &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(ann.who().await, ANN, "by its passkey");
    assert_eq!(count(&site, "SELECT count(*) FROM vauban_recovery_code"), 10);
    half(&site, ANN).await;
    assert_eq!(alone(&site, &mut device).await.1.status, 303);
}

/// CWE-1390: a copied authenticator counts from where it was copied. It is told, and refuses nobody whose device counts wrong.
#[tokio::test]
async fn a_counter_that_goes_back_is_told_and_refuses_nobody() {
    let site = site();
    let (_, mut device) = enrolled(&site, ANN).await;
    device.counter = 7;
    assert_eq!(alone(&site, &mut device).await.1.status, 303);
    assert_eq!(count(&site, "SELECT counter FROM vauban_passkey"), 7);
    device.counter = 3;
    assert_eq!(alone(&site, &mut device).await.1.status, 303);
    assert_eq!(count(&site, "SELECT counter FROM vauban_passkey"), 7);
}

/// CWE-770. Attack: whoever asks again and again fills the table.
#[tokio::test]
async fn cwe_770_challenges_are_bounded() {
    let site = site();
    let (mut ann, _) = enrolled(&site, ANN).await;
    for _ in 0..15 {
        assert_eq!(ask(&mut ann, LIST).await.status, 200);
    }
    let rows = "SELECT count(*) FROM vauban_passkey_challenge";
    assert_eq!(count(&site, rows), 10, "of one account");
    let mut last = 0;
    for _ in 0..70 {
        last = ask(&mut site.browser(), ALONE).await.status;
    }
    assert_eq!(last, 429, "of one client");
    assert!(count(&site, rows) <= 10 + 61);
    site.kit.later(400);
    for _ in 0..5 {
        assert_eq!(ask(&mut ann, LIST).await.status, 200);
    }
    assert!(count(&site, rows) <= 5, "swept: {}", count(&site, rows));
}

/// Names are their owner's, and nobody else's (CWE-639); with a bound, and without control characters.
#[tokio::test]
async fn cwe_639_a_passkey_is_renamed_by_its_owner() {
    let site = site();
    let (mut ann, _) = enrolled(&site, ANN).await;
    let list = ann.get(LIST).await.body;
    let rename = list
        .split("action=\"")
        .find(|part| part.contains("/passkeys/") && part.contains("Rename"));
    let rename = rename.unwrap().split('"').next().unwrap().to_owned();
    let token = token_for(&mut ann, &rename).await;
    assert_eq!(
        ann.post(&rename, &token, &[("name", "<b>Key</b>")]).await.status,
        303
    );
    assert!(
        ann.get(LIST)
            .await
            .body
            .contains("<strong>&lt;b&gt;Key&lt;/b&gt;</strong>")
    );
    for wrong in ["", "a\u{7}b", &"x".repeat(61)] {
        ann.post(&rename, &token, &[("name", wrong)]).await;
    }
    assert_eq!(
        count(
            &site,
            "SELECT count(*) FROM vauban_passkey WHERE name = '<b>Key</b>'"
        ),
        1
    );
    let (mut ben, _) = enrolled(&site, "ben@example.com").await;
    let token = token_for(&mut ben, &rename).await;
    assert_eq!(ben.post(&rename, &token, &[("name", "mine")]).await.status, 404);
}

/// A site that does not say `.passkeys()` has none, whatever the build: its pages lead nowhere.
#[tokio::test]
async fn without_passkeys_there_are_none() {
    let site = TestSite::new();
    assert!(!site.browser().get(LOGIN).await.body.contains("passkey"));
    let reply = ask(&mut site.browser(), ALONE).await;
    assert_eq!(reply.status, 404);
}
