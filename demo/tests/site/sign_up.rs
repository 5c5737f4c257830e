//! Who may make an account is the operator's to say.

use vauban::testing::TestApp;

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
