//! Proving again who one is: an open session that somebody else sits at.

use super::PASSWORD;
use super::browser::{Browser, TestSite};
use vauban::forms::Form;
use vauban::http::{Error, Result, StatusCode, Text};
use vauban::orm::{Db, Write};
use vauban::routing::{Mfa, Reauthenticated, SignedIn};
use vauban::view;

use crate::Fresh;

#[derive(vauban::Form)]
pub(super) struct PayForm {
    #[field(max_length = 200)]
    to: String,
}

#[view(get, "/pay/")]
pub(super) async fn pay(_: Reauthenticated) -> Text {
    Text::new("the form")
}

#[view(post, "/pay/")]
pub(super) async fn pay_out(_: Reauthenticated, db: Db<Write>, form: Form<PayForm>) -> Result<Text> {
    done(db, form).await
}

/// For who has proved two factors.
#[view(get, "/payroll/")]
pub(super) async fn payroll(_: Mfa) -> Text {
    Text::new("the payroll")
}

/// The proof is in the form.
#[view(post, "/grant/")]
pub(super) async fn grant(_: SignedIn, _: Fresh, db: Db<Write>, form: Form<PayForm>) -> Result<Text> {
    done(db, form).await
}

async fn done(db: Db<Write>, form: Form<PayForm>) -> Result<Text> {
    match form.clean(&db).await?.into_result() {
        Ok(clean) => Ok(Text::new(format!("done for {}", clean.to))),
        Err(_) => Err(Error::new(StatusCode::UNPROCESSABLE_ENTITY, "again")),
    }
}

const CONFIRM: &str = "/accounts/confirm/?next=%2Faccounts%2Fkept%2F";

async fn ann(site: &TestSite) -> Browser {
    site.kit.person("ann@example.com").await;
    let mut ann = site.browser();
    assert_eq!(ann.sign_in("ann@example.com", PASSWORD).await.status, 303);
    ann
}

/// ASVS 7.5.1, CWE-306. Attack: somebody sits down at a session that was left open. Its owner proves who they are, and comes back to
/// what they had typed; nothing was done meanwhile.
#[tokio::test]
async fn asvs_7_5_1_what_is_dear_asks_again_after_ten_minutes() {
    let site = TestSite::new();
    let mut ann = ann(&site).await;
    assert_eq!(ann.get("/pay/").await.status, 200);
    site.kit.later(599);
    assert_eq!(ann.get("/pay/").await.status, 200);
    site.kit.later(1);
    let reply = ann.get("/pay/").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/accounts/confirm/?next=%2Fpay%2F")
    );
    let form = site.token_for(&ann, "/pay/").await;
    let reply = ann.post("/pay/", &form, &[("to", "Ben & sons")]).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, CONFIRM),
        "{}",
        reply.body
    );
    let reply = ann.submit(CONFIRM, &[("password", "not her password")]).await;
    assert_eq!(reply.status, 422);
    assert_eq!(ann.get("/pay/").await.status, 303);
    let before = ann.clone();
    let reply = ann.submit(CONFIRM, &[("password", PASSWORD)]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/accounts/kept/"));
    let kept = ann.get("/accounts/kept/").await;
    assert!(kept.body.contains("Ben &amp; sons"), "{}", kept.body);
    assert_eq!(ann.get("/pay/").await.status, 200);
    // ASVS 7.2.4, CWE-384: under a new id; who has the old one has nothing.
    assert_ne!(before.session(), ann.session());
    let mut before = before;
    assert_eq!(before.who().await, "");
    let mut stranger = site.browser();
    let reply = stranger.get("/pay/").await;
    assert_eq!(reply.header("location"), "/accounts/login/?next=%2Fpay%2F");
}

/// CWE-307. Attack: whoever sits at the open session guesses.
#[tokio::test]
async fn cwe_307_proofs_are_throttled() {
    let site = TestSite::new();
    let mut ann = ann(&site).await;
    site.kit.later(600);
    let form = site.token_for(&ann, "/grant/").await;
    // As many as a browser that is known has.
    for _ in 0..10 {
        let fields = [("to", "Ben"), ("password", "a wrong password")];
        let reply = ann.post("/grant/", &form, &fields).await;
        assert!(
            reply.header("location").starts_with("/accounts/confirm/"),
            "{reply:?}"
        );
    }
    // Both ways are one count, and the right one waits, too.
    let reply = ann
        .post("/grant/", &form, &[("to", "Ben"), ("password", PASSWORD)])
        .await;
    assert_eq!(reply.status, 303);
    let reply = ann.submit("/accounts/confirm/", &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 429);
    site.kit.later(2);
    let reply = ann
        .post("/grant/", &form, &[("to", "Ben"), ("password", PASSWORD)])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

/// ASVS 7.5.1: the proof in the form itself; without it what was typed is kept, and the password is not.
#[tokio::test]
async fn asvs_7_5_1_a_form_carries_its_own_proof() {
    let site = TestSite::new();
    let mut ann = ann(&site).await;
    let form = site.token_for(&ann, "/grant/").await;
    let reply = ann.post("/grant/", &form, &[("to", "Ben")]).await;
    assert_eq!(reply.body, "done for Ben", "who has just signed in is not asked");
    site.kit.later(600);
    let reply = ann.post("/grant/", &form, &[("to", "Cleo")]).await;
    assert_eq!((reply.status, reply.header("location")), (303, CONFIRM));
    let fields = [("to", "Ben"), ("password", PASSWORD)];
    assert_eq!(ann.post("/grant/", &form, &fields).await.body, "done for Ben");
    let kept = ann.get("/accounts/kept/").await;
    assert!(
        kept.body.contains("Cleo") && !kept.body.contains(PASSWORD),
        "{}",
        kept.body
    );
}

/// CWE-601. Attack: a link to the page that leads elsewhere afterwards.
#[tokio::test]
async fn cwe_601_confirming_stays_on_the_site() {
    let site = TestSite::new();
    let mut ann = ann(&site).await;
    for (next, location) in [
        ("%2Fpay%2F", "/pay/"),
        ("%2F%2Fevil.example%2F", "/"),
        ("https:%2F%2Fevil.example", "/"),
    ] {
        let path = format!("/accounts/confirm/?next={next}");
        let reply = ann.submit(&path, &[("password", PASSWORD)]).await;
        assert_eq!((reply.status, reply.header("location")), (303, location));
    }
}
