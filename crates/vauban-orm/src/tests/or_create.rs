//! A row that is read or changed if it is there, and added if not.

use super::*;
use crate::*;

fn new(author: &User, slug: &str) -> Create<Article> {
    Article::create(NewArticle {
        title: "made".into(),
        slug: slug.parse().unwrap(),
        author: author.id,
        editor: None,
    })
}

fn slug(slug: &str) -> Slug {
    slug.parse().unwrap()
}

#[tokio::test]
async fn what_is_there_is_got_or_changed_and_what_is_not_is_added() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let articles = Article::objects;
    let draft = slug("draft");
    let (got, added) = articles()
        .get_or_create(&db, |a| a.slug.eq(&draft), new(&site.ann, "draft"))
        .await
        .unwrap();
    assert!(!added && got.id == site.draft.id && got.title == "draft");
    let (got, added) = articles()
        .get_or_create(&db, |a| a.slug.eq(slug("new")), new(&site.ann, "new"))
        .await
        .unwrap();
    assert!(added && got.title == "made");
    for expected in [(true, "made"), (false, "changed")] {
        let (got, added) = articles()
            .create_or_change(
                &db,
                |a| a.slug.eq(slug("x")),
                new(&site.ann, "x"),
                |a| [a.title.set("changed")],
            )
            .await
            .unwrap();
        assert_eq!((added, &*got.title), expected);
    }
    let several = articles()
        .get_or_create(&db, |a| a.author.eq(site.ann.id), new(&site.ann, "y"))
        .await;
    assert!(matches!(several, Err(Error::Multiple)));
    unit.finish(true).await.unwrap();
}

/// CWE-863, CWE-203. Attack: what may not be changed, or not be seen, is changed by adding it.
#[tokio::test]
async fn cwe_863_an_existing_row_is_under_its_own_rules() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let upsert = async |at: &str, title: &str| {
        Article::objects()
            .create_or_change(
                &db,
                |a| a.slug.eq(slug(at)),
                new(&site.ben, at),
                |a| [a.title.set(title)],
            )
            .await
    };
    // Ann's, which Ben sees and does not change.
    assert!(matches!(upsert("public", "taken").await, Err(Error::Forbidden)));
    // Ann's, which Ben does not see: as if he added it, no more.
    let alone = new(&site.ben, "draft").save(&db).await.unwrap_err().to_string();
    assert_eq!(upsert("draft", "taken").await.unwrap_err().to_string(), alone);
    let got = Article::objects()
        .get_or_create(&db, |a| a.slug.eq(slug("draft")), new(&site.ben, "draft"))
        .await;
    assert_eq!(got.unwrap_err().to_string(), alone);
    // As somebody else's.
    let got = Article::objects()
        .get_or_create(&db, |a| a.slug.eq(slug("z")), new(&site.ann, "z"))
        .await;
    assert!(matches!(got, Err(Error::Forbidden)));
    {
        let _attack = without(Control::View);
        let seen = Article::objects()
            .get_or_create(&db, |a| a.slug.eq(slug("draft")), new(&site.ben, "draft"))
            .await;
        assert!(!seen.unwrap().1);
    }
    // What it would become is judged, too.
    upsert("bens", "one").await.unwrap();
    let hidden = Article::objects()
        .create_or_change(
            &db,
            |a| a.slug.eq(slug("bens")),
            new(&site.ben, "bens"),
            |a| [a.editor.set(site.ghost.id)],
        )
        .await;
    assert_eq!(hidden.unwrap_err().status(), 422);
    let titles = Article::objects()
        .filter(|a| a.title.eq("taken"))
        .count(&db)
        .await;
    assert_eq!(titles.unwrap(), 0);
}

/// CWE-362. Attack: many at once ask for the same row that is not there: one of them adds it, and all have it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cwe_362_many_at_once_get_one_row() {
    let site = std::sync::Arc::new(Site::new().await);
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let site = std::sync::Arc::clone(&site);
            tokio::spawn(async move {
                for _ in 0..8 {
                    let unit = site.as_user(&site.ann);
                    let db = unit.db();
                    let got = Article::objects()
                        .get_or_create(&db, |a| a.slug.eq(slug("one")), new(&site.ann, "one"))
                        .await;
                    drop(db);
                    // On a server it may turn out at the end that another was first: the request is to be sent again.
                    let done = match got {
                        Ok((row, added)) => unit.finish(true).await.map(|()| (row.id, added)),
                        Err(error) => Err(error),
                    };
                    match done {
                        Ok(done) => return done,
                        Err(error) => assert_eq!(error.status(), 503, "{error}"),
                    }
                }
                panic!("never done")
            })
        })
        .collect();
    let mut got = Vec::new();
    for task in tasks {
        got.push(task.await.unwrap());
    }
    assert!(got.iter().all(|(id, _)| *id == got[0].0), "{got:?}");
    assert_eq!(got.iter().filter(|(_, added)| *added).count(), 1, "{got:?}");
}
