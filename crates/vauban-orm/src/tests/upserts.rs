//! Rows that are added, or changed where a row with their key is there: many at once, each under its own rules.

use super::*;
use crate::*;

fn article(author: &User, slug: &str, title: &str) -> NewArticle {
    NewArticle {
        title: title.into(),
        slug: slug.parse().unwrap(),
        author: author.id,
        editor: None,
    }
}

async fn save(db: &Db<Write>, rows: Vec<NewArticle>) -> Result<Vec<(Article, bool)>> {
    let rows = Article::create_all(rows);
    rows.or_change(|a| &a.slug, |a| (&a.title, &a.editor))
        .save(db)
        .await
}

fn only_row(error: Error) -> (usize, Error) {
    match error {
        Error::Rows(mut rows) if rows.len() == 1 => {
            let wrong = rows.remove(0);
            (wrong.row, wrong.error)
        }
        other => panic!("not of one row: {other:?}"),
    }
}

#[tokio::test]
async fn what_is_there_is_changed_and_the_rest_is_added() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let draft = async || {
        Article::objects()
            .with_may()
            .get(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap()
    };
    let before = draft().await;
    let rows = (0..2_300).map(|i| article(&site.ann, &format!("a-{i:04}"), "new"));
    let rows = rows.chain([article(&site.ann, "draft", "changed")]).collect();
    let saved = save(&db, rows).await.unwrap();
    assert_eq!(saved.len(), 2_301);
    assert!(saved[..2_300].iter().all(|(a, added)| *added && a.title == "new"));
    let (changed, added) = &saved[2_300];
    assert!(!added && changed.id == site.draft.id && changed.title == "changed");
    // What is not named stays; what sets itself is set, and the row has another version.
    let after = draft().await;
    assert_eq!((after.created, after.author.id()), (before.created, site.ann.id));
    assert!(after.updated > before.updated && after.version() != before.version());
    let rows = (0..2_300)
        .rev()
        .map(|i| article(&site.ann, &format!("a-{i:04}"), "again"));
    let saved = save(&db, rows.collect()).await.unwrap();
    assert!(saved.iter().all(|(a, added)| !added && a.title == "again"));
    assert_eq!(saved[0].0.slug.to_string(), "a-2299");
    unit.finish(true).await.unwrap();
    let unit = site.as_user(&site.ann);
    let again = Article::objects().filter(|a| a.title.eq("again"));
    assert_eq!(again.count(&unit.db()).await.unwrap(), 2_300);
    assert!(save(&unit.db(), Vec::new()).await.unwrap().is_empty());
}

/// CWE-863, CWE-203. Attack: a foreign row is changed by adding its key; one that is hidden is told by it.
#[tokio::test]
async fn cwe_863_a_foreign_row_is_not_changed_by_adding_its_key() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let rows = |key: &str| {
        vec![
            article(&site.ben, "mine", "mine"),
            article(&site.ben, key, "taken"),
        ]
    };
    // Ann's, which Ben sees and does not change.
    let (row, error) = only_row(save(&db, rows("public")).await.unwrap_err());
    assert!(row == 1 && matches!(error, Error::Forbidden), "{error:?}");
    // Ann's, which Ben does not see: what he is told is what adding it would have told.
    let alone = only_row(Article::create_all(rows("draft")).save(&db).await.unwrap_err());
    let told = only_row(save(&db, rows("draft")).await.unwrap_err());
    assert_eq!((told.0, told.1.to_string()), (alone.0, alone.1.to_string()));
    assert!(matches!(told.1, Error::Unique { .. }));
    // As somebody else's.
    let (row, error) = only_row(
        save(&db, vec![article(&site.ann, "anns", "x")])
            .await
            .unwrap_err(),
    );
    assert!(row == 0 && matches!(error, Error::Forbidden), "{error:?}");
    // Of each of these nothing was written, and the unit goes on.
    let titles = Article::objects().filter(|a| a.title.is_in(["mine", "taken", "x"]));
    assert_eq!(titles.count(&db).await.unwrap(), 0);
    let _attack = without(Control::UpsertJudged);
    let saved = save(&db, rows("public")).await.unwrap();
    assert!(saved[1].0.id == site.public.id && saved[1].0.title == "taken");
}

/// CWE-863, CWE-639, CWE-269. Attack: a row that may be changed is changed into what it may not become.
#[tokio::test]
async fn cwe_863_what_a_row_becomes_is_judged() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    for hidden in [site.ghost.id, Id::random()] {
        let new = NewArticle {
            editor: Some(hidden),
            ..article(&site.ann, "draft", "x")
        };
        let (row, error) = only_row(
            save(&db, vec![article(&site.ann, "a", "a"), new])
                .await
                .unwrap_err(),
        );
        let problems = error.problems();
        assert_eq!(
            (row, problems[0].field, problems[0].problem.code()),
            (1, "editor", "not_available")
        );
    }
    unit.finish(true).await.unwrap();
    // Staff may change it, and nobody says whose it is.
    let unit = site.as_user(&site.sue);
    let db = unit.db();
    let take = async || {
        let row = Article::create_all([article(&site.sue, "public", "x")]);
        row.or_change(|a| &a.slug, |a| &a.author).save(&db).await
    };
    let (_, error) = only_row(take().await.unwrap_err());
    assert!(matches!(error, Error::Forbidden), "{error:?}");
    let _attack = without(Control::MaySet);
    assert_eq!(take().await.unwrap()[0].0.author.id(), site.sue.id);
}

#[tokio::test]
async fn what_cannot_be_meant_is_an_error() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    // The same key twice, of a row that is there and of one that is not.
    for key in ["draft", "new"] {
        let rows = ["a", key, key].map(|slug| article(&site.ann, slug, "x"));
        let (row, error) = only_row(save(&db, rows.into()).await.unwrap_err());
        assert!(
            row == 2 && matches!(&error, Error::Unique { fields, .. } if fields == &["slug"]),
            "{error:?}"
        );
    }
    let one = || Article::create_all([article(&site.ann, "a", "a")]);
    let no_key = one()
        .or_change(|a| (&a.slug, &a.title), |a| &a.editor)
        .save(&db)
        .await;
    assert!(
        matches!(&no_key, Err(Error::Internal(why)) if why.contains("no unique key")),
        "{no_key:?}"
    );
    let by_id = one().or_change(|a| &a.id, |a| &a.editor).save(&db).await;
    assert!(matches!(by_id, Err(Error::Internal(_))));
    let of_id = one().or_change(|a| &a.slug, |a| &a.id).save(&db).await;
    assert!(matches!(of_id, Err(Error::Internal(_))));
    let endless = std::iter::repeat_with(|| article(&site.ann, "x", "x"));
    let endless = Article::create_all(endless)
        .or_change(|a| &a.slug, |a| &a.title)
        .save(&db)
        .await;
    assert!(matches!(endless, Err(Error::TooLarge(_))));
    // Of several columns.
    let member = |user: &User, role| NewMembership {
        organisation: site.alpha.id,
        user: user.id,
        role,
    };
    let rows = [member(&site.ben, Role::Admin), member(&site.carl, Role::Member)];
    let saved = Membership::create_all(rows).or_change(|m| (&m.user, &m.organisation), |m| &m.role);
    let saved = saved.save(&db).await.unwrap();
    let saved: Vec<_> = saved.into_iter().map(|(m, added)| (m.role, added)).collect();
    assert_eq!(saved, [(Role::Admin, false), (Role::Member, true)]);
}

/// CWE-862. Attack: a membership that is changed makes whoever asks an admin, so that the next one may be added.
#[tokio::test]
async fn cwe_862_no_row_justifies_another_that_is_saved_with_it() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let member = |user: &User, role| NewMembership {
        organisation: site.alpha.id,
        user: user.id,
        role,
    };
    let rows = [member(&site.ben, Role::Admin), member(&site.carl, Role::Admin)];
    let saved = Membership::create_all(rows).or_change(|m| (&m.organisation, &m.user), |m| &m.role);
    let (row, error) = only_row(saved.save(&db).await.unwrap_err());
    assert!(row == 0 && matches!(error, Error::Forbidden), "{error:?}");
    let admins = Membership::objects().filter(|m| m.organisation.eq(site.alpha.id) & m.role.eq(Role::Admin));
    assert_eq!(admins.count(&db).await.unwrap(), 1);
}
