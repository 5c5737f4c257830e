//! Where people are signed in, on whichever database.

use std::time::Duration;

use vauban::testing::Client;

use crate::world::{self, PASSWORD, World};

async fn sign_in(w: &World, more: &[(&str, &str)]) -> Client {
    let mut client = w.app.client();
    let known = [("email", "ann@example.com"), ("password", PASSWORD)];
    let answer = client
        .post_form("/accounts/login/", &[&known, more].concat())
        .await;
    answer.assert_status(303);
    client
}

fn session(client: &Client) -> String {
    let cookie = client.cookie("demo-session").or(client.cookie("__Host-session"));
    cookie.unwrap().to_owned()
}

/// ASVS 7.5.2, CWE-639. The menu leads to the pages; one ends one's own sessions, and nobody else's.
#[tokio::test]
async fn people_find_their_sessions_and_end_them() {
    let w = World::with_passwords().await;
    let mut other = sign_in(&w, &[]).await;
    let mut ann = sign_in(&w, &[]).await;
    let home = ann.get("/").await;
    home.assert_contains("/accounts/security/");
    home.assert_contains("/accounts/sessions/");
    let page = ann.get("/accounts/sessions/").await.text();
    let (_, id) = page.split_once("action=\"/accounts/sessions/").unwrap();
    let (id, _) = id.split_once("/\"").unwrap();
    let path = format!("/accounts/sessions/{id}/");
    let mut ben = w.as_(&w.ben).await;
    ben.post_fields(path.as_str(), &[]).await.assert_status(404);
    ann.post_fields("/accounts/sessions/", &[])
        .await
        .assert_status(303);
    other.get("/").await.assert_lacks("/accounts/sessions/");
    ann.get("/").await.assert_contains("/accounts/sessions/");
    ben.get("/").await.assert_contains("/accounts/sessions/");
    let security = ann.get("/accounts/security/").await;
    security.assert_contains("Signed in from a new device");
    security.assert_contains("Signed out everywhere else");
}

/// CWE-362. Tabs of a restored window come back at the very same moment: one renews the session, and all have its new token.
#[tokio::test]
async fn cwe_362_tabs_that_come_back_at_once_stay_signed_in() {
    let w = World::inside(world::start_with(demo::app, &[("sessions.absolute", "1s")]), true).await;
    let mut ann = sign_in(&w, &[("remember", "on")]).await;
    let old = session(&ann);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let mut tabs = [ann.clone(), ann.clone(), ann.clone(), ann.clone()];
        let [one, two, three, four] = &mut tabs;
        let page = "/accounts/sessions/";
        let answers = tokio::join!(one.get(page), two.get(page), three.get(page), four.get(page));
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            answer.assert_status(200).assert_contains("Stays signed in until");
        }
        let tokens: std::collections::BTreeSet<_> = tabs.iter().map(session).collect();
        assert_eq!(tokens.len(), 1, "one successor");
        assert!(!tokens.contains(&old));
        ann = tabs.into_iter().next().unwrap();
    }
}
