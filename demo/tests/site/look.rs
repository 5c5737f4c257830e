//! The account pages and mails that this site writes itself.

use crate::world::World;

#[tokio::test]
async fn the_page_for_signing_in_is_the_sites_own() {
    let w = World::new().await;
    let mut visitor = w.app.client();
    let page = visitor.get("/accounts/login/").await;
    page.assert_status(200)
        .assert_contains("<h1>Welcome back</h1>")
        .assert_contains("Vauban demo</title>")
        .assert_lacks("<h1>Sign in</h1>");
    let wrong = [
        ("email", "ann@example.com"),
        ("password", "wrong"),
        ("remember", "on"),
    ];
    visitor
        .post_form("/accounts/login/", &wrong)
        .await
        .assert_status(422)
        .assert_contains("Welcome back")
        .assert_contains("do not fit together")
        // What was typed is there, and the password is not (CWE-549).
        .assert_contains("value=\"ann@example.com\"")
        .assert_lacks("value=\"wrong\"");
    // Every other page is the framework's, within the site's layout.
    visitor
        .get("/accounts/reset/")
        .await
        .assert_contains("<h1>A new password</h1>")
        .assert_contains("account-page");
}

#[tokio::test]
async fn the_mail_with_a_new_password_is_the_sites_own() {
    let w = World::new().await;
    let mut visitor = w.app.client();
    let fields = [("email", "ann@example.com")];
    visitor
        .post_form("/accounts/reset/", &fields)
        .await
        .assert_status(200);
    let link = w.app.mailed_link("ann@example.com").await.unwrap();
    let mails = w.app.mails();
    let mail = mails.last().unwrap();
    assert_eq!(mail.subject(), "Choose a new password");
    assert!(mail.text().starts_with("Hello!"), "{}", mail.text());
    assert!(
        mail.html().contains("border-top: 4px") && mail.html().contains(link.as_str()),
        "{}",
        mail.html()
    );
    visitor
        .get(link.as_str())
        .await
        .assert_status(200)
        .assert_contains("name=\"password\"");
}
