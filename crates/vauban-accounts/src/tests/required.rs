//! Who has to have a second factor.

use super::browser::{Browser, TestSite};
use super::factors::FACTOR;
use super::{Kit, PASSWORD};
use crate::accounts::Said;
use crate::settings::RequireMfa;
use vauban::commands::{Failure, Out, Run};

const FACTORS: &str = "/accounts/factors/";
const TOTP: &str = "/accounts/factors/totp/";

fn site(require_mfa: RequireMfa) -> TestSite {
    let said = Said {
        require_mfa,
        ..Said::default()
    };
    TestSite::of(Kit::of(|_| (), said), |_| ())
}

/// A site whose setting asks nobody for a factor, and one of its views everybody.
fn site_with_payroll() -> TestSite {
    let mut kit = Kit::new();
    kit.has_payroll = true;
    TestSite::of(kit, |_| ())
}

/// Somebody who has just signed in.
async fn signed_in(site: &TestSite, email: &str, is_staff: bool) -> Browser {
    site.kit.person(email).await;
    let sql = "UPDATE user SET is_staff = ?1 WHERE email = ?2";
    site.kit
        .file()
        .execute(sql, rusqlite::params![is_staff, email])
        .unwrap();
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    browser
}

/// Runs one of the commands of `factors`, and says what it told.
async fn command(site: &TestSite, name: &str, email: &str) -> (String, Result<(), Failure>) {
    let (group, out) = (crate::factors::factors(), Out::buffer());
    let command = group.subcommands().iter().find(|one| one.name() == name).unwrap();
    #[allow(deprecated)]
    let run = Run::__of(&site.site, vec![("EMAIL", email.to_owned())], &out);
    let done = command.run(run).await;
    (out.text(), done)
}

/// Has the link sent, and gives its path.
async fn link(site: &TestSite, browser: &mut Browser) -> String {
    assert_eq!(browser.submit(FACTORS, &[]).await.status, 200);
    site.link().await
}

/// ASVS 6.3.3, CWE-308. Attack: staff without a second factor call everything; their password was stolen, and the thief adds a factor.
#[tokio::test]
async fn asvs_6_3_3_who_lacks_the_factor_gets_to_adding_one_and_nowhere_else() {
    let site = site(RequireMfa::Staff);
    let mut ben = signed_in(&site, "ben@example.com", false).await;
    assert_eq!(ben.who().await, "ben@example.com", "no staff");
    let mut ann = signed_in(&site, "ann@example.com", true).await;
    assert_eq!(ann.who().await, "", "to every page and policy they are nobody");
    for page in [
        "/members/",
        "/staff/",
        "/pay/",
        "/accounts/data/",
        "/accounts/data/file/",
        "/accounts/delete/",
        "/accounts/email/",
        "/accounts/password/",
        "/accounts/security/",
        "/accounts/sessions/",
        "/accounts/kept/",
        "/accounts/factors/recovery/",
    ] {
        let reply = ann.get(page).await;
        let to = reply.header("location");
        assert!(
            reply.status == 303 && to.starts_with("/accounts/factors/?next="),
            "{page}: {reply:?}"
        );
    }
    for page in [
        "/accounts/password/",
        "/accounts/sessions/",
        "/accounts/factors/recovery/",
        "/pay/",
    ] {
        let form = site.token_for(&ann, page).await;
        let reply = ann.post(page, &form, &[("to", "Ben")]).await;
        let to = reply.header("location");
        // A form of nobody's page is not kept for anybody.
        let is_refused = reply.status == 403 && page == "/pay/";
        assert!(
            is_refused || reply.status == 303 && to.starts_with(FACTORS),
            "{page}: {reply:?}"
        );
    }
    // The thief has no mailbox.
    let page = ann.get(FACTORS).await;
    assert!(page.status == 200 && !page.body.contains(TOTP), "{}", page.body);
    assert_eq!(ann.get(TOTP).await.header("location"), FACTORS);
    let form = site.token_for(&ann, TOTP).await;
    assert_eq!(
        ann.post(TOTP, &form, &[("code", "000000")])
            .await
            .header("location"),
        FACTORS
    );
    let reply = ann.get("/accounts/confirm/").await;
    assert_eq!(reply.status, 200);
    // Its owner has one.
    let link = link(&site, &mut ann).await;
    for _ in 0..2 {
        assert_eq!(ann.get(&link).await.status, 200, "following it changes nothing");
    }
    assert_eq!(ann.submit(&link, &[]).await.header("location"), TOTP);
    let form = site.token_for(&ann, &link).await;
    assert_eq!(ann.post(&link, &form, &[]).await.status, 404, "once");
    super::factors::enrol(&site, &mut ann).await;
    assert_eq!(ann.who().await, "ann@example.com");
    assert_eq!(ann.get("/staff/").await.status, 200);
}

/// ASVS 6.6.2, CWE-287, CWE-639. Attack: the link of another account, in another browser without the password, of another purpose, of before a changed
/// password, too late; and the leave that it gave is carried into another session.
#[tokio::test]
async fn cwe_287_the_link_is_of_one_account_and_one_session() {
    let site = site(RequireMfa::Everybody);
    let mut ann = signed_in(&site, "ann@example.com", false).await;
    let mut ben = signed_in(&site, "ben@example.com", false).await;
    let of_ann = link(&site, &mut ann).await;
    assert_eq!(ben.get(&of_ann).await.status, 404);
    let form = site.token_for(&ben, &of_ann).await;
    assert_eq!(ben.post(&of_ann, &form, &[]).await.status, 404);
    let mut stranger = site.browser();
    assert!(
        stranger
            .get(&of_ann)
            .await
            .header("location")
            .starts_with("/accounts/login/")
    );
    let mut reset = site.browser();
    reset
        .submit("/accounts/reset/", &[("email", "ann@example.com")])
        .await;
    let other = site.link().await.replace("/reset/", "/factors/enrol/");
    assert_eq!(ann.get(&other).await.status, 404);
    // The leave is of this session: another one of the same account has none.
    assert_eq!(ann.submit(&of_ann, &[]).await.status, 303);
    assert_eq!(ann.get(TOTP).await.status, 200);
    let mut second = site.browser();
    second.sign_in("ann@example.com", PASSWORD).await;
    let leave = ann.cookies["__Host-enrol"].clone();
    second.cookies.insert("__Host-enrol".to_owned(), leave.clone());
    assert_eq!(second.get(TOTP).await.header("location"), FACTORS);
    ben.cookies.insert("__Host-enrol".to_owned(), leave);
    assert_eq!(ben.get(TOTP).await.header("location"), FACTORS);
    site.kit.later(16 * 60);
    assert_eq!(
        ann.get(TOTP).await.header("location"),
        FACTORS,
        "and not for long"
    );
    let mut cleo = signed_in(&site, "cleo@example.com", false).await;
    let late = link(&site, &mut cleo).await;
    site.kit.later(20 * 60 - 5);
    assert_eq!(cleo.get(&late).await.status, 200);
    site.kit.later(5);
    assert_eq!(cleo.get(&late).await.status, 404);
}

/// ASVS 6.3.3 (CVE-like keycloak#53070). Attack: signing in again, or in another way, forgets that a factor is asked; who becomes staff keeps
/// an open session. It is asked at each request, by the rows.
#[tokio::test]
async fn asvs_6_3_3_it_is_asked_at_each_request() {
    let site = site(RequireMfa::Staff);
    let mut ann = signed_in(&site, "ann@example.com", false).await;
    assert_eq!(ann.who().await, "ann@example.com");
    let sql = "UPDATE user SET is_staff = 1";
    site.kit.file().execute(sql, []).unwrap();
    assert_eq!(ann.who().await, "");
    let again = ann.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!((again.status, ann.who().await), (303, String::new()));
    let reply = ann.submit("/accounts/confirm/", &[("password", PASSWORD)]).await;
    assert_eq!(
        (reply.status, ann.who().await),
        (303, String::new()),
        "one kind, twice"
    );
    let link = link(&site, &mut ann).await;
    ann.submit(&link, &[]).await;
    super::factors::enrol(&site, &mut ann).await;
    assert_eq!(ann.who().await, "ann@example.com");
    // Removed, it is asked again, and the link, too.
    let form = site.token_for(&ann, "/accounts/factors/totp/remove/").await;
    ann.post("/accounts/factors/totp/remove/", &form, &[]).await;
    assert_eq!(ann.who().await, "");
    assert_eq!(ann.get(TOTP).await.header("location"), FACTORS);
}

/// CWE-308, ASVS 6.3.3. Attack: the setting asks no factor of somebody; whoever stole their password adds one and passes the rule `Mfa`.
#[tokio::test]
async fn cwe_308_a_stolen_password_adds_no_factor_for_the_rule_mfa() {
    let site = site_with_payroll();
    let mut thief = signed_in(&site, "ann@example.com", false).await;
    let page = thief.get(FACTORS).await;
    assert!(page.status == 200 && !page.body.contains(TOTP), "{}", page.body);
    assert_eq!(thief.get(TOTP).await.header("location"), FACTORS);
    // Nor with an app that was begun before, without the link.
    let form = site.token_for(&thief, TOTP).await;
    let reply = thief.post(TOTP, &form, &[("code", "000000")]).await;
    assert_eq!(reply.header("location"), FACTORS);
    // An open session asks for the password before a mail is sent.
    let mails = site.mails().await.len();
    site.kit.later(600);
    let form = site.token_for(&thief, FACTORS).await;
    let reply = thief.post(FACTORS, &form, &[]).await;
    assert!(
        reply.header("location").starts_with("/accounts/confirm/"),
        "{reply:?}"
    );
    assert_eq!(site.mails().await.len(), mails);
    // Its owner reads the mail. Another app or a passkey needs no mail any more: the first factor is proved.
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    let mailed = link(&site, &mut ann).await;
    assert_eq!(
        thief.get(TOTP).await.header("location"),
        FACTORS,
        "the leave is of a session"
    );
    assert_eq!(ann.submit(&mailed, &[]).await.header("location"), TOTP);
    super::factors::enrol(&site, &mut ann).await;
    let page = ann.get(FACTORS).await;
    assert!(page.body.contains("Remove the app"), "{}", page.body);
    // Removed, the next one is a first one again.
    let form = site.token_for(&ann, "/accounts/factors/totp/remove/").await;
    ann.post("/accounts/factors/totp/remove/", &form, &[]).await;
    assert_eq!(ann.get(TOTP).await.header("location"), FACTORS);
}

/// ASVS 6.3.3: the rule `Mfa`, for who has proofs of two kinds, whatever the setting says.
#[tokio::test]
async fn asvs_6_3_3_mfa_is_a_rule() {
    let site = site_with_payroll();
    let mut ben = signed_in(&site, "ben@example.com", false).await;
    let reply = ben.get("/payroll/").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/factors/?next=%2Fpayroll%2F")
    );
    let mut stranger = site.browser();
    assert_eq!(
        stranger.get("/payroll/").await.header("location"),
        "/accounts/login/?next=%2Fpayroll%2F"
    );
    let mut ann = signed_in(&site, "ann@example.com", false).await;
    let mailed = link(&site, &mut ann).await;
    ann.submit(&mailed, &[]).await;
    let app = super::factors::enrol(&site, &mut ann).await;
    assert_eq!(ann.get("/payroll/").await.status, 200);
    let mut half = super::factors::half(&site, "ann@example.com").await;
    assert!(
        half.get("/payroll/")
            .await
            .header("location")
            .starts_with("/accounts/login/")
    );
    assert_eq!(
        half.submit(FACTOR, &[("code", &app.code(&site, 0))]).await.status,
        303
    );
    assert_eq!(half.get("/payroll/").await.status, 200);
    // Ten minutes later a proof in a form may be a code.
    site.kit.later(600);
    let form = site.token_for(&ann, "/grant/").await;
    let code = app.code(&site, 0);
    let reply = ann
        .post("/grant/", &form, &[("to", "Ben"), ("code", "000000")])
        .await;
    assert_eq!(reply.status, 303);
    let reply = ann
        .post("/grant/", &form, &[("to", "Ben"), ("code", &code)])
        .await;
    assert_eq!(reply.body, "done for Ben");
    // CWE-200: what was typed is kept without it.
    let kept = ann.get("/accounts/kept/").await;
    assert!(
        kept.body.contains("Ben") && !kept.body.contains("000000"),
        "{}",
        kept.body
    );
    // Taken away by whoever runs the site.
    let (told, done) = command(&site, "list", "ann@example.com").await;
    assert!(
        told.contains("authenticator app since") && told.contains("10 recovery"),
        "{told} {done:?}"
    );
    let (told, done) = command(&site, "reset", "ann@example.com").await;
    assert!(told.contains("no second factor any more"), "{told} {done:?}");
    let mails = site.mails().await;
    assert!(
        mails.last().unwrap().text().contains("removed"),
        "{}",
        mails.last().unwrap().text()
    );
    for email in ["ann@example.com", "nobody@example.com"] {
        assert!(command(&site, "reset", email).await.1.is_err());
    }
    assert_eq!(
        ann.get("/payroll/").await.header("location"),
        "/accounts/login/?next=%2Fpayroll%2F"
    );
    assert_eq!(half.who().await, "", "its sessions ended");
    ann.sign_in("ann@example.com", PASSWORD).await;
    let page = ann.get("/accounts/security/").await;
    assert!(
        page.body.contains("by the people who run the site"),
        "{}",
        page.body
    );
}
