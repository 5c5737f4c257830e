//! Writing: the policy is in the statement.

use super::*;
use crate::*;

fn article(site: &Site, author: &User, slug: &str) -> NewArticle {
    let _ = site;
    NewArticle {
        title: slug.into(),
        slug: slug.parse().unwrap(),
        author: author.id,
        editor: None,
    }
}

/// CWE-862: the add rule judges the new values; one cannot write as somebody else.
#[tokio::test]
async fn a_row_is_added_only_if_its_values_are_allowed() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    {
        let _attack = without(Control::Add);
        assert!(
            Article::create(article(&site, &site.ann, "forged"))
                .save(&db)
                .await
                .is_ok()
        );
    }
    let error = Article::create(article(&site, &site.ann, "forged2"))
        .save(&db)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    let mine = Article::create(article(&site, &site.carl, "mine"))
        .save(&db)
        .await
        .unwrap();
    let stored = Article::objects().get(&db, |a| a.id.eq(mine.id)).await.unwrap();
    assert_eq!(
        (stored.title.as_str(), stored.created, stored.hits),
        ("mine", mine.created, 0)
    );
    let nobody = site.as_nobody();
    unit.finish(false).await.unwrap();
    let error = Article::create(article(&site, &site.carl, "anon"))
        .save(&nobody.db())
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
}

/// CWE-269: a membership that makes its author a leader does not justify itself.
#[tokio::test]
async fn no_row_justifies_itself() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let myself = || NewMembership {
        organisation: site.alpha.id,
        user: site.carl.id,
        role: Role::Admin,
    };
    {
        // Insert first and check afterwards, as many do: the check finds the row that it should judge.
        let unit = site.as_user(&site.carl);
        let db = unit.db();
        let service = db.acting::<Fixtures>();
        let made = Membership::create(myself()).save(&service).await.unwrap();
        let after = Membership::objects()
            .get_to_change(&db, |m| m.id.eq(made.id))
            .await;
        assert!(after.is_ok(), "a check after the statement says yes");
        unit.finish(false).await.unwrap();
    }
    let error = Membership::create(myself()).save(&db).await.unwrap_err();
    // The organisation cannot be seen either: one answer for absent and invisible.
    assert_eq!(error.status(), 422);
    let ben = site.as_user(&site.ben);
    unit.finish(false).await.unwrap();
    let db = ben.db();
    let new = NewMembership {
        organisation: site.alpha.id,
        user: site.carl.id,
        role: Role::Member,
    };
    assert_eq!(
        Membership::create(new).save(&db).await.unwrap_err().status(),
        403,
        "a plain member"
    );
    let own = Membership::objects();
    let own = own
        .get(&db, |m| m.user.eq(site.ben.id) & m.organisation.eq(site.alpha.id))
        .await
        .unwrap();
    assert_eq!(
        Membership::objects()
            .get_to_change(&db, |m| m.id.eq(own.id))
            .await
            .unwrap_err()
            .status(),
        403
    );
    // The same by a set: not matched, nothing changed.
    let raised = Membership::objects()
        .filter(|m| m.id.eq(own.id))
        .change_all(&db, |m| [m.role.set(Role::Admin)])
        .await
        .unwrap();
    assert_eq!(raised, 0);
}

/// CWE-639: a row cannot be moved to where its mover has no right, by key nor by set.
#[tokio::test]
async fn the_new_state_is_judged_too() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    // Ann leads Alpha. She is made a plain member of Beta, so that she may see it.
    let service = db.acting::<Fixtures>();
    let new = NewMembership {
        organisation: site.beta.id,
        user: site.ann.id,
        role: Role::Member,
    };
    Membership::create(new).save(&service).await.unwrap();
    let task = async || {
        Task::objects()
            .get_to_change(&db, |t| t.id.eq(site.alpha_task.id))
            .await
            .unwrap()
    };
    let error = task()
        .await
        .change(&db, |t| [t.organisation.set(site.beta.id)])
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    let mine = || Task::objects().filter(|t| t.organisation.eq(site.alpha.id));
    let error = mine()
        .change_all(&db, |t| [t.organisation.set(site.beta.id)])
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403, "one forbidden new value undoes the set");
    assert_eq!(mine().count(&db).await.unwrap(), 1);
    // The tenant's column has a rule of its own (`may_set`), the change rule is the other lock: with either
    // alone the move still fails, so the change rule is tested on a column without one.
    let edit = async |control| {
        let _attack = control;
        task()
            .await
            .change(&db, |t| [t.organisation.set(site.beta.id)])
            .await
    };
    assert!(edit(Some(without(Control::ChangeAfter))).await.is_err());
    assert!(edit(Some(without(Control::MaySet))).await.is_err());
    // As a leader of both it works.
    let unit2 = site.as_user(&site.ben);
    unit.finish(false).await.unwrap();
    let db = unit2.db();
    let service = db.acting::<Fixtures>();
    let gamma = Organisation::create(NewOrganisation { name: "Gamma".into() })
        .save(&service)
        .await
        .unwrap();
    let new = NewMembership {
        organisation: gamma.id,
        user: site.ben.id,
        role: Role::Admin,
    };
    Membership::create(new).save(&service).await.unwrap();
    let task = Task::objects()
        .get_to_change(&db, |t| t.id.eq(site.beta_task.id))
        .await
        .unwrap();
    let moved = task
        .change(&db, |t| [t.organisation.set(gamma.id)])
        .await
        .unwrap();
    assert_eq!(moved.organisation, gamma.id);
}

/// The change rule alone, for a column without privilege: an editor may not hand the row on.
#[tokio::test]
async fn the_change_rule_judges_the_new_values() {
    let site = Site::new().await;
    let seed = site.database.bind(Actor::nobody());
    let db = seed.db();
    let service = db.acting::<Fixtures>();
    let new = NewArticle {
        title: "edited".into(),
        slug: "edited".parse().unwrap(),
        author: site.ann.id,
        editor: Some(site.carl.id),
    };
    // Everybody sees it, so that the view rule has no say.
    let edited = Article::create(new).set(|a| [a.published.set(true)]);
    let edited = edited.save(&service).await.unwrap();
    seed.finish(true).await.unwrap();
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let load = async || {
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(edited.id))
            .await
            .unwrap()
    };
    let hand_on = async || load().await.change(&db, |a| [a.editor.set(site.ben.id)]).await;
    assert_eq!(hand_on().await.unwrap_err().status(), 403);
    let all = async || {
        Article::objects()
            .filter(|a| a.id.eq(edited.id))
            .change_all(&db, |a| [a.editor.set(site.ben.id)])
            .await
    };
    assert_eq!(all().await.unwrap_err().status(), 403);
    assert!(
        load()
            .await
            .change(&db, |a| [a.title.set("better")])
            .await
            .is_ok()
    );
    let _attack = without(Control::ChangeAfter);
    assert_eq!(all().await.unwrap(), 1);
}

/// CWE-639: a foreign key is written only if its target may be seen; absent and invisible answer alike.
#[tokio::test]
async fn a_foreign_key_to_a_hidden_row_is_not_written() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    let task = |assignee| NewTask {
        organisation: site.beta.id,
        title: "x".into(),
        assignee,
    };
    let hidden = Task::create(task(Some(site.ghost.id)))
        .save(&db)
        .await
        .unwrap_err();
    let absent = Task::create(task(Some(Id::new()))).save(&db).await.unwrap_err();
    assert_eq!(format!("{hidden:?}"), format!("{absent:?}"), "CWE-203");
    assert_eq!((hidden.status(), hidden.problems()[0].field), (422, "assignee"));
    assert!(Task::create(task(Some(site.carl.id))).save(&db).await.is_ok());
    assert!(Task::create(task(None)).save(&db).await.is_ok());
    // The same when it is changed, by key and by set.
    let load = async || {
        Task::objects()
            .get_to_change(&db, |t| t.id.eq(site.beta_task.id))
            .await
            .unwrap()
    };
    let hidden = load()
        .await
        .change(&db, |t| [t.assignee.set(site.ghost.id)])
        .await
        .unwrap_err();
    let absent = load()
        .await
        .change(&db, |t| [t.assignee.set(Id::new())])
        .await
        .unwrap_err();
    assert_eq!(format!("{hidden:?}"), format!("{absent:?}"));
    let set = Task::objects()
        .change_all(&db, |t| [t.assignee.set(site.ghost.id)])
        .await
        .unwrap_err();
    assert_eq!(set.status(), 403);
    let _attack = without(Control::Target);
    assert!(Task::create(task(Some(site.ghost.id))).save(&db).await.is_ok());
    assert!(
        load()
            .await
            .change(&db, |t| [t.assignee.set(site.ghost.id)])
            .await
            .is_ok()
    );
}

/// CWE-915: columns that carry privilege are written only where the model names them.
#[tokio::test]
async fn columns_with_privilege_are_not_written() {
    let site = Site::new().await;
    let unit = site.as_user(&site.carl);
    let db = unit.db();
    let me = async || {
        User::objects()
            .get_to_change(&db, |u| u.id.eq(site.carl.id))
            .await
            .unwrap()
    };
    let error = me()
        .await
        .change(&db, |u| [u.is_staff.set(true)])
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    let error = User::objects()
        .change_all(&db, |u| [u.is_staff.set(true)])
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    assert!(
        me().await
            .change(&db, |u| [u.email.set("c@example.com")])
            .await
            .is_ok()
    );
    {
        let _attack = without(Control::MaySet);
        assert!(me().await.change(&db, |u| [u.is_staff.set(true)]).await.is_ok());
    }
    unit.finish(false).await.unwrap();
    // The owner's column is fixed, even for who may change the row.
    let unit = site.as_user(&site.sue);
    let db = unit.db();
    let public = async || {
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.public.id))
            .await
            .unwrap()
    };
    assert_eq!(
        public()
            .await
            .change(&db, |a| [a.author.set(site.sue.id)])
            .await
            .unwrap_err()
            .status(),
        403
    );
    assert!(
        public()
            .await
            .change(&db, |a| [a.title.set("by staff")])
            .await
            .is_ok()
    );
    // A superuser is named for `is_staff`, and for nothing else.
    let facts = UserFacts {
        id: site.carl.id.uuid(),
        is_staff: false,
        is_superuser: true,
    };
    unit.finish(false).await.unwrap();
    let unit = site.database.bind(Actor::user(facts));
    let db = unit.db();
    let me = async || {
        User::objects()
            .get_to_change(&db, |u| u.id.eq(site.carl.id))
            .await
            .unwrap()
    };
    assert!(
        me().await
            .change(&db, |u| [u.is_staff.set(true)])
            .await
            .unwrap()
            .is_staff
    );
    assert!(me().await.change(&db, |u| [u.is_secret.set(true)]).await.is_err());
    assert!(
        !Task::objects().exists(&db).await.unwrap(),
        "no actor is above the rules"
    );
}

/// CWE-367: what was changed since the form was shown is a 409 and not overwritten.
#[tokio::test]
async fn changed_since_the_form_was_shown_is_a_conflict() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let load = async || {
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap()
    };
    let shown = load().await.version().to_string();
    let (first, second) = (load().await, load().await);
    first.change(&db, |a| [a.title.set("first")]).await.unwrap();
    let error = second.change(&db, |a| [a.title.set("second")]).await.unwrap_err();
    assert!(matches!(error, Error::Conflict) && error.status() == 409);
    assert!(matches!(
        load().await.unchanged_since(shown.parse().unwrap()),
        Err(Error::Conflict)
    ));
    let now = load().await;
    let version = now.version();
    assert!(now.unchanged_since(version).is_ok());
    // A counter is none of what people edit: whoever has the form open saves it as if nothing had happened.
    let counted = load().await;
    let count = async || {
        Article::objects()
            .change_all(&db, |a| [a.hits.increase_by(1)])
            .await
    };
    count().await.unwrap();
    counted.change(&db, |a| [a.title.set("third")]).await.unwrap();
    let stale = load().await;
    Article::objects()
        .change_all(&db, |a| [a.title.set("another"), a.hits.increase_by(1)])
        .await
        .unwrap();
    {
        let _attack = without(Control::Version);
        assert!(load().await.change(&db, |a| [a.title.set("x")]).await.is_ok());
        let error = stale.change(&db, |a| [a.title.set("lost update")]).await;
        assert!(
            error.is_ok(),
            "without the version the other's change is overwritten"
        );
    }
    assert_eq!(
        Article::objects()
            .get(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap()
            .hits,
        2
    );
}

/// In a set, rows that may not be changed are not matched.
#[tokio::test]
async fn sets_match_what_may_be_changed() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ben);
    let db = unit.db();
    assert_eq!(
        Task::objects()
            .change_all(&db, |t| [t.done.set(true)])
            .await
            .unwrap(),
        1,
        "he leads Beta only"
    );
    assert_eq!(
        Task::objects()
            .filter(|t| t.done.eq(true))
            .count(&db)
            .await
            .unwrap(),
        1
    );
    assert_eq!(Task::objects().delete_all(&db).await.unwrap(), 1);
    assert_eq!(Task::objects().count(&db).await.unwrap(), 1);
    let _attack = without(Control::ChangeBefore);
    let all = Task::objects().change_all(&db, |t| [t.done.set(true)]).await;
    // With the rule before gone the rule after still stands: the control is two-sided.
    assert_eq!(all.unwrap_err().status(), 403);
}

/// CWE-209: no expression of an update can raise an error that tells of a hidden value.
#[tokio::test]
async fn adding_does_not_overflow() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    for (by, expected) in [
        (i64::MAX, i64::MAX),
        (1, i64::MAX),
        (i64::MIN, -1),
        (i64::MIN, i64::MIN),
    ] {
        Article::objects()
            .change_all(&db, |a| [a.hits.increase_by(by)])
            .await
            .unwrap();
        let hits = Article::objects().first(&db).await.unwrap().unwrap().hits;
        assert_eq!(hits, expected, "by {by}");
    }
}

/// CWE-20: values are validated whatever their way, with the field's name.
#[tokio::test]
async fn values_are_validated_whatever_their_way() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let long = "x".repeat(21);
    let service = db.acting::<Fixtures>();
    let new = || NewArticle {
        title: long.clone(),
        ..article(&site, &site.ann, "long")
    };
    for error in [
        Article::create(new()).save(&db).await.unwrap_err(),
        Article::create(new()).save(&service).await.unwrap_err(),
        Article::objects()
            .change_all(&db, |a| [a.title.set(long.clone())])
            .await
            .unwrap_err(),
        Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.draft.id))
            .await
            .unwrap()
            .change(&db, |a| [a.title.set("a\0")])
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.status(), error.problems()[0].field),
            (422, "title"),
            "{error}"
        );
    }
    let error = Article::create(article(&site, &site.ann, "public"))
        .save(&db)
        .await
        .unwrap_err();
    assert_eq!((error.status(), error.problems()[0].field), (409, "slug"));
    // The add rule goes first: who may not add learns nothing of what is taken.
    let carl = site.as_user(&site.carl);
    unit.finish(false).await.unwrap();
    let error = Article::create(article(&site, &site.ann, "public"))
        .save(&carl.db())
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403, "CWE-203");
    let _attack = without(Control::Validation);
    assert!(
        Article::create(NewArticle {
            title: long,
            ..article(&site, &site.carl, "long")
        })
        .save(&carl.db())
        .await
        .is_ok()
    );
}

/// Deleting: restricted, cascaded with rights, emptied with rights.
#[tokio::test]
async fn a_cascade_does_not_do_what_its_actor_may_not() {
    let site = Site::new().await;
    // Articles refer to Ann: the database itself restricts.
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let alpha = async || {
        Organisation::objects()
            .get_to_delete(&db, |o| o.id.eq(site.alpha.id))
            .await
            .unwrap()
    };
    // Ann leads Alpha: its memberships and tasks go with it.
    alpha().await.delete(&db).await.unwrap();
    assert_eq!(Organisation::objects().count(&db).await.unwrap(), 0);
    let service = db.acting::<Fixtures>();
    assert_eq!(Membership::objects().count(&service).await.unwrap(), 1);
    assert_eq!(Task::objects().count(&service).await.unwrap(), 1);
    unit.finish(false).await.unwrap();

    // Without the right to delete the organisation: 404 and 403.
    let ben = site.as_user(&site.ben);
    let db = ben.db();
    let error = Organisation::objects()
        .get_to_delete(&db, |o| o.id.eq(site.alpha.id))
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    let _attack = without(Control::Delete);
    assert!(
        Organisation::objects()
            .get_to_delete(&db, |o| o.id.eq(site.alpha.id))
            .await
            .is_ok()
    );
}

/// CWE-440: a set is written whole, so a limit on it is refused and not forgotten.
#[tokio::test]
async fn a_limited_set_is_not_written_whole() {
    let site = Site::new().await;
    let unit = site.as_user(&site.ann);
    let db = unit.db();
    let first = || Article::objects().order_by(|a| a.created.asc()).limit(1);
    let before = Article::objects().count(&db).await.unwrap();
    assert_eq!(first().delete_all(&db).await.unwrap_err().status(), 500);
    let changed = first().change_all(&db, |a| [a.title.set("all of them")]).await;
    assert_eq!(changed.unwrap_err().status(), 500);
    assert_eq!(Article::objects().count(&db).await.unwrap(), before);
    let touched = Article::objects().filter(|a| a.title.eq("all of them"));
    assert!(!touched.exists(&db).await.unwrap());
}

/// CWE-863: what somebody changes they go on seeing; a row is not handed over into the dark, one by one or as a set.
#[tokio::test]
async fn nobody_changes_a_row_out_of_their_own_sight() {
    let site = Site::new().await;
    // Sue is staff: she may change every article, and sees the published ones.
    let unit = site.as_user(&site.sue);
    let db = unit.db();
    let public = async || {
        let rows = Article::objects()
            .get_to_change(&db, |a| a.id.eq(site.public.id))
            .await;
        rows.unwrap()
    };
    let attack = async || public().await.change(&db, |a| [a.published.set(false)]).await;
    let as_a_set = async || {
        let all = Article::objects().filter(|a| a.id.eq(site.public.id));
        all.change_all(&db, |a| [a.published.set(false)]).await
    };
    assert_eq!(attack().await.unwrap_err().status(), 403);
    assert_eq!(as_a_set().await.unwrap_err().status(), 403);
    assert!(
        public()
            .await
            .change(&db, |a| [a.title.set("seen")])
            .await
            .is_ok()
    );
    let _attack = without(Control::ViewAfter);
    assert!(attack().await.is_ok());
}
