//! Two programs on one database: what one of them takes away holds in the other's next request.

use demo::users::User;
use vauban::testing::{Client, TestApp};

use crate::world::{PASSWORD, World};

/// Only for who is signed in.
const OWN: &str = "/accounts/sessions/";

async fn sign_in(app: &TestApp) -> Client {
    let mut client = app.client();
    let known = [("email", "ann@example.com"), ("password", PASSWORD)];
    client
        .post_form("/accounts/login/", &known)
        .await
        .assert_status(303);
    client
}

/// The same browser at another program.
fn carried(client: &Client, to: &TestApp) -> Client {
    let mut there = to.client();
    for name in ["demo-session", "__Host-session"] {
        if let Some(token) = client.cookie(name) {
            there.set_cookie(name, token);
        }
    }
    there
}

/// ASVS 7.4.1, CWE-613. Attack: a copy of the cookie, at the process that did not hear of the sign-out.
#[tokio::test]
async fn asvs_7_4_1_a_sign_out_holds_in_the_other_program() {
    let w = World::with_passwords().await;
    let other = w.app.beside();
    let mut ann = sign_in(&w.app).await;
    let mut copy = carried(&ann, &other);
    copy.get(OWN).await.assert_status(200);
    ann.post_fields("/accounts/logout/", &[]).await.assert_status(303);
    copy.get(OWN).await.assert_status(303);
}

/// ASVS 7.4.2, CWE-613. Attack: go on in the other program after the account was shut.
#[tokio::test]
async fn asvs_7_4_2_a_deactivation_holds_in_the_other_program() {
    let w = World::with_passwords().await;
    let other = w.app.beside();
    let ann = sign_in(&w.app).await;
    let mut there = carried(&ann, &other);
    there.get(OWN).await.assert_status(200);
    let id = w.ann.id;
    let shut = w.app.rows(async move |db| {
        let ann = User::objects().filter(|u| u.id.eq(id));
        ann.change_all(&db, |u| [u.is_active.set(false)]).await
    });
    assert_eq!(shut.await, 1);
    there.get(OWN).await.assert_status(303);
    let known = [("email", "ann@example.com"), ("password", PASSWORD)];
    let mut again = other.client();
    again
        .post_form("/accounts/login/", &known)
        .await
        .assert_status(422);
}

/// ASVS 7.4.3, CWE-613. Attack: a session that a thief has, in the other program, after its owner changed the password.
#[tokio::test]
async fn asvs_7_4_3_a_password_change_holds_in_the_other_program() {
    let w = World::with_passwords().await;
    let other = w.app.beside();
    let mut thief = sign_in(&other).await;
    let mut ann = sign_in(&w.app).await;
    thief.get(OWN).await.assert_status(200);
    let new = "a lamp in the orchard";
    let fields = [
        ("old_password", PASSWORD),
        ("new_password", new),
        ("new_password_again", new),
    ];
    ann.post_form("/accounts/password/", &fields)
        .await
        .assert_status(303);
    thief.get(OWN).await.assert_status(303);
    ann.get(OWN).await.assert_status(200);
    carried(&ann, &other).get(OWN).await.assert_status(200);
}
