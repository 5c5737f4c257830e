//! What people get by mail.

use std::time::Duration;

use demo::organisations::Role;
use demo::urls;
use vauban::testing::Client;

use crate::world::{World, start_with};

/// Whoever adds something to do has the others told, as far as they see them; each of them may leave, and then hears no more.
#[tokio::test]
async fn the_others_hear_of_something_new_to_do_and_may_leave() {
    let w = World::new().await;
    let people = [(&w.ann, Role::Editor), (&w.dan, Role::Member)];
    let square = w.organisation("The Square", &people).await;
    let id = square.id.to_string();
    let new = [
        ("organisation", id.as_str()),
        ("title", "Paint the door\r\nBcc: eve@example.com"),
        ("notes", "Green,\nor\nblue."),
    ];
    let mut ann = w.as_(&w.ann).await;
    let added = ann.post_form(urls::task_create(), &new).await;
    // A title is one line already.
    added.assert_status(422);
    let new = [new[0], ("title", "Paint the door"), new[2]];
    let added = ann.post_form(urls::task_create(), &new).await;
    added.assert_status(303);
    assert!(w.app.mails().is_empty(), "it leaves as a task");
    w.app.run_tasks().await;
    let mails = w.app.mails();
    let to: Vec<_> = mails.iter().map(vauban::testing::SentMail::to).collect();
    assert_eq!(to, [["dan@example.com"]], "neither Ann herself nor anybody else");
    let mail = &mails[0];
    assert_eq!(mail.subject(), "The Square: Paint the door");
    assert_eq!(mail.kind(), Some("new-tasks"));
    assert!(
        mail.text().contains("\nGreen,\n  or\n  blue.\n"),
        "{}",
        mail.text()
    );
    let [task, unsubscribe] = mail.links()[..] else {
        panic!("{:?}", mail.links());
    };
    let there = task.strip_prefix("http://localhost:8000").unwrap();
    let mut dan = w.as_(&w.dan).await;
    dan.get(there)
        .await
        .assert_status(200)
        .assert_contains("Paint the door");
    // Without an account, by the button of the page.
    let mut somebody = w.app.client();
    let page = unsubscribe.strip_prefix("http://localhost:8000").unwrap();
    somebody
        .get(page)
        .await
        .assert_status(200)
        .assert_contains("Get no more");
    somebody
        .post_form(page, &[])
        .await
        .assert_status(200)
        .assert_contains("You get no more");
    ann.post_form(urls::task_create(), &new).await.assert_status(303);
    w.app.run_tasks().await;
    assert_eq!(w.app.mails().len(), 1);
    // They left by mistake: the page that said so has them come back, and so has that of their account.
    somebody
        .post_form(format!("{page}again/").as_str(), &[])
        .await
        .assert_status(200)
        .assert_contains("You get these mails again");
    ann.post_form(urls::task_create(), &new).await.assert_status(303);
    w.app.run_tasks().await;
    assert_eq!(w.app.mails().len(), 2);
}

/// The clock queues one task, it a batch, the batch one task for each person: of what others published yesterday, and only that.
#[tokio::test]
async fn a_digest_comes_each_night_to_whoever_has_not_left_it() {
    let w = World::new().await;
    let listed = w.app.command("tasks", &["schedules"]).await.unwrap();
    assert!(listed.contains("digest.night"), "{listed}");
    let mut dan = w.as_(&w.dan).await;
    let left = [("kind", "digest")];
    let there = dan.post_form(MAILS, &left).await;
    there.assert_status(303);
    // What stood before the schedule is not run. The first night is of yesterday or of today, by when the test runs.
    w.app.run_tasks().await;
    for _ in 0..3 {
        w.app.advance(Duration::from_secs(86_400));
        w.app.run_tasks().await;
    }
    let mut mails = w.app.mails();
    mails.retain(|mail| mail.kind() == Some("digest"));
    let mut to: Vec<_> = mails.iter().map(vauban::testing::SentMail::to).collect();
    to.sort();
    assert_eq!(
        to,
        [["ben@example.com"], ["cleo@example.com"]],
        "neither its author nor who has left"
    );
    for mail in &mails {
        assert_eq!(mail.subject(), "New yesterday: Read by all");
        assert!(!mail.text().contains("Read by few"), "a draft: {}", mail.text());
        let [article, all, unsubscribe] = mail.links()[..] else {
            panic!("{:?}", mail.links());
        };
        assert!(article.ends_with("/articles/read-by-all/") && all.ends_with("/articles/"));
        assert_eq!(mail.unsubscribe(), Some(unsubscribe));
    }
}

const MAILS: &str = "/accounts/mails/";
const GETS: &str = "What was published yesterday</strong>: you get them";
const LEFT: &str = "What was published yesterday</strong>: you have left them";

/// CWE-639, CWE-770. Attacks: somebody leaves or comes back for another; makes rows of kinds that there are not.
#[tokio::test]
async fn cwe_639_people_choose_their_own_mails_and_nobody_elses() {
    let w = World::new().await;
    let (mut ann, mut ben) = (w.as_(&w.ann).await, w.as_(&w.ben).await);
    let page = ann.get(MAILS).await;
    page.assert_status(200)
        .assert_contains("ann@example.com")
        .assert_contains(GETS)
        .assert_contains("When there is something new to do");
    let of_ben = [("kind", "digest"), ("email", "ben@example.com")];
    ann.post_form(MAILS, &of_ben).await.assert_status(303);
    ann.get(MAILS).await.assert_contains(LEFT);
    ben.get(MAILS).await.assert_contains(GETS);
    let back = [("kind", "digest"), ("wanted", "true")];
    ben.post_form(MAILS, &back).await.assert_status(303);
    ann.get(MAILS).await.assert_contains(LEFT);
    for none in ["security", "", "Digest", &"x".repeat(41)] {
        ann.post_form(MAILS, &[("kind", none)]).await.assert_status(404);
    }
    ann.post_form(MAILS, &back).await.assert_status(303);
    ann.get(MAILS).await.assert_contains(GETS);
    let mut somebody = w.app.client();
    somebody.get(MAILS).await.assert_status(303);
}

/// CWE-359, CWE-212. What somebody left follows them to another address, stands in their data, and goes with the account: whoever comes to have
/// the address has left nothing.
#[tokio::test]
async fn cwe_212_what_somebody_left_follows_them_and_goes_with_them() {
    let w = World::inside(start_with(demo::app, &[("accounts.delete_grace", "1s")]), false).await;
    let mut dan = w.as_(&w.dan).await;
    dan.post_form(MAILS, &[("kind", "digest")])
        .await
        .assert_status(303);
    let new = [("email", "daniel@example.com")];
    dan.post_form("/accounts/email/", &new).await.assert_status(200);
    let link = w.app.mailed_link("daniel@example.com").await.unwrap();
    dan.post_form(link.as_str(), &[]).await.assert_status(303);
    dan.get(MAILS)
        .await
        .assert_contains("daniel@example.com")
        .assert_contains(LEFT);
    signed_up(&w, "dan@example.com")
        .await
        .get(MAILS)
        .await
        .assert_contains(GETS);
    dan.post_form("/accounts/data/", &[]).await.assert_status(303);
    w.app.run_tasks().await;
    let data = dan.get("/accounts/data/file/").await;
    data.assert_status(200)
        .assert_contains("\"mails_left\":[\"digest\"]");
    dan.post_form("/accounts/delete/", &[]).await.assert_status(200);
    w.app.advance(Duration::from_secs(2));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    w.app.run_tasks().await;
    let told = w.app.mails();
    assert!(told.last().unwrap().text().contains("was deleted"));
    signed_up(&w, "daniel@example.com")
        .await
        .get(MAILS)
        .await
        .assert_contains(GETS);
}

/// Somebody with a new account.
async fn signed_up(w: &World, email: &str) -> Client {
    let mut browser = w.app.client();
    let asked = browser.post_form("/accounts/signup/", &[("email", email)]).await;
    asked.assert_status(200);
    let link = w.app.mailed_link(email).await.unwrap();
    let fields = [("password", "nine quiet ferries"), ("name", "Eve")];
    browser.post_form(link.as_str(), &fields).await.assert_status(303);
    browser
}
