//! Other people's rows: by every address, by every method, in every list (CWE-639; ASVS v5.0.0-8.2.2).

use demo::tasks::Task;
use demo::urls;
use vauban::Url;
use vauban::http::Method;
use vauban::prelude::*;
use vauban::testing::{Answer, Client};

use crate::world::World;

const METHODS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

fn addresses(id: &Id<Task>) -> [Url; 5] {
    [
        urls::task(id),
        urls::task_edit(id),
        urls::task_save(id),
        urls::task_toggle(id),
        urls::task_delete(id),
    ]
}

/// What an answer tells, without what is of this one answer: its number, its nonce, its date, a fresh cookie.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    const FRESH: [&str; 4] = ["x-request-id", "content-security-policy", "date", "set-cookie"];
    let headers = answer
        .headers()
        .iter()
        .filter(|(name, _)| !FRESH.contains(&name.as_str()));
    let headers = headers
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect();
    (answer.status(), headers, answer.bytes().to_vec())
}

async fn send(client: &mut Client, method: &Method, url: Url) -> Answer {
    if *method == Method::POST {
        return client
            .post_fields(url, &[("title", "Taken over"), ("notes", "")])
            .await;
    }
    let headers = client.browser(false, method.as_str());
    client.request(method.clone(), url, headers, "").await
}

#[tokio::test]
async fn a_foreign_task_is_to_the_byte_a_task_that_never_was() {
    let w = World::new().await;
    let absent = Id::<Task>::new();
    for outsider in [&w.ben, &w.cleo] {
        let mut client = w.as_(outsider).await;
        for method in &METHODS {
            for (real, never) in addresses(&w.task.id).into_iter().zip(addresses(&absent)) {
                let (real, never) = (
                    send(&mut client, method, real).await,
                    send(&mut client, method, never).await,
                );
                assert!(
                    [404, 405, 403].contains(&real.status()),
                    "{method}: {}",
                    real.status()
                );
                if matches!(*method, Method::GET | Method::POST) && real.status() != 405 {
                    real.assert_status(404);
                }
                assert_eq!(told(&real), told(&never), "{method}");
                assert!(!real.text().contains(&w.task.id.to_string()));
            }
        }
    }
    // The same addresses answer those whose task it is: the test asks for the right thing.
    let mut ann = w.as_(&w.ann).await;
    ann.get(urls::task(&w.task.id))
        .await
        .assert_status(200)
        .assert_contains("Polish the hidden lens");
    ann.get(urls::task(&absent)).await.assert_status(404);
}

#[tokio::test]
async fn no_list_count_page_or_choice_shows_a_foreign_row() {
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    let (task, organisation) = (w.task.id.to_string(), w.lighthouse.id.to_string());
    let pages = [
        urls::home(),
        urls::articles(),
        urls::tasks(),
        urls::tasks().query("page", 1),
        urls::task_new(),
        urls::organisations(),
        urls::organisation(&w.bridge.id),
        urls::task(&w.foreign_task.id),
    ];
    for page in pages {
        let page = ben.get(page).await;
        page.assert_status(200);
        for secret in [
            "hidden lens",
            "Lighthouse",
            "Dan<",
            "Read by few",
            &task,
            &organisation,
        ] {
            page.assert_lacks(secret);
        }
    }
    ben.get(urls::organisation(&w.bridge.id))
        .await
        .assert_contains("1 open task of 1<")
        // CWE-203: what is counted is his own organisation's, and the Lighthouse has two members and an event.
        .assert_contains("<span>1 member<")
        .assert_contains("<span>0 events<")
        .assert_contains("Admin: 1");
    ben.get(urls::tasks())
        .await
        .assert_contains("Grease the bearings");
    // A second page, of rows that are not his, is not there.
    ben.get(urls::tasks().query("page", 2)).await.assert_status(404);
    // Ann sees hers in all these places.
    let mut ann = w.as_(&w.ann).await;
    for page in [urls::tasks(), urls::organisation(&w.lighthouse.id)] {
        ann.get(page).await.assert_contains("hidden lens");
    }
    ann.get(urls::task_new()).await.assert_contains(&organisation);
}

#[tokio::test]
async fn a_foreign_organisation_as_a_choice_is_one_that_never_was() {
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    let absent = Id::<Task>::new().to_string();
    let mut answers = Vec::new();
    for organisation in [w.lighthouse.id.to_string(), absent] {
        let fields = [
            ("organisation", organisation.as_str()),
            ("title", "Smuggled"),
            ("notes", ""),
        ];
        let answer = ben.post_form(urls::task_create(), &fields).await;
        answer
            .assert_status(422)
            .assert_contains("Choose one of the entries of the list.")
            .assert_lacks("Lighthouse");
        answers.push(answer.text().len());
    }
    assert_eq!(answers[0], answers[1]);
    w.as_(&w.ann)
        .await
        .get(urls::tasks())
        .await
        .assert_lacks("Smuggled");
}

#[tokio::test]
async fn who_may_only_read_an_article_gets_403_and_changes_nothing() {
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    let slug = &w.article.slug;
    ben.get(urls::article_edit(slug)).await.assert_status(403);
    ben.get(urls::article_delete(slug)).await.assert_status(403);
    let fields = [
        ("title", "Taken over"),
        ("body", "Mine now."),
        ("published", "on"),
    ];
    ben.post_fields(urls::article_save(slug), &fields)
        .await
        .assert_status(403);
    ben.post_fields(urls::article_remove(slug), &[])
        .await
        .assert_status(403);
    // No button offers it, either.
    ben.get(urls::article(slug))
        .await
        .assert_status(200)
        .assert_contains("Read by all")
        .assert_lacks("edit/");
    // A draft is not even there: CWE-203.
    ben.get(urls::article_edit(&w.draft.slug))
        .await
        .assert_status(404);
    ben.post_fields(urls::article_save(&w.draft.slug), &fields)
        .await
        .assert_status(404);
}

/// CWE-362. Attack: two clicks at the same moment, of which one is lost or told that the task was changed meanwhile.
#[tokio::test]
async fn of_two_who_mark_a_task_at_once_both_do() {
    let w = World::new().await;
    let task = &w.task.id;
    let (mut ann, mut again) = (w.as_(&w.ann).await, w.as_(&w.ann).await);
    ann.get(urls::task(task)).await.assert_contains("Mark as done");
    let clicks = tokio::join!(
        ann.post_fields(urls::task_toggle(task), &[]),
        again.post_fields(urls::task_toggle(task), &[]),
    );
    clicks.0.assert_status(303);
    clicks.1.assert_status(303);
    ann.get(urls::task(task)).await.assert_contains("Mark as done");
    ann.post_fields(urls::task_toggle(task), &[])
        .await
        .assert_status(303);
    ann.get(urls::task(task)).await.assert_contains("Open again");
}

#[tokio::test]
async fn a_member_without_the_role_sees_and_does_not_change() {
    let w = World::new().await;
    let mut dan = w.as_(&w.dan).await;
    let task = &w.task.id;
    dan.get(urls::task(task))
        .await
        .assert_status(200)
        .assert_contains("hidden lens")
        .assert_lacks("Mark as done");
    dan.get(urls::task_edit(task)).await.assert_status(403);
    dan.post_fields(urls::task_save(task), &[("title", "Taken over")])
        .await
        .assert_status(403);
    dan.post_fields(urls::task_toggle(task), &[])
        .await
        .assert_status(403);
    dan.post_fields(urls::task_remove(task), &[])
        .await
        .assert_status(403);
    let fields = [
        ("organisation", w.lighthouse.id.to_string()),
        ("title", "Smuggled".into()),
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    dan.post_form(urls::task_create(), &fields)
        .await
        .assert_status(403);
    // Nor does he promote himself: CWE-269.
    let own = urls::members::member_save(&w.lighthouse.id.uuid(), &w.membership.id.uuid());
    dan.post_fields(own, &[("role", "admin")])
        .await
        .assert_status(403);
    w.as_(&w.ann)
        .await
        .get(urls::tasks())
        .await
        .assert_contains("hidden lens")
        .assert_lacks("Smuggled");
}

/// CWE-639. What goes with an organisation is counted for its admin alone; to a stranger it is not there, and a plain member may
/// not ask.
#[tokio::test]
async fn an_organisation_goes_with_what_belongs_to_it_by_its_admin_alone() {
    let w = World::new().await;
    let page = urls::organisation_delete(&w.lighthouse.id);
    for (who, status) in [(&w.ben, 404), (&w.cleo, 404), (&w.dan, 403)] {
        let mut client = w.as_(who).await;
        let shown = client.get(page.clone()).await;
        shown.assert_status(status);
        assert!(!shown.text().contains(&w.lighthouse.name) || status == 403);
        let done = client
            .post_fields(urls::organisation_remove(&w.lighthouse.id), &[])
            .await;
        done.assert_status(status);
    }
    let mut ann = w.as_(&w.ann).await;
    ann.get(page.clone())
        .await
        .assert_status(200)
        .assert_contains("membership")
        .assert_contains("task");
    ann.post_form(urls::organisation_remove(&w.lighthouse.id), &[])
        .await
        .assert_redirects_to("/organisations/");
    ann.get(page).await.assert_status(404);
    ann.get(urls::task(&w.task.id)).await.assert_status(404);
    // The other one is as it was.
    let mut ben = w.as_(&w.ben).await;
    ben.get(urls::organisation(&w.bridge.id)).await.assert_status(200);
}
