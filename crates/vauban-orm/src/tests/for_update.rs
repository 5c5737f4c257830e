//! Rows that are locked to be changed.

use std::time::Duration;

use super::*;
use crate::engine::Options;
use crate::*;

/// A site on which nobody waits long for the writer.
async fn site() -> Site {
    let options = Options {
        wait: Duration::from_millis(80),
        models: MODELS(),
        services: super::rights::services(),
        ..Options::default()
    };
    Site::with(options).await
}

fn slug(slug: &str) -> Slug {
    slug.parse().unwrap()
}

/// CWE-667, CWE-862. Attack: whoever only sees a row holds up those who may change it.
#[tokio::test]
async fn cwe_667_only_what_may_be_changed_is_locked() {
    let site = site().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let all = || Article::objects().for_update();
    assert!(all().all(&db).await.unwrap().is_empty());
    assert!(all().first(&db).await.unwrap().is_none());
    let of = async |name: &str| all().get(&db, |a| a.slug.eq(slug(name))).await.map(drop);
    assert!(matches!(of("public").await, Err(Error::Forbidden)));
    // Hidden, and not there.
    assert!(matches!(of("draft").await, Err(Error::NotFound)));
    assert!(matches!(of("nothing").await, Err(Error::NotFound)));
    drop(db);
    unit.finish(false).await.unwrap();
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let rows = Article::objects()
        .order_by(|a| a.slug.asc())
        .for_update()
        .all(&db)
        .await
        .unwrap();
    let slugs: Vec<_> = rows.iter().map(|row| row.slug.to_string()).collect();
    assert_eq!(slugs, ["draft", "public"]);
    for row in rows {
        row.change(&db, |a| [a.title.set("locked")]).await.unwrap();
    }
    // With their author, who is Ann: she may change herself. An editor is somebody else's.
    let with_author = all().of(|a| &a.author).all(&db).await.unwrap();
    assert!(with_author.iter().all(|row| row.author.get().is_some()));
    let draft = Article::objects()
        .get_to_change(&db, |a| a.id.eq(site.draft.id))
        .await
        .unwrap();
    draft.change(&db, |a| [a.editor.set(site.ben.id)]).await.unwrap();
    let with_editor = all().of(|a| &a.editor).all(&db).await;
    assert!(matches!(with_editor, Err(Error::Forbidden)), "{with_editor:?}");
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ben);
    let _attack = without(Control::LockChangeable);
    let public = Article::objects()
        .filter(|a| a.slug.eq(slug("public")))
        .for_update();
    assert_eq!(public.all(&unit.db()).await.unwrap().len(), 1);
}

/// CWE-667. Attack: whoever may delete none of the rows that a view clears holds up those who may change them.
#[tokio::test]
async fn cwe_667_only_what_may_be_deleted_is_locked() {
    if crate::tests::on::sqlite() {
        // There only one writes.
        return;
    }
    let site = site().await;
    let ben = site.as_user(&site.ben);
    assert_eq!(Article::objects().delete_all(&ben.db()).await.unwrap(), 0);
    let ann = site.as_user(&site.ann);
    let rows = Article::objects().for_update().nowait().all(&ann.db()).await;
    assert_eq!(rows.unwrap().len(), 2);
    ben.finish(true).await.unwrap();
}

/// CWE-352: what locks takes the writer, and a unit that reads has none.
#[tokio::test]
async fn cwe_352_a_unit_that_reads_locks_nothing() {
    let site = site().await;
    let locked = crate::engine::answering(true, async {
        let unit = site.as_user(&site.ann);
        Article::objects().for_update().all(&unit.db()).await.map(|_| ())
    });
    assert!(matches!(locked.await, Err(Error::ReadOnly)));
}

/// What another unit has locked is waited for, told, or left out. On SQLite whoever writes has locked all.
#[tokio::test]
async fn what_another_unit_has_locked_is_told_or_left_out() {
    let site = site().await;
    let first = site.as_user(&site.ann);
    let a = first.db();
    let mine = Article::objects()
        .for_update()
        .get(&a, |a| a.slug.eq(slug("draft")))
        .await
        .unwrap();
    let second = site.as_user(&site.ann);
    let b = second.db();
    let told = Article::objects().for_update().nowait().all(&b).await;
    assert!(
        matches!(&told, Err(Error::Locked { table: "article" })),
        "{told:?}"
    );
    assert_eq!(told.unwrap_err().status(), 503);
    if crate::tests::on::sqlite() {
        // Nobody locks one row alone: whoever skips waits for the turn, as whoever writes.
        let waited = Article::objects().for_update().skip_locked().all(&b).await;
        assert!(matches!(waited, Err(Error::Busy(_))), "{waited:?}");
    } else {
        let left = Article::objects()
            .for_update()
            .skip_locked()
            .all(&b)
            .await
            .unwrap();
        let slugs: Vec<_> = left.iter().map(|row| row.slug.to_string()).collect();
        assert_eq!(slugs, ["public"]);
        let skipped = Article::objects().for_update().skip_locked();
        let skipped = skipped.get(&b, |a| a.slug.eq(slug("draft"))).await;
        assert!(matches!(skipped, Err(Error::Locked { .. })), "{skipped:?}");
    }
    mine.change(&a, |a| [a.title.set("first")]).await.unwrap();
    drop((a, b));
    second.finish(false).await.unwrap();
    first.finish(true).await.unwrap();
    // Nobody has it any more.
    let third = site.as_user(&site.ann);
    let draft = Article::objects().for_update().nowait();
    let draft = draft
        .get(&third.db(), |a| a.slug.eq(slug("draft")))
        .await
        .unwrap();
    assert_eq!(draft.title, "first");
}

/// CWE-362. Attack: two read a number and write the next one. Whoever locks first reads what the other has written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cwe_362_whoever_waited_reads_what_the_other_wrote() {
    let site = std::sync::Arc::new(Site::new().await);
    let tasks = (0..6).map(|_| {
        let site = std::sync::Arc::clone(&site);
        tokio::spawn(async move {
            let unit = site.as_user(&site.ann);
            let db = unit.db();
            let row = Article::objects()
                .for_update()
                .get(&db, |a| a.slug.eq(slug("draft")))
                .await?;
            let next = row.hits + 1;
            row.change(&db, |a| [a.hits.set(next)]).await?;
            drop(db);
            unit.finish(true).await
        })
    });
    let mut saved = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(()) => saved += 1,
            // As a statement that is the first of its unit is run again so many times and no more.
            Err(error) => assert_eq!(error.status(), 503, "{error}"),
        }
    }
    let unit = site.as_user(&site.ann);
    let draft = Article::objects()
        .get(&unit.db(), |a| a.id.eq(site.draft.id))
        .await
        .unwrap();
    assert_eq!(draft.hits, saved);
    assert!(saved > 1, "{saved}");
}

/// CWE-667: a row behind a foreign key is locked with the row, and skipped with it.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_row_behind_a_key_is_locked_with_it() {
    if crate::tests::on::sqlite() {
        return;
    }
    let site = site().await;
    let (first, second) = (site.as_user(&site.ann), site.as_user(&site.ann));
    let (a, b) = (first.db(), second.db());
    let draft = || {
        Article::objects()
            .filter(|a| a.slug.eq(slug("draft")))
            .for_update()
    };
    assert_eq!(draft().of(|a| &a.author).all(&a).await.unwrap().len(), 1);
    let author = User::objects().for_update().nowait();
    let author = author.get(&b, |u| u.id.eq(site.ann.id)).await;
    assert!(
        matches!(&author, Err(Error::Locked { table: "user" })),
        "{author:?}"
    );
    let public = || {
        Article::objects()
            .filter(|a| a.slug.eq(slug("public")))
            .for_update()
    };
    let told = public().of(|a| &a.author).nowait().all(&b).await;
    assert!(matches!(told, Err(Error::Locked { .. })), "{told:?}");
    assert!(
        public()
            .of(|a| &a.author)
            .skip_locked()
            .all(&b)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(public().skip_locked().all(&b).await.unwrap().len(), 1);
}
