//! Forms: shown again with what was typed, and open to nothing that they do not list.

use demo::urls;
use vauban::http::Method;

use crate::world::World;

#[tokio::test]
async fn a_form_comes_back_with_what_was_typed_and_what_is_wrong() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let answer = ann
        .post_form(
            urls::article_create(),
            &[("title", "  "), ("body", "Typed & kept")],
        )
        .await;
    answer
        .assert_status(422)
        .assert_contains("Typed &amp; kept</textarea>")
        .assert_contains("role=\"alert\"")
        .assert_contains("<a href=\"#id_title\">Title: This field is required.</a>")
        .assert_contains("aria-invalid=\"true\"");
    let long = "x".repeat(201);
    ann.post_form(urls::article_create(), &[("title", &long), ("body", "b")])
        .await
        .assert_status(422);
    ann.post_form(urls::article_create(), &[("title", "???"), ("body", "b")])
        .await
        .assert_status(422)
        .assert_contains("at least one letter");
}

/// Every title has an address of its own, in every script, and whoever has the first one.
#[tokio::test]
async fn every_title_gets_an_address_of_its_own() {
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    for (title, address) in [
        ("Привет, мир", "/articles/privet-mir/"),
        ("你好", "/articles/ni-hao/"),
        ("Über Öl", "/articles/uber-ol/"),
        ("C#", "/articles/c/"),
        ("C++", "/articles/c-2/"),
        ("C", "/articles/c-3/"),
        // Ann's.
        ("Read by all", "/articles/read-by-all-2/"),
    ] {
        ben.post_form(urls::article_create(), &[("title", title), ("body", "b")])
            .await
            .assert_redirects_to(address);
        ben.get(address).await.assert_status(200).assert_contains(title);
    }
}

/// What is wrong with a form that cannot be read is said, and it is not its token.
#[tokio::test]
async fn a_form_that_cannot_be_read_says_why() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let file = "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\
                Content-Type: application/octet-stream\r\n\r\n\r\n--X--\r\n";
    for (kind, body, status, reason) in [
        ("multipart/form-data; boundary=X", file, 415, "takes no files"),
        (
            "application/x-www-form-urlencoded",
            "title=100%&body=b",
            400,
            "percent sign",
        ),
        (
            "application/x-www-form-urlencoded; charset=ISO-8859-1",
            "title=a",
            415,
            "charset=utf-8",
        ),
        ("application/x-www-form-urlencoded", "title=%ff", 400, "UTF-8"),
        // CWE-352: whoever can be read and has no token is refused as before.
        ("application/x-www-form-urlencoded", "title=a", 403, "token"),
    ] {
        let mut headers = ann.browser(true, "POST");
        headers.insert("content-type", kind.parse().unwrap());
        ann.request(Method::POST, urls::article_create(), headers, body)
            .await
            .assert_status(status)
            .assert_contains(reason);
    }
}

#[tokio::test]
async fn a_request_sets_only_what_the_form_lists() {
    // CWE-915: columns that exist, and that no form has.
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    let ann = w.ann.id.to_string();
    let fields = [
        ("title", "By Ben"),
        ("body", "b"),
        ("author", ann.as_str()),
        ("author_id", ann.as_str()),
        ("byline", "Ann"),
        ("id", ann.as_str()),
        ("created", "1999-01-01"),
        ("is_staff", "on"),
    ];
    let made = ben.post_form(urls::article_create(), &fields).await;
    made.assert_redirects_to("/articles/by-ben/");
    ben.follow(&made)
        .await
        .assert_contains("<span>Ben</span>")
        .assert_lacks("<span>Ann")
        .assert_lacks("1999");
    // It is Ben's draft, and nobody else's.
    w.as_(&w.ann)
        .await
        .get("/articles/by-ben/")
        .await
        .assert_status(404);
    // Nor does signing up make anybody staff.
    let fields = [
        ("password", "nine quiet ferries"),
        ("is_staff", "on"),
        ("is_superuser", "true"),
    ];
    let mut eve = w.app.client();
    let address = [("email", "eve@example.com"), ("is_staff", "on")];
    eve.post_form("/accounts/signup/", &address).await;
    let link = w.app.mailed_link("eve@example.com").await.unwrap();
    eve.post_form(link, &fields).await.assert_status(303);
    eve.get(urls::home())
        .await
        .assert_contains("eve@example.com")
        .assert_lacks("· staff");
    eve.get(urls::article(&w.draft.slug)).await.assert_status(404);
}

#[tokio::test]
async fn one_field_sent_twice_is_refused() {
    // CWE-235
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let fields = [("title", "One"), ("title", "Two"), ("body", "b")];
    ann.post_fields(urls::article_create(), &fields)
        .await
        .assert_status(400);
}

#[tokio::test]
async fn a_secret_is_never_shown_again() {
    // CWE-549
    let w = World::new().await;
    let mut eve = w.app.client();
    eve.post_form("/accounts/signup/", &[("email", "eve@example.com")])
        .await;
    let link = w.app.mailed_link("eve@example.com").await.unwrap();
    let answer = eve.post_form(link, &[("password", "hunter2")]).await;
    answer
        .assert_status(422)
        .assert_contains("eve@example.com")
        .assert_lacks("hunter2");
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    // CWE-362: two people have the same form open.
    let w = World::new().await;
    let (mut ann, mut cleo) = (w.as_(&w.ann).await, w.as_(&w.cleo).await);
    let url = || urls::article_save(&w.article.slug);
    let version = |page: &str| {
        let (_, rest) = page
            .split_once("name=\"version\" value=\"")
            .expect("a version in the form");
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let hers = version(&ann.get(urls::article_edit(&w.article.slug)).await.text());
    let staffs = version(&cleo.get(urls::article_edit(&w.article.slug)).await.text());
    let fields = [
        ("title", "First"),
        ("body", "b"),
        ("published", "on"),
        ("version", staffs.as_str()),
    ];
    cleo.post_fields(url(), &fields).await.assert_status(303);
    let fields = [
        ("title", "Second"),
        ("body", "b"),
        ("published", "on"),
        ("version", hers.as_str()),
    ];
    ann.post_fields(url(), &fields)
        .await
        .assert_status(409)
        // Both texts: hers in the control, and what is stored now beside it.
        .assert_contains("Somebody else changed this since you opened it.")
        .assert_contains("name=\"title\" required maxlength=\"200\" aria-describedby=\"id_title_help id_title_stored\" value=\"Second\"")
        .assert_contains("<p>Stored now:</p><pre>\nFirst</pre>")
        .assert_lacks("id_body_stored");
    ann.get(urls::article(&w.article.slug))
        .await
        .assert_contains("First")
        .assert_lacks("Second");
    // She has looked at both, and sends hers from that page, whose version is the present one.
    let page = ann.post_fields(url(), &fields).await.text();
    let present = version(&page);
    assert_ne!(present, hers);
    let fields = [
        ("title", "Second"),
        ("body", "b"),
        ("published", "on"),
        ("version", present.as_str()),
    ];
    ann.post_fields(url(), &fields).await.assert_status(303);
    ann.get(urls::article(&w.article.slug))
        .await
        .assert_contains("Second");
}

#[tokio::test]
async fn choices_are_the_actors_own_and_a_choice_can_be_used() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    ann.get(urls::task_new())
        .await
        .assert_contains("The Lighthouse</option>")
        .assert_lacks("The Bridge");
    let organisation = w.lighthouse.id.to_string();
    let fields = [
        ("organisation", organisation.as_str()),
        ("title", "Count the steps"),
        ("notes", ""),
    ];
    let made = ann.post_form(urls::task_create(), &fields).await;
    made.assert_status(303);
    ann.follow(&made)
        .await
        .assert_contains("Count the steps")
        .assert_contains("The Lighthouse");
}

/// Many articles at once: all of the lines or none, and what is wrong is said by its line. Whose title is taken by a draft that
/// they may not see learns what writing it alone would say.
#[tokio::test]
async fn many_articles_are_imported_or_none() {
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    let lines = "First; a text\n\nSecond; another";
    ben.post_form(urls::article_import_save(), &[("lines", lines)])
        .await
        .assert_redirects_to("/articles/");
    ben.get("/articles/second/")
        .await
        .assert_status(200)
        .assert_contains("another");
    let long = "x".repeat(201);
    for (wrong, said) in [
        ("Third; fine\nFourth", "Line 2: a title, a semicolon, a text."),
        ("Third; fine\n\nThird; again", "Line 3: This is already taken."),
        (
            &*format!("Third; fine\n{long}; text"),
            "Line 2: At most 200 characters.",
        ),
    ] {
        ben.post_form(urls::article_import_save(), &[("lines", wrong)])
            .await
            .assert_status(422)
            .assert_contains(said)
            .assert_contains("Third; fine");
        ben.get("/articles/third/").await.assert_status(404);
    }
    // What is there already is given its line's text: CWE-863, if it is the writer's own.
    ben.post_form(
        urls::article_import_save(),
        &[("lines", "Third; a text\nSecond; a newer one")],
    )
    .await
    .assert_redirects_to("/articles/");
    ben.get("/articles/second/")
        .await
        .assert_contains("a newer one")
        .assert_lacks("another");
    let anns = format!("Fifth; fine\n{}; taken over", w.article.title);
    ben.post_form(urls::article_import_save(), &[("lines", &anns)])
        .await
        .assert_status(422)
        .assert_contains("Line 2: not allowed.");
    ben.get("/articles/fifth/").await.assert_status(404);
    ben.get(urls::article(&w.article.slug))
        .await
        .assert_lacks("taken over");
    // Ann's draft.
    let hidden = format!("{}; text", w.draft.title);
    ben.post_form(urls::article_import_save(), &[("lines", &hidden)])
        .await
        .assert_status(422)
        .assert_contains("Line 1: This is already taken.");
}
