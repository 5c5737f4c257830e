//! Accounts, and what people change about themselves.

use ::__crate__::people::User;
use ::__crate__::urls;

use vauban::testing::Expect::{Allowed, NotFound, SignIn};
use vauban::testing::{Expected, Prober};

use crate::world::{PASSWORD, World};

/// Everybody may sign up and in; what is one's own needs a session.
#[rustfmt::skip]
pub(crate) fn probe(prober: Prober<'_>) -> Prober<'_> {
    let link = "/accounts/first-administrator/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/";
    let new = [
        ("email", "eve@example.com"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let (sign_up, reset) = (
        "/accounts/signup/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/",
        "/accounts/reset/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/",
    );
    let password = [("password", PASSWORD)];
    let known = [("email", "ann@example.com"), ("password", PASSWORD)];
    let change = [
        ("old_password", PASSWORD),
        ("new_password", "nine quiet ferries"),
        ("new_password_again", "nine quiet ferries"),
    ];
    prober
        .get("profile", urls::profile())
        .form("profile_save", urls::profile_save(), &[("name", "Another name")])
        .get("accounts.signup", "/accounts/signup/")
        .form("accounts.signup_post", "/accounts/signup/", &new[..1])
        .get("accounts.signup_link", sign_up)
        .form("accounts.signup_link_post", sign_up, &password)
        .get("accounts.reset", "/accounts/reset/")
        .form("accounts.reset_post", "/accounts/reset/", &new[..1])
        .get("accounts.reset_link", reset)
        .form("accounts.reset_link_post", reset, &password)
        .get("accounts.login", "/accounts/login/")
        .form("accounts.login_post", "/accounts/login/", &known)
        .form_without_rows("accounts.logout", "/accounts/logout/", &[])
        .get("accounts.kept", "/accounts/kept/")
        .form_without_rows("accounts.kept_post", "/accounts/kept/", &[])
        .get("accounts.password", "/accounts/password/")
        .form("accounts.password_post", "/accounts/password/", &change)
        .get("accounts.first_administrator", link)
        .form("accounts.first_administrator_post", link, &new)
        .expect(&[
            //                                      nobody    Ann      Ben      Cleo (staff)__and_dan__
            Expected::new("profile", [SignIn, Allowed, Allowed, Allowed__and_allowed__]),
            Expected::new("profile_save", [SignIn, Allowed, Allowed, Allowed__and_allowed__]),
            Expected::new("accounts.signup", [Allowed; __callers__]),
            Expected::new("accounts.signup_post", [Allowed; __callers__]),
            // What stands for the token opens nothing.
            Expected::new("accounts.signup_link", [NotFound; __callers__]),
            Expected::new("accounts.signup_link_post", [NotFound; __callers__]),
            Expected::new("accounts.reset", [Allowed; __callers__]),
            Expected::new("accounts.reset_post", [Allowed; __callers__]),
            Expected::new("accounts.reset_link", [NotFound; __callers__]),
            Expected::new("accounts.reset_link_post", [NotFound; __callers__]),
            Expected::new("accounts.login", [Allowed; __callers__]),
            Expected::new("accounts.login_post", [Allowed; __callers__]),
            Expected::new("accounts.logout", [Allowed; __callers__]),
            // Nothing that they typed is kept for them.
            Expected::new("accounts.kept", [SignIn, NotFound, NotFound, NotFound__and_not_found__]),
            Expected::new("accounts.kept_post", [SignIn, Allowed, Allowed, Allowed__and_allowed__]),
            Expected::new("accounts.password", [SignIn, Allowed, Allowed, Allowed__and_allowed__]),
            Expected::new("accounts.password_post", [SignIn, Allowed, Allowed, Allowed__and_allowed__]),
            // The link is made at the first start only, and this is none.
            Expected::new("accounts.first_administrator", [NotFound; __callers__]),
            Expected::new("accounts.first_administrator_post", [NotFound; __callers__]),
        ])
}

#[tokio::test]
async fn people_change_their_own_name_and_nothing_else() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    // A field that the form does not list has no way in: CWE-915.
    let fields = [("name", "Ann of the walls"), ("is_staff", "on")];
    let answer = ann.post_form(urls::profile_save(), &fields).await;
    ann.follow(&answer).await.assert_contains("Ann of the walls");
    let id = w.ann.id;
    let ann = w
        .app
        .rows(async |db| User::objects().get(&db, |u| u.id.eq(id)).await)
        .await;
    assert!(!ann.is_staff);
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in() {
    let w = World::new().await;
    let answer = w.app.client().get(urls::profile()).await;
    answer.assert_redirects_to("/accounts/login/?next=%2Fprofile%2F");
}
