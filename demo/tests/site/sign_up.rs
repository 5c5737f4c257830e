//! Who may make an account is the operator's to say.

use demo::users::User;
use vauban::prelude::*;
use vauban::testing::TestApp;
use vauban::{App, accounts};

/// CWE-284: with sign-ups closed there is neither page nor route nor link; people who are known sign in as before.
#[tokio::test]
async fn closed_sign_ups_are_not_there() {
    let open = TestApp::new(demo::app);
    open.client().get("/").await.assert_contains("/accounts/signup/");
    open.client()
        .get("/accounts/login/")
        .await
        .assert_contains("/accounts/signup/");

    let closed = TestApp::with(demo::app, &[("accounts.sign_up", "closed")]);
    let mut stranger = closed.client();
    stranger
        .get("/")
        .await
        .assert_status(200)
        .assert_lacks("/accounts/signup/");
    stranger
        .get("/accounts/login/")
        .await
        .assert_status(200)
        .assert_lacks("/accounts/signup/");
    stranger.get("/accounts/signup/").await.assert_status(404);
    stranger
        .post_fields("/accounts/signup/", &[("email", "eve@example.com")])
        .await
        .assert_status(404);
}

/// The site's own fields are asked, kept, and may stay empty.
#[tokio::test]
async fn people_say_their_name_when_they_sign_up() {
    let app = TestApp::new(demo::app);
    let mut ann = app.client();
    let link = asked(&app, "ann@example.com").await;
    ann.get(link.as_str()).await.assert_contains("Your name");
    let password = ("password", "nine quiet ferries");
    ann.post_fields(link.as_str(), &[password, ("name", "Ann Ó Briain")])
        .await
        .assert_status(303);
    ann.get("/profile/").await.assert_contains("Ann Ó Briain");

    let mut bob = app.client();
    let link = asked(&app, "bob@example.com").await;
    bob.post_form(link.as_str(), &[password]).await.assert_status(303);
}

/// The link of somebody who wants an account.
async fn asked(app: &TestApp, email: &str) -> String {
    let fields = [("email", email)];
    let answer = app.client().post_form("/accounts/signup/", &fields).await;
    answer.assert_status(200);
    app.mailed_link(email).await.unwrap()
}

#[derive(Form)]
#[form(edits = User)]
struct Rights {
    is_staff: bool,
}

/// CWE-269: a site whose sign-up asks for a right does not start.
#[test]
#[should_panic(expected = "`is_staff` carries privilege")]
fn cwe_269_sign_up_that_asks_for_a_right_does_not_start() {
    TestApp::new(|| {
        App::new(vauban::package!())
            .module(accounts::module::<User>().sign_up::<Rights>())
            .module(demo::users::module())
            .module(demo::organisations::module())
    });
}
