//! Views that forget every check: what their authors left out, the policies still hold (CWE-862, CWE-639, CWE-269).

use demo::articles::{Article, NewArticle};
use demo::organisations::{Membership, NewMembership, Organisation, Role};
use demo::tasks::{NewTask, Task};
use demo::users::User;
use vauban::prelude::*;

use crate::world::World;

/// Anybody joins any organisation, as admin.
#[view(post, "/careless/join/{id}/")]
async fn join(
    _: SignedIn,
    user: CurrentUser<User>,
    db: Db<Write>,
    id: Path<Id<Organisation>>,
) -> Result<Text> {
    let me = NewMembership {
        organisation: *id,
        user: user.id,
        role: Role::Admin,
    };
    Membership::create(me).save(&db).await?;
    Ok(Text::new("joined"))
}

/// Anybody adds tasks anywhere.
#[view(post, "/careless/add/{id}/")]
async fn add(_: SignedIn, db: Db<Write>, id: Path<Id<Organisation>>) -> Result<Text> {
    let new = NewTask {
        organisation: *id,
        title: "Smuggled".into(),
        notes: String::new(),
        done: false,
    };
    Task::create(new).save(&db).await?;
    Ok(Text::new("added"))
}

/// Moves a task to another organisation.
#[view(post, "/careless/move/{task}/{id}/")]
async fn move_to(
    _: SignedIn,
    db: Db<Write>,
    task: Path<Id<Task>>,
    id: Path<Id<Organisation>>,
) -> Result<Text> {
    let task = Task::objects().get_to_change(&db, |t| t.id.eq(*task)).await?;
    task.change(&db, |t| [t.organisation.set(*id)]).await?;
    Ok(Text::new("moved"))
}

/// Writes in somebody else's name.
#[view(post, "/careless/forge/{author}/")]
async fn forge(_: SignedIn, db: Db<Write>, author: Path<Id<User>>) -> Result<Text> {
    let new = NewArticle {
        title: "Forged".into(),
        slug: Slug::parse("forged")?,
        body: "I never said that.".into(),
        byline: "Ann".into(),
        author: *author,
        published: true,
    };
    Article::create(new).save(&db).await?;
    Ok(Text::new("forged"))
}

/// Makes oneself staff.
#[view(post, "/careless/promote/")]
async fn promote(_: SignedIn, user: CurrentUser<User>, db: Db<Write>) -> Result<Text> {
    let me = User::objects().get_to_change(&db, |u| u.id.eq(user.id)).await?;
    me.change(&db, |u| [u.is_staff.set(true), u.is_superuser.set(true)])
        .await?;
    Ok(Text::new("promoted"))
}

/// Deletes and finishes whatever matches.
#[view(post, "/careless/sweep/")]
async fn sweep(_: SignedIn, db: Db<Write>) -> Result<Text> {
    let finished = Task::objects()
        .filter(|t| t.done.eq(false))
        .change_all(&db, |t| [t.done.set(true)])
        .await?;
    let deleted = Task::objects()
        .filter(|t| t.done.eq(true))
        .delete_all(&db)
        .await?;
    Ok(Text::new(format!("{finished} {deleted}")))
}

/// Asks about rows that one may not see, through what one may filter by.
#[view(get, "/careless/oracle/")]
async fn oracle(_: SignedIn, db: Db) -> Result<Text> {
    let by_task = Task::objects()
        .filter(|t| t.title.starts_with("Polish"))
        .count(&db)
        .await?;
    let by_organisation = Organisation::objects()
        .filter(|o| o.name.contains("Light"))
        .exists(&db)
        .await?;
    let by_relation = Task::objects()
        .filter(|t| t.organisation.name.contains("Light"))
        .exists(&db)
        .await?;
    // Ann's article is for everybody, the row of her account is not.
    let by_author = Article::objects()
        .filter(|a| a.author.name.starts_with("Ann"))
        .exists(&db)
        .await?;
    let by_absence = Article::objects()
        .filter(|a| !a.author.name.starts_with("Ann"))
        .count(&db)
        .await?;
    Ok(Text::new(format!(
        "{by_task} {by_organisation} {by_relation} {by_author} {by_absence}"
    )))
}

mod urls {
    vauban::routes! {
        join => super::join,
        add => super::add,
        move_to => super::move_to,
        forge => super::forge,
        promote => super::promote,
        sweep => super::sweep,
        oracle => super::oracle,
    }
}

fn app() -> App {
    demo::app().module(Module::new("careless").routes(urls::routes()))
}

#[tokio::test]
async fn nobody_makes_themselves_a_member() {
    // The row would justify itself if rules looked at how things stand after the statement.
    let w = World::on(app).await;
    let mut ben = w.as_(&w.ben).await;
    ben.post_fields(urls::join(&w.lighthouse.id), &[])
        .await
        .assert_status(422);
    ben.get(demo::urls::organisation(&w.lighthouse.id))
        .await
        .assert_status(404);
    // Dan belongs there, and gets no second and better place.
    let mut dan = w.as_(&w.dan).await;
    assert_ne!(
        dan.post_fields(urls::join(&w.lighthouse.id), &[]).await.status(),
        200
    );
    dan.get(demo::urls::task_edit(&w.task.id))
        .await
        .assert_status(403);
}

#[tokio::test]
async fn no_row_points_to_a_foreign_row() {
    let w = World::on(app).await;
    let mut ben = w.as_(&w.ben).await;
    let real = ben.post_fields(urls::add(&w.lighthouse.id), &[]).await;
    let never = ben.post_fields(urls::add(&Id::new()), &[]).await;
    real.assert_status(422);
    assert_eq!(
        real.text(),
        never.text(),
        "CWE-203: absent and invisible get one answer"
    );
    ben.post_fields(urls::add(&w.bridge.id), &[])
        .await
        .assert_status(200);
    assert_ne!(ben.post_fields(urls::forge(&w.ann.id), &[]).await.status(), 200);
    ben.post_fields(urls::forge(&w.ben.id), &[])
        .await
        .assert_status(200);
    w.as_(&w.ann)
        .await
        .get(demo::urls::tasks())
        .await
        .assert_lacks("Smuggled");
}

#[tokio::test]
async fn no_row_moves_to_another_tenant() {
    let w = World::on(app).await;
    let mut ben = w.as_(&w.ben).await;
    // Out of one's own organisation into another's, and the other way round.
    assert_ne!(
        ben.post_fields(urls::move_to(&w.foreign_task.id, &w.lighthouse.id), &[])
            .await
            .status(),
        200
    );
    ben.post_fields(urls::move_to(&w.task.id, &w.bridge.id), &[])
        .await
        .assert_status(404);
    // Not even between two organisations of one's own: a tenant's column is given once.
    let second = w.organisation("The Ferry", &[(&w.ben, Role::Admin)]).await;
    ben.post_fields(urls::move_to(&w.foreign_task.id, &second.id), &[])
        .await
        .assert_status(403);
    ben.get(demo::urls::organisation(&w.bridge.id))
        .await
        .assert_contains("Grease the bearings");
}

#[tokio::test]
async fn nobody_promotes_themselves() {
    let w = World::on(app).await;
    w.as_(&w.ben)
        .await
        .post_fields(urls::promote(), &[])
        .await
        .assert_status(403);
    w.as_(&w.ben)
        .await
        .get(demo::urls::article(&w.draft.slug))
        .await
        .assert_status(404);
}

#[tokio::test]
async fn a_change_of_many_rows_reaches_ones_own_only() {
    let w = World::on(app).await;
    let mut ben = w.as_(&w.ben).await;
    assert_eq!(ben.post_fields(urls::sweep(), &[]).await.text(), "1 1");
    let mut ann = w.as_(&w.ann).await;
    ann.get(demo::urls::task(&w.task.id))
        .await
        .assert_status(200)
        .assert_contains("Mark as done");
    // Dan may see the task, and neither finish nor delete it.
    assert_eq!(
        w.as_(&w.dan).await.post_fields(urls::sweep(), &[]).await.text(),
        "0 0"
    );
}

#[tokio::test]
async fn a_filter_is_no_oracle() {
    // CWE-203: what may not be seen is absent in every filter, also behind a foreign key and behind a `not`.
    let w = World::on(app).await;
    let ben = w.as_(&w.ben).await.get(urls::oracle()).await.text();
    assert_eq!(ben, "0 false false false 1");
    let ann = w.as_(&w.ann).await.get(urls::oracle()).await.text();
    assert_eq!(ann, "1 true true true 0");
}
