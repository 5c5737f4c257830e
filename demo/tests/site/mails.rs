//! What people get by mail.

use demo::organisations::Role;
use demo::urls;

use crate::world::World;

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
}
