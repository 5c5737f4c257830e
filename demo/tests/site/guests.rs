//! The guest book of another package, in this site's layout.

use guestbook::entries::{Entry, NewEntry};

use crate::world::World;

#[tokio::test]
async fn the_packages_page_is_written_in_the_sites_layout() {
    let w = World::new().await;
    let new = NewEntry {
        name: "Ann".to_owned(),
        text: "Lovely walls.".to_owned(),
        author: w.ann.id.into(),
    };
    w.app.rows(async |db| Entry::create(new).save(&db).await).await;
    let mut ann = w.as_(&w.ann).await;
    let page = ann.get("/guestbook/").await;
    page.assert_status(200)
        // Ours, with our own addresses …
        .assert_contains("class=\"site-header\"")
        .assert_contains("href=\"/articles/\"")
        // … around theirs, whose addresses mean theirs, where this site has put them.
        .assert_contains("Lovely walls.")
        .assert_contains("action=\"/guestbook/\"")
        .assert_contains("href=\"/guestbook/")
        .assert_contains("/static/guestbook/book.");
    let text = page.text();
    let sheet = text
        .split('"')
        .find(|part| part.starts_with("/static/guestbook/"))
        .unwrap();
    ann.get(sheet)
        .await
        .assert_status(200)
        .assert_contains(".guestbook-entries");
    // CWE-352: the form of another package's file has this site's token.
    let form = text.split("class=\"guestbook-form").nth(1).unwrap();
    let form = form.split("</form>").next().unwrap();
    assert!(form.contains("csrfmiddlewaretoken"), "{form}");
    let signed = ann
        .post_form("/guestbook/", &[("name", "Ann"), ("text", "Again.")])
        .await;
    signed.assert_redirects_to("/guestbook/");
    ann.post_form("/guestbook/", &[("name", ""), ("text", "")])
        .await
        .assert_status(422)
        .assert_contains("class=\"site-header\"");
}
