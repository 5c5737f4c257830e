//! What people see and do.

use demo::urls;
use vauban::http::Method;

use crate::world::{World, article};

#[tokio::test]
async fn every_page_is_reached_by_links_from_the_home_page() {
    let w = World::new().await;
    let mut home = w.app.client();
    let home = home.get("/").await;
    for link in [
        urls::articles(),
        urls::organisations(),
        urls::tasks(),
        urls::healthz(),
        urls::support(),
    ] {
        let path = format!("{link:?}").replace("Url(", "").replace(')', "");
        home.assert_contains(&format!("href=\"{path}\""));
    }
    for link in ["/accounts/login/", "/accounts/signup/", "/guestbook/"] {
        home.assert_contains(&format!("href=\"{link}\""));
    }
    w.app
        .client()
        .get("/healthz/")
        .await
        .assert_status(200)
        .assert_contains("ok");
}

#[tokio::test]
async fn what_is_written_stays_text() {
    // CWE-79: stored script, in every place that shows it.
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let script = "<script>alert(1)</script>";
    let fields = [
        ("title", script),
        ("body", "\"><img src=x onerror=alert(1)>"),
        ("published", "on"),
    ];
    let made = ann.post_form(urls::article_create(), &fields).await;
    made.assert_redirects_to("/articles/scriptalert1script/");
    let shown = ann.follow(&made).await;
    shown
        .assert_contains("&lt;script&gt;alert(1)&lt;/script&gt;")
        .assert_lacks("<script>alert")
        .assert_lacks("<img src=x");
    ann.get(urls::articles())
        .await
        .assert_lacks("<script>alert")
        .assert_lacks("<img src=x");
    let edit = format!("{}edit/", made.location().unwrap());
    ann.get(edit.as_str())
        .await
        .assert_lacks("<script>alert")
        .assert_lacks("<img src=x");
}

#[tokio::test]
async fn an_article_is_markdown_and_nothing_more() {
    // CWE-79; ASVS 1.3.1, 1.3.5: markup by way of Markdown.
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let body = "## Walls\n\n*thick* and [high](https://example.com/a)\n\n- one\n\n\
        <script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](JaVa&#x09;script:alert(1)) <javascript:alert(1)>\n\n\
        ![x](data:image/svg+xml,<svg/onload=alert(1)>)\n\n<img src=x onerror=alert(1)> <p style=\"x\" onclick=alert(1)>raw\n\n\
        <iframe srcdoc=\"<script>alert(1)</script>\"></iframe><form action=//evil.example><input name=q></form>";
    let fields = [("title", "Rich"), ("body", body), ("published", "on")];
    let made = ann.post_form(urls::article_create(), &fields).await;
    let shown = ann.follow(&made).await;
    shown
        .assert_contains("<h2>Walls</h2>")
        .assert_contains("<em>thick</em>")
        .assert_contains("<a href=\"https://example.com/a\" rel=\"nofollow ugc noopener\">high</a>")
        .assert_contains("<li>one</li>");
    for harm in [
        "<script>",
        "href=\"javascript",
        "data:image",
        "onerror",
        "onclick",
        "style=\"x",
        "<iframe",
        "srcdoc",
        "evil.example",
    ] {
        shown.assert_lacks(harm);
    }
    // What was typed is kept as it was, and comes back as text to edit.
    ann.get("/articles/rich/edit/")
        .await
        .assert_contains("&lt;script&gt;alert(1)&lt;/script&gt;")
        .assert_contains("Markdown: *emphasis*");
}

#[tokio::test]
async fn deeply_nested_markdown_is_shown_in_time() {
    // CWE-674, CWE-407: as deep as the field's length allows.
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    for (title, body) in [
        ("quotes", ">".repeat(20_000)),
        ("tags", "<b>".repeat(6_600)),
        ("lists", "- ".repeat(9_900) + "x"),
        ("raw blocks", "<ul>".repeat(5_000)),
        ("raw mixture", "<i><ul>".repeat(2_800)),
        ("misnested", "<b><i>".repeat(1_900) + &"</b>".repeat(2_000)),
        ("brackets", "[".repeat(20_000)),
    ] {
        let fields = [("title", title), ("body", body.as_str()), ("published", "on")];
        let made = ann.post_form(urls::article_create(), &fields).await;
        let start = std::time::Instant::now();
        ann.follow(&made).await.assert_status(200);
        let took = start.elapsed();
        assert!(took < std::time::Duration::from_secs(5), "{title}: {took:?}");
    }
}

#[tokio::test]
async fn a_list_has_pages() {
    let w = World::new().await;
    for n in 0..12 {
        article(&w.app, &w.ann, &format!("Number {n}"), true).await;
    }
    let mut client = w.app.client();
    let first = client.get(urls::articles()).await;
    first
        .assert_contains("Number 11")
        .assert_lacks("Number 1<")
        .assert_contains("?page=2");
    client
        .get(urls::articles().query("page", 2))
        .await
        .assert_contains("Number 1<")
        .assert_contains("?page=1");
    client
        .get(urls::articles().query("page", 3))
        .await
        .assert_status(404);
    client.get("/articles/?page=nonsense").await.assert_status(400);
    // CWE-235: twice is none.
    client.get("/articles/?page=1&page=2").await.assert_status(400);
}

/// CWE-20, CWE-203: a reader's choice is one of what there is, and finds nothing that they may not read.
#[tokio::test]
async fn a_list_is_searched_and_sorted_by_what_there_is() {
    let w = World::new().await;
    for title in ["Äpfel und Öl", "zebra", "Birnen"] {
        article(&w.app, &w.ann, title, true).await;
    }
    article(&w.app, &w.ann, "Ärger, heimlich", false).await;
    let mut client = w.app.client();
    // In either case, beyond ASCII; a draft is its author's.
    let found = client.get("/articles/?q=%C3%A4").await;
    found.assert_status(200).assert_contains("Äpfel und Öl");
    found.assert_lacks("Birnen").assert_lacks("rger");
    let mut ann = w.as_(&w.ann).await;
    ann.get("/articles/?q=%C3%84RGER")
        .await
        .assert_contains("Ärger, heimlich");
    client
        .get("/articles/?q=heimlich")
        .await
        .assert_contains("Nothing found");
    client
        .get("/articles/?q=%25")
        .await
        .assert_contains("Nothing found");
    let sorted = client
        .get("/articles/?sort=title")
        .await
        .assert_status(200)
        .text()
        .to_owned();
    let at = |title: &str| sorted.find(&format!(">{title}</a>")).unwrap();
    assert!(at("Birnen") < at("zebra") && at("zebra") < at("Äpfel und Öl"));
    client
        .get("/articles/?sort=secret")
        .await
        .assert_status(400)
        .assert_contains("`newest`, `oldest`, `title`");
    let long = format!("/articles/?q={}", "x".repeat(201));
    client
        .get(long.as_str())
        .await
        .assert_status(400)
        .assert_contains("200 characters");
    client.get("/articles/?page=7").await.assert_status(404);
}

/// CWE-20, CWE-345: a mark of a page is one of this list in this order, or a 400; pages by key are whole and in order.
#[tokio::test]
async fn a_list_is_read_on_by_key() {
    let w = World::new().await;
    for n in 0..12 {
        article(&w.app, &w.ann, &format!("Number {n}"), true).await;
    }
    let mut client = w.app.client();
    let first = client.get("/articles/").await.text().to_owned();
    let after = first.split("?after=").nth(1).unwrap().split('"').next().unwrap();
    // What comes in between moves nothing.
    article(&w.app, &w.ann, "Meanwhile", true).await;
    let next = client.get(format!("/articles/?after={after}").as_str()).await;
    next.assert_contains("Number 1<").assert_contains("Number 0<");
    next.assert_lacks("Number 2<").assert_lacks("Meanwhile");
    for wrong in [
        "/articles/?after=x".to_owned(),
        "/articles/?after=00".to_owned(),
        format!("/articles/?after={after}00"),
        format!("/articles/?after={}", &after[2..]),
        format!("/articles/?sort=title&after={after}"),
    ] {
        client.get(wrong.as_str()).await.assert_status(400);
    }
}

#[tokio::test]
async fn the_theme_is_kept_in_a_cookie() {
    let w = World::new().await;
    let mut client = w.app.client();
    client.get("/").await.assert_contains("data-theme=\"\"");
    client
        .post_form(urls::theme(), &[("theme", "dark")])
        .await
        .assert_status(303);
    client.get("/").await.assert_contains("data-theme=\"dark\"");
    // Nothing but a theme becomes one (CWE-79).
    client
        .post_form(urls::theme(), &[("theme", "\"><script>")])
        .await
        .assert_status(422);
    client.get("/").await.assert_contains("data-theme=\"dark\"");
    // A cookie that somebody planted is text, too.
    client.set_cookie("demo-theme", "x\"><script>alert(1)</script>");
    client.get("/").await.assert_lacks("<script>alert");
}

#[tokio::test]
async fn errors_have_pages_of_the_sites_own() {
    let w = World::new().await;
    let mut client = w.app.client();
    client
        .get("/nothing/")
        .await
        .assert_status(404)
        .assert_contains("There is nothing here");
    let headers = client.browser(false, "GET");
    client
        .request(Method::GET, "/theme/", headers, "")
        .await
        .assert_status(405)
        .assert_contains("Vauban demo");
    let mut ben = w.as_(&w.ben).await;
    ben.get(urls::article_edit(&w.article.slug))
        .await
        .assert_status(403)
        .assert_contains("You may not do that");
    // Without a token, a post is refused, whatever it is: CWE-352.
    let headers = ben.browser(true, "POST");
    ben.request(Method::POST, urls::theme(), headers, "")
        .await
        .assert_status(403);
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in_first_and_comes_back() {
    let w = World::new().await;
    let asked = w.app.client().get(urls::task(&w.task.id)).await;
    asked.assert_status(303);
    let expected = format!("next=%2Ftasks%2F{}%2F", w.task.id);
    let location = asked.location().unwrap().replace('/', "%2F");
    assert!(location.contains(&expected), "{location}");
}

#[tokio::test]
async fn a_message_is_said_once() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let kept = ann.post_form(urls::profile_save(), &[("name", "Ann <3")]).await;
    ann.follow(&kept)
        .await
        .assert_contains("Your name is kept.")
        .assert_contains("Ann &lt;3");
    ann.get(urls::profile()).await.assert_lacks("Your name is kept.");
}

/// ASVS 3.4.3, CWE-352: the one page that says so sends a form elsewhere, without a token; no other page does.
#[tokio::test]
async fn one_page_hands_off_to_who_is_paid() {
    let w = World::new().await;
    let mut ann = w.as_(&w.ann).await;
    let support = ann.get(urls::support()).await;
    let policy = support.header("content-security-policy").unwrap().to_owned();
    for let_in in [
        "form-action 'self' https://payments.example;",
        "media-src 'self';",
    ] {
        assert!(policy.contains(let_in), "{let_in}: {policy}");
    }
    let html = support.text();
    let (_, form) = html
        .split_once("action=\"https://payments.example/gifts\"")
        .unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    assert!(
        form.contains("name=\"amount\"") && !form.contains("type=\"hidden\""),
        "{form}"
    );
    for other in [urls::home(), urls::articles(), urls::profile()] {
        let other = ann.get(other).await;
        let policy = other.header("content-security-policy").unwrap();
        assert!(
            policy.contains("form-action 'self';") && !policy.contains("media-src"),
            "{policy}"
        );
    }
}

/// A database of any earlier state goes to the newest one with its rows, and back.
#[test]
fn migrations_go_both_ways() {
    vauban::testing::migrations_go_both_ways(&demo::app());
}
