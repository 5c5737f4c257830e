//! Attacks on a person's data.

use serde_json::Value;

use super::PASSWORD;
use super::browser::{Browser, Reply, TestSite};

const DATA: &str = "/accounts/data/";
const FILE: &str = "/accounts/data/file/";

async fn signed_in(site: &TestSite, email: &str) -> Browser {
    let person = site.kit.person(email).await;
    site.kit.leaf(&person, &format!("a leaf of {email}")).await;
    site.kit.fair(&person).await;
    site.kit.line(&person).await;
    let mut browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
    browser
}

async fn made(site: &TestSite, browser: &mut Browser) -> Reply {
    assert_eq!(browser.submit(DATA, &[]).await.status, 303);
    assert_eq!(browser.get(FILE).await.status, 404, "not yet");
    site.mails().await;
    browser.get(FILE).await
}

fn count(site: &TestSite, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    site.kit.file().query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// CWE-639, CWE-200, ASVS 14.2.6. What is one's own is in it; nobody else's row is, nor what its model tells nobody.
#[tokio::test]
async fn cwe_639_a_persons_data_is_theirs_and_nobody_elses() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    let mut ben = signed_in(&site, "ben@example.com").await;
    let reply = made(&site, &mut ann).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    assert!(reply.header("content-disposition").starts_with("attachment"));
    assert!(reply.header("cache-control").contains("no-store"));
    let data: Value = serde_json::from_str(&reply.body).unwrap();
    let leaves = data["rows"]["Leaf"].as_array().unwrap();
    assert_eq!(leaves.len(), 1, "{data}");
    assert_eq!(leaves[0]["text"], "a leaf of ann@example.com");
    for model in ["Fair", "Line"] {
        assert_eq!(data["rows"][model].as_array().unwrap().len(), 1, "{model}");
    }
    for hidden in ["ben@example.com", "told to nobody", "argon2", "secret"] {
        assert!(!reply.body.contains(hidden), "{hidden}: {}", reply.body);
    }
    // Rows that cannot be looked for are not passed over in silence.
    assert_eq!(data["incomplete"], serde_json::json!(["Diary"]));
    // Another person's is not there, under whatever address.
    assert_eq!(ben.get(FILE).await.status, 404);
    assert!(!ben.get(DATA).await.body.contains("Save the file"));
}

/// CWE-306, CWE-525, CWE-613. Attacks: the file after a sign-out, from a session that was left open, by nobody, with another's cookie.
#[tokio::test]
async fn cwe_306_the_file_is_fetched_by_who_has_just_proved_it() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    assert_eq!(made(&site, &mut ann).await.status, 200);
    let mut before = ann.clone();
    site.kit.later(600);
    let form = site.token_for(&ann, DATA).await;
    for reply in [
        ann.get(FILE).await,
        ann.get(DATA).await,
        ann.post(DATA, &form, &[]).await,
    ] {
        assert!(
            reply.header("location").starts_with("/accounts/confirm/"),
            "{reply:?}"
        );
        assert!(!reply.body.contains("a leaf"));
    }
    assert_eq!(
        ann.submit("/accounts/confirm/", &[("password", PASSWORD)])
            .await
            .status,
        303
    );
    assert_eq!(ann.get(FILE).await.status, 200);
    assert_eq!(before.get(FILE).await.status, 303);
    let mut copy = ann.clone();
    let form = site.token_for(&ann, "/accounts/logout/").await;
    ann.post("/accounts/logout/", &form, &[]).await;
    for browser in [&mut ann, &mut copy, &mut site.browser()] {
        let reply = browser.get(FILE).await;
        assert!(
            reply.header("location").starts_with("/accounts/login/"),
            "{reply:?}"
        );
    }
}

/// CWE-770: one at a time, and one an hour; CWE-312: what the database keeps of it is sealed; ASVS 14.2.7: for a week.
#[tokio::test]
async fn asvs_14_2_7_one_is_kept_sealed_for_a_week() {
    let site = TestSite::new();
    let mut ann = signed_in(&site, "ann@example.com").await;
    // The one of the sign-in has left.
    site.mails().await;
    for _ in 0..3 {
        let form = site.token_for(&ann, DATA).await;
        assert_eq!(ann.post(DATA, &form, &[]).await.status, 303);
    }
    assert_eq!(
        (count(&site, "vauban_export"), count(&site, "vauban_tasks_task")),
        (1, 1)
    );
    site.mails().await;
    let first = ann.get(FILE).await.body;
    let sealed: Vec<u8> = site
        .kit
        .file()
        .query_row("SELECT made FROM vauban_export", [], |row| row.get(0))
        .unwrap();
    let is_in = |text: &str| sealed.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!is_in("ann@example.com") && sealed.len() > first.len());
    let form = site.token_for(&ann, DATA).await;
    ann.post(DATA, &form, &[]).await;
    site.mails().await;
    assert_eq!(ann.get(FILE).await.body, first, "within the hour");
    // Moved to another's row it opens nothing.
    let mut ben = signed_in(&site, "ben@example.com").await;
    assert_eq!(made(&site, &mut ben).await.status, 200);
    let file = site.kit.file();
    file.execute("UPDATE vauban_export SET made = ?1", [&sealed])
        .unwrap();
    assert_eq!(ann.get(FILE).await.body, first);
    assert_eq!(ben.get(FILE).await.status, 404);
    let week = 7 * 86_400;
    site.kit.later(week);
    let mut ann = site.browser();
    ann.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(ann.get(FILE).await.status, 404);
    let tasks = site.site.part::<std::sync::Arc<vauban_tasks::Tasks>>().unwrap();
    tasks.advance_for_test(std::time::Duration::from_secs(week));
    tasks.run_due_for_test(&site.site).await;
    assert_eq!(count(&site, "vauban_export"), 0);
}
