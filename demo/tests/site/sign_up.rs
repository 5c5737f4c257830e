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
    let fields = [
        ("email", "eve@example.com"),
        ("password", "nine quiet ferries"),
        ("password_again", "nine quiet ferries"),
    ];
    stranger
        .post_fields("/accounts/signup/", &fields)
        .await
        .assert_status(404);
}

/// The site's own fields are asked, kept, and may stay empty.
#[tokio::test]
async fn people_say_their_name_when_they_sign_up() {
    let app = TestApp::new(demo::app);
    let mut ann = app.client();
    ann.get("/accounts/signup/").await.assert_contains("Your name");
    let account = |email| {
        [
            ("email", email),
            ("password", "nine quiet ferries"),
            ("password_again", "nine quiet ferries"),
        ]
    };
    let mut fields = account("ann@example.com").to_vec();
    fields.push(("name", "Ann Ó Briain"));
    ann.post_fields("/accounts/signup/", &fields)
        .await
        .assert_status(303);
    ann.get("/profile/").await.assert_contains("Ann Ó Briain");

    let mut bob = app.client();
    bob.get("/accounts/signup/").await;
    bob.post_fields("/accounts/signup/", &account("bob@example.com"))
        .await
        .assert_status(303);
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
