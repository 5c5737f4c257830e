//! Reading: what may not be seen is absent, everywhere.

use super::*;
use crate::*;

async fn slugs(db: &Db) -> Vec<String> {
    let articles = Article::objects().all(db).await.unwrap();
    let mut slugs: Vec<_> = articles
        .into_iter()
        .map(|article| article.slug.to_string())
        .collect();
    slugs.sort();
    slugs
}

/// CWE-639, ASVS 5.0 8.2.2.
#[tokio::test]
async fn rows_that_may_not_be_seen_are_absent() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.read_db();
    {
        let _attack = without(Control::View);
        assert_eq!(slugs(&db).await, ["draft", "public"]);
        assert!(Task::objects().exists(&db).await.unwrap());
    }
    assert_eq!(slugs(&db).await, ["public"]);
    assert_eq!(Task::objects().count(&db).await.unwrap(), 0);
    assert!(!Task::objects().exists(&db).await.unwrap());
    assert!(Task::objects().first(&db).await.unwrap().is_none());
    assert!(Task::objects().page(&db, 1).await.unwrap().rows.is_empty());
    assert_eq!(
        slugs(&site.as_user(&site.ann).read_db()).await,
        ["draft", "public"]
    );
}

/// CWE-203: by key, a hidden row and an absent one give the same answer, for each way of asking.
#[tokio::test]
async fn hidden_is_as_absent() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    for id in [site.beta_task.id, Id::new()] {
        let errors = [
            Task::objects().get(&db, |t| t.id.eq(id)).await.unwrap_err(),
            Task::objects()
                .get_to_change(&db, |t| t.id.eq(id))
                .await
                .unwrap_err(),
            Task::objects()
                .get_to_delete(&db, |t| t.id.eq(id))
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                (error.status(), format!("{error:?}")),
                (404, "NotFound".to_owned())
            );
        }
    }
    let _attack = without(Control::View);
    assert!(
        Task::objects()
            .get(&db, |t| t.id.eq(site.beta_task.id))
            .await
            .is_ok()
    );
}

/// 403 where the row may be seen and not changed; also on a handle that only reads.
#[tokio::test]
async fn seen_but_not_changeable_is_forbidden() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.read_db();
    let id = site.public.id;
    assert_eq!(
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(id))
            .await
            .unwrap_err()
            .status(),
        403
    );
    assert_eq!(
        Article::objects()
            .get_to_delete(&db, |a| a.id.eq(id))
            .await
            .unwrap_err()
            .status(),
        403
    );
    {
        let _attack = without(Control::ChangeBefore);
        assert!(
            Article::objects()
                .get_to_change(&db, |a| a.id.eq(id))
                .await
                .is_ok()
        );
    }
    {
        let _attack = without(Control::Delete);
        assert!(
            Article::objects()
                .get_to_delete(&db, |a| a.id.eq(id))
                .await
                .is_ok()
        );
    }
    // Change implies view: staff may change every article, but a draft of others they do not see.
    let staff = site.as_user(&site.sue);
    let db = staff.read_db();
    assert_eq!(
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap_err()
            .status(),
        404
    );
    assert!(
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(id))
            .await
            .is_ok()
    );
}

/// CWE-203: no filter, order or reverse relation is an oracle for a related row that may not be seen.
#[tokio::test]
async fn related_rows_that_may_not_be_seen_are_absent_in_queries() {
    let site = Site::new().await;
    let seed = site.database.bind(Actor::nobody());
    let db = seed.db();
    let by_ghost = NewArticle {
        title: "boo".into(),
        slug: "boo".parse().unwrap(),
        author: site.ghost.id,
        editor: None,
    };
    let service = db.acting::<Fixtures>();
    Article::create(by_ghost)
        .set(|a| [a.published.set(true)])
        .save(&service)
        .await
        .unwrap();
    seed.finish(true).await.unwrap();

    let unit = site.as_user(&site.carl);
    let db = unit.read_db();
    let guess = || Article::objects().filter(|a| a.author.email.starts_with("gh"));
    let order = || Article::objects().order_by(|a| a.author.email.desc());
    let fragment = || Article::objects().filter(|a| sql!("{} = {}", a.author.email, "ghost@example.com"));
    let compared = || Article::objects().filter(|a| a.title.ne(&a.author.email));
    let turned = || Article::objects().filter(|a| a.author.email.ne(&a.title));
    let members = || User::objects().filter(|u| u.memberships.any(|m| m.role.eq(Role::Admin)));
    {
        let _attack = without(Control::Related);
        assert_eq!(guess().count(&db).await.unwrap(), 1);
        assert_eq!(order().first(&db).await.unwrap().unwrap().slug.as_str(), "boo");
        assert_eq!(fragment().count(&db).await.unwrap(), 1);
        assert_eq!(compared().count(&db).await.unwrap(), 2);
        assert_eq!(turned().count(&db).await.unwrap(), 2);
        assert_eq!(members().count(&db).await.unwrap(), 2);
        let loaded = Article::objects().related(|a| &a.author).all(&db).await.unwrap();
        assert!(loaded.iter().all(|a| a.author.get().is_some()));
    }
    assert_eq!(guess().count(&db).await.unwrap(), 0);
    assert_eq!(order().first(&db).await.unwrap().unwrap().slug.as_str(), "public");
    assert_eq!(fragment().count(&db).await.unwrap(), 0);
    assert_eq!(compared().count(&db).await.unwrap(), 1);
    assert_eq!(turned().count(&db).await.unwrap(), 1);
    assert_eq!(members().count(&db).await.unwrap(), 0, "Carl sees no membership");
    // The row itself is seen; who wrote it is hidden.
    let loaded = Article::objects()
        .related(|a| &a.author)
        .filter(|a| a.slug.eq("boo".parse::<Slug>().unwrap()));
    let boo = loaded.first(&db).await.unwrap().unwrap();
    assert!(matches!(boo.author.related(), Related::Hidden));
    assert!(boo.author.get().is_none());
    // And what may be seen is found.
    assert_eq!(
        Article::objects()
            .filter(|a| a.author.email.starts_with("ann"))
            .count(&db)
            .await
            .unwrap(),
        1
    );
}

/// Rules read related rows in full: Ben's rule counts memberships that he may not see one by one.
#[tokio::test]
async fn rules_read_related_rows_in_full() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let db = unit.read_db();
    let titles: Vec<_> = Task::objects()
        .order_by(|t| t.title.asc())
        .all(&db)
        .await
        .unwrap();
    let titles: Vec<_> = titles.iter().map(|task| task.title.as_str()).collect();
    assert_eq!(titles, ["alpha task", "beta task"]);
    let anns = site.as_user(&site.ann);
    assert_eq!(Task::objects().count(&anns.read_db()).await.unwrap(), 1);
}

/// Filters are two-valued, and nobody is the owner of a row without one (CWE-863).
#[tokio::test]
async fn missing_values_are_no_way_past_a_rule() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let not_edited_by_ben = || Article::objects().filter(|a| !a.editor.eq(site.ben.id));
    {
        let _attack = without(Control::TwoValued);
        assert_eq!(
            not_edited_by_ben().count(&db).await.unwrap(),
            0,
            "three-valued: rows get lost"
        );
    }
    assert_eq!(not_edited_by_ben().count(&db).await.unwrap(), 2);
    assert_eq!(
        Article::objects()
            .filter(|a| a.editor.ne(site.ben.id))
            .count(&db)
            .await
            .unwrap(),
        2
    );

    // Articles have no editor; "the editor may see it" must not let nobody in.
    let nobody = site.as_nobody();
    let db = nobody.read_db();
    {
        let _attack = without(Control::NobodyOwns);
        assert_eq!(Article::objects().count(&db).await.unwrap(), 2);
    }
    assert_eq!(Article::objects().count(&db).await.unwrap(), 1);
}

/// One statement for a list with its authors and what may be done to each row.
#[tokio::test]
async fn a_list_is_one_statement() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let page = Article::objects()
        .related(|a| &a.author)
        .order_by(|a| [a.author.email.asc(), a.created.desc()])
        .with_may()
        .page(&db, 1)
        .await
        .unwrap();
    assert_eq!(unit.queries().len(), 1, "{:#?}", unit.queries());
    assert!(page.rows.iter().all(|a| a.may_change() && a.may_delete()));
    assert!(
        page.rows
            .iter()
            .all(|a| a.author.get().unwrap().email == "ann@example.com")
    );
    let carl = site.as_user(&site.carl);
    let rows = Article::objects().with_may().all(&carl.read_db()).await.unwrap();
    assert!(rows.iter().all(|a| !a.may_change() && !a.may_delete()));
}

#[tokio::test]
async fn pages_have_neighbours() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let query = || Article::objects().order_by(|a| a.slug.asc()).per_page(1);
    let (one, two) = (
        query().page(&db, 1).await.unwrap(),
        query().page(&db, 2).await.unwrap(),
    );
    assert_eq!(
        (one.rows[0].slug.as_str(), one.next(), one.previous()),
        ("draft", Some(2), None)
    );
    assert_eq!(
        (two.rows[0].slug.as_str(), two.next(), two.previous()),
        ("public", None, Some(1))
    );
    for none in [0, 3, 10_001, 10_002, u32::MAX] {
        assert_eq!(query().page(&db, none).await.unwrap_err().status(), 404);
    }
    // CWE-400: whoever asks for a page that is too deep costs no read at all.
    let before = unit.queries().len();
    let deep = query().page(&db, 10_002).await.unwrap_err();
    assert_eq!(unit.queries().len(), before);
    assert!(deep.to_string().contains("narrow the search"), "{deep}");
    // A limit is no page's size: neither is ignored.
    for error in [
        query().limit(5).page(&db, 1).await.map(drop),
        query().limit(5).with_may().page(&db, 1).await.map(drop),
    ] {
        assert!(error.unwrap_err().to_string().contains(".per_page(n)"));
    }
}

/// Every comparison, with its edge cases: nothing in a value is a wildcard or SQL (CWE-89).
#[tokio::test]
async fn values_are_values() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    let count = async |filter: fn(&Columns<Article>) -> Filter<Article>| {
        Article::objects().filter(filter).count(&db).await.unwrap()
    };
    assert_eq!(count(|a| a.title.eq("draft' OR '1'='1")).await, 0);
    assert_eq!(count(|a| a.title.contains("%")).await, 0);
    assert_eq!(count(|a| a.title.contains("_")).await, 0);
    assert_eq!(count(|a| a.title.contains("raf")).await, 1);
    assert_eq!(count(|a| a.title.icontains("RAF")).await, 1);
    assert_eq!(count(|a| a.title.starts_with("dr")).await, 1);
    assert_eq!(count(|a| a.title.starts_with("")).await, 2);
    assert_eq!(count(|a| a.title.ends_with("ic")).await, 1);
    assert_eq!(count(|a| a.title.ends_with("")).await, 2);
    assert_eq!(count(|a| a.title.is_in(["draft", "other", "o'ther"])).await, 1);
    assert_eq!(count(|a| a.title.is_in::<&str>([])).await, 0);
    assert_eq!(count(|a| a.id.is_in([Id::new()])).await, 0);
    assert_eq!(count(|a| a.hits.ge(0) & a.hits.lt(1)).await, 2);
    assert_eq!(count(|a| a.editor.is_null()).await, 2);
    assert_eq!(count(|a| a.published.eq(true) | a.title.eq("draft")).await, 2);
    assert_eq!(count(|a| sql!("length({}) > {}", a.title, 5)).await, 1);
    let ids = [site.draft.id, site.public.id];
    assert_eq!(
        Article::objects()
            .filter(|a| a.id.is_in(ids))
            .count(&db)
            .await
            .unwrap(),
        2
    );
    let authors = [site.ann.id];
    assert_eq!(
        Article::objects()
            .filter(|a| a.author.is_in(authors))
            .count(&db)
            .await
            .unwrap(),
        2
    );
}

/// A query that names several rows where one was asked for is a mistake, not a choice.
#[tokio::test]
async fn get_means_one() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let error = Article::objects()
        .get(&unit.read_db(), |a| a.hits.eq(0))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Multiple));
}

/// CWE-400: a statement that needs too much work ends.
#[tokio::test(flavor = "multi_thread")]
async fn work_is_limited() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let options = crate::engine::Options {
        inline_steps: 3_000,
        steps: 2_000_000,
        models: MODELS(),
        services: super::rights::services(),
        ..Default::default()
    };
    let database = crate::engine::Database::open(&crate::tests::on::url(), options).unwrap();
    database.create_all(&MODELS()).unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.db();
    let db = db.acting::<Fixtures>();
    for i in 0..600 {
        User::create(NewUser {
            email: format!("u{i}@example.com"),
        })
        .save(&db)
        .await
        .unwrap();
    }
    unit.finish(true).await.unwrap();
    let unit = database.bind(Actor::nobody());
    let db = unit.read_db();
    // Too much for the request's own thread, not for a reader thread.
    for _ in 0..3 {
        assert_eq!(User::objects().all(&db).await.unwrap().len(), 600);
    }
    // Too much for any.
    let endless = database.sqlite().read_on_thread(0, |c| {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        c.bare(|sqlite| sqlite.query_row(sql, [], |row| row.get::<_, i64>(0)))
    });
    assert!(matches!(endless.await, Err(Error::TooMuchWork)));
}

/// What is known of the actor is folded in before SQL is written: no `OR` with a parameter, few texts.
#[tokio::test]
async fn rules_are_folded_for_each_actor() {
    if !crate::tests::on::sqlite() {
        return;
    }
    let site = Site::new().await;
    let sql = async |unit: engine::Unit| {
        Article::objects().count(&unit.read_db()).await.unwrap();
        let sql = unit.queries().remove(0).sql;
        sql.split_once("WHERE ").unwrap().1.to_owned()
    };
    assert_eq!(sql(site.as_nobody()).await, "t.\"published\" = 1");
    let ann = sql(site.as_user(&site.ann)).await;
    assert_eq!(
        ann,
        "((t.\"published\" = 1 OR t.\"author_id\" = ?1) OR t.\"editor_id\" = ?1)"
    );
    assert_eq!(
        ann,
        sql(site.as_user(&site.carl)).await,
        "one text for all users of a kind"
    );
    let service = site.as_nobody();
    Article::objects()
        .count(&service.read_db().acting::<Fixtures>())
        .await
        .unwrap();
    assert!(!service.queries()[0].sql.contains("WHERE"));
}

/// CWE-440: a limit is no decoration of a count.
#[tokio::test]
async fn a_limit_counts() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.read_db();
    assert_eq!(Article::objects().count(&db).await.unwrap(), 2);
    for (limit, count) in [(0, 0), (1, 1), (2, 2), (5, 2)] {
        let query = || Article::objects().order_by(|a| a.created.desc()).limit(limit);
        assert_eq!(query().count(&db).await.unwrap(), count, "{limit}");
        assert_eq!(query().exists(&db).await.unwrap(), count > 0, "{limit}");
        assert_eq!(query().all(&db).await.unwrap().len() as u64, count, "{limit}");
        let draft = || query().filter(|a| a.published.eq(false));
        assert_eq!(draft().count(&db).await.unwrap(), count.min(1), "{limit}");
    }
}
