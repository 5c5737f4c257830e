//! Reading: what may not be seen is absent, everywhere.

use super::*;
use crate::*;

#[tokio::test]
async fn rows_that_may_not_be_seen_are_absent() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.read_db();
    let slugs: Vec<_> = Article::objects()
        .all(&db)
        .await
        .unwrap()
        .into_iter()
        .map(|a| a.slug.to_string())
        .collect();
    assert_eq!(slugs, ["public"]);
    assert_eq!(Task::objects().count(&db).await.unwrap(), 0);
    // CWE-639, ASVS 8.2.2: by key, a hidden row and an absent one give the same answer.
    let hidden = Article::objects()
        .get(&db, |a| a.id.eq(site.draft.id))
        .await
        .unwrap_err();
    let absent = Article::objects()
        .get(&db, |a| a.id.eq(Id::<Article>::new()))
        .await
        .unwrap_err();
    assert_eq!(
        (hidden.status(), hidden.to_string()),
        (absent.status(), absent.to_string())
    );
    assert_eq!(hidden.status(), 404);
    let mine = site.as_user(&site.ann);
    assert_eq!(Article::objects().count(&mine.read_db()).await.unwrap(), 2);
}
