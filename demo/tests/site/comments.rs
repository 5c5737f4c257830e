//! Tags and comments: what a stranger must not learn of them, and that a page asks as often for fifty rows as for two.

use demo::articles::comments::{Comment, NewComment};
use demo::articles::tags::{NewTag, Tag};
use demo::articles::{Article, ArticleTag, NewArticleTag};
use demo::organisations::Organisation;
use demo::urls;
use demo::users::User;
use vauban::prelude::*;

use crate::world::{World, article};

pub(crate) async fn tag(w: &World, name: &str, organisation: Option<&Organisation>) -> Tag {
    let (name, organisation) = (name.to_owned(), organisation.map(|o| o.id));
    w.app
        .rows(async |db| Tag::create(NewTag { name, organisation }).save(&db).await)
        .await
}

pub(crate) async fn link(w: &World, article: &Article, tag: &Tag) -> ArticleTag {
    let (article, tag) = (article.id, tag.id);
    w.app
        .rows(async |db| ArticleTag::create(NewArticleTag { article, tag }).save(&db).await)
        .await
}

pub(crate) async fn comment(
    w: &World,
    on: &Article,
    reply_to: Option<&Comment>,
    author: &User,
    body: &str,
) -> Comment {
    let new = NewComment {
        article: on.id,
        reply_to: reply_to.map(|comment| comment.id),
        author: author.id,
        byline: author.name.clone(),
        body: body.to_owned(),
    };
    w.app.rows(async |db| Comment::create(new).save(&db).await).await
}

/// CWE-639, CWE-203: a tag of an organisation is its members', on every page and by every address.
#[tokio::test]
async fn a_tag_of_another_organisation_is_not_there() {
    let w = World::new().await;
    let (open, inside) = (
        tag(&w, "open", None).await,
        tag(&w, "innermost", Some(&w.lighthouse)).await,
    );
    link(&w, &w.article, &open).await;
    link(&w, &w.article, &inside).await;
    let mut dan = w.as_(&w.dan).await;
    let (list, page) = (urls::articles(), urls::article(&w.article.slug));
    for address in [list.clone(), page.clone(), urls::tag(&inside.id)] {
        dan.get(address)
            .await
            .assert_status(200)
            .assert_contains("innermost");
    }
    let mut ben = w.as_(&w.ben).await;
    let mut nobody = w.app.client();
    for client in [&mut ben, &mut nobody] {
        for address in [list.clone(), page.clone(), urls::tag(&open.id)] {
            let answer = client.get(address).await;
            answer.assert_status(200).assert_contains("open");
            assert!(!answer.text().contains("innermost"));
        }
        let hidden = client.get(urls::tag(&inside.id)).await;
        let absent = client.get(urls::tag(&Id::new())).await;
        assert_eq!((hidden.status(), absent.status()), (404, 404));
    }
    // A draft is in no list of its tag either.
    link(&w, &w.draft, &open).await;
    let answer = nobody.get(urls::tag(&open.id)).await;
    assert!(answer.text().contains("Read by all") && !answer.text().contains("Read by few"));
}

/// CWE-862, CWE-639: tags are chosen by who may change the article, among those that they see.
#[tokio::test]
async fn tags_are_chosen_by_the_author_and_no_foreign_one_is() {
    let w = World::new().await;
    let (open, foreign) = (
        tag(&w, "open", None).await,
        tag(&w, "bridges", Some(&w.bridge)).await,
    );
    link(&w, &w.article, &foreign).await;
    let mut ann = w.as_(&w.ann).await;
    let address = urls::article_tags(&w.article.slug);
    let form = ann.get(address.clone()).await;
    form.assert_status(200).assert_contains("open");
    assert!(!form.text().contains("bridges"), "she does not see it");
    let (open_id, foreign_id) = (open.id.to_string(), foreign.id.to_string());
    ann.post_form(
        address.clone(),
        &[("tags", open_id.as_str()), ("tags", foreign_id.as_str())],
    )
    .await
    .assert_status(422);
    ann.post_form(address.clone(), &[("tags", open_id.as_str())])
        .await
        .assert_status(303);
    ann.get(urls::article(&w.article.slug))
        .await
        .assert_contains("open");
    // What she does not see has stayed.
    let mut ben = w.as_(&w.ben).await;
    let page = ben.get(urls::article(&w.article.slug)).await;
    page.assert_contains("open").assert_contains("bridges");
    ben.get(address.clone()).await.assert_status(403);
    ben.post_fields(address.clone(), &[("tags", foreign_id.as_str())])
        .await
        .assert_status(403);
    ann.post_form(address, &[]).await.assert_status(303);
    let page = ben.get(urls::article(&w.article.slug)).await;
    assert!(page.text().contains("bridges") && !page.text().contains(">open<"));
}

/// CWE-639: a comment that is hidden is its author's and the moderators', and nobody answers it; under a draft there are none.
#[tokio::test]
async fn a_hidden_comment_is_not_there() {
    let w = World::new().await;
    let first = comment(&w, &w.article, None, &w.ben, "What I said first").await;
    let reply = comment(&w, &w.article, Some(&first), &w.dan, "What was answered").await;
    comment(&w, &w.article, Some(&reply), &w.ben, "What I said last").await;
    let (page, mut nobody) = (urls::article(&w.article.slug), w.app.client());
    let shown = nobody.get(page.clone()).await;
    shown
        .assert_contains("What I said first")
        .assert_contains("What was answered")
        .assert_contains("What I said last");
    let mut dan = w.as_(&w.dan).await;
    dan.post_form(urls::comment_hide(&first.id), &[])
        .await
        .assert_status(403);
    let mut cleo = w.as_(&w.cleo).await;
    cleo.post_form(urls::comment_hide(&first.id), &[])
        .await
        .assert_status(303);
    let hidden = nobody.get(page.clone()).await;
    for text in ["What I said first", "What was answered", "What I said last"] {
        assert!(
            !hidden.text().contains(text),
            "{text}: it goes with what it answers"
        );
    }
    let answer = dan
        .post_form(urls::comment_reply(&first.id), &[("body", "And yet")])
        .await;
    answer.assert_status(404);
    w.as_(&w.ben)
        .await
        .get(page)
        .await
        .assert_contains("What I said first");
    comment(&w, &w.draft, None, &w.cleo, "Not yet for readers").await;
    nobody.get(urls::article(&w.draft.slug)).await.assert_status(404);
}

/// CWE-674, CWE-862: a reply stands under a comment of the same article, three levels deep and no more.
#[tokio::test]
async fn threads_are_three_levels_deep() {
    let w = World::new().await;
    let mut ben = w.as_(&w.ben).await;
    let first = [("body", "One")];
    ben.post_form(urls::comment_create(&w.article.slug), &first)
        .await
        .assert_status(303);
    let mut on = None;
    for (body, status) in [("Two", 303), ("Three", 303), ("Four", 403)] {
        let newest = w
            .app
            .rows(async |db| Comment::objects().order_by(|c| c.created.desc()).first(&db).await)
            .await
            .expect("a comment");
        on = on.or(Some(newest.article.id()));
        let address = urls::comment_reply(&newest.id);
        ben.post_form(address, &[("body", body)])
            .await
            .assert_status(status);
    }
    assert_eq!(on, Some(w.article.id));
    let page = ben.get(urls::article(&w.article.slug)).await;
    page.assert_contains("Three");
    assert!(!page.text().contains("Four"));
    ben.post_form(urls::comment_create(&w.draft.slug), &first)
        .await
        .assert_status(404);
}

/// CWE-400: no page asks once for each row.
#[tokio::test]
async fn pages_ask_as_often_for_many_rows_as_for_two() {
    let w = World::new().await;
    let tags = [tag(&w, "one", None).await, tag(&w, "two", None).await];
    let second = article(&w.app, &w.ann, "The second", true).await;
    for (article, tag) in [(&w.article, &tags[0]), (&second, &tags[1])] {
        link(&w, article, tag).await;
        let first = comment(&w, article, None, &w.dan, "A word").await;
        let second = comment(&w, article, Some(&first), &w.ben, "Another").await;
        comment(&w, article, Some(&second), &w.ben, "A third").await;
    }
    let mut ann = w.as_(&w.ann).await;
    let pages = [
        urls::articles(),
        urls::tag(&tags[0].id),
        urls::article(&w.article.slug),
    ];
    let mut few = Vec::new();
    for page in &pages {
        ann.get(page.clone()).await.assert_status(200);
        few.push(
            w.app
                .statements(async || ann.get(page.clone()).await.assert_status(200).status())
                .await,
        );
    }
    for n in 0..48 {
        let more = article(&w.app, &w.ann, &format!("Number {n}"), true).await;
        link(&w, &more, &tags[0]).await;
        link(&w, &more, &tags[1]).await;
        let first = comment(&w, &w.article, None, &w.dan, "More").await;
        comment(&w, &w.article, Some(&first), &w.ben, "And more").await;
    }
    for (page, few) in pages.iter().zip(&few) {
        let many = w
            .app
            .statements(async || ann.get(page.clone()).await.assert_status(200).status())
            .await;
        many.assert_as_many_as(few);
    }
}
