//! Tasks. No view asks who belongs where: what one may not see is not there, what one may not change is 403.

use vauban::orm::case;
use vauban::prelude::*;

use super::Task;
use super::forms::{NewTaskForm, NewTaskFormGiven, TaskForm};
use super::notices;
use crate::paging::Paging;
use crate::urls;

#[derive(Template)]
#[template("tasks/list.html")]
pub struct ListPage {
    tasks: Page<Task>,
}

#[derive(Template)]
#[template("tasks/show.html")]
pub struct ShowPage {
    task: Permitted<Task>,
}

#[derive(Template)]
#[template("tasks/new.html")]
pub struct NewPage {
    form: Form<NewTaskForm>,
}

#[derive(Template)]
#[template("tasks/edit.html")]
pub struct EditPage {
    form: Form<TaskForm>,
}

#[derive(Template)]
#[template("tasks/delete.html")]
pub struct DeletePage {
    task: Deletable<Task>,
}

/// The tasks of all organisations that one belongs to, open ones first.
#[view(get, "/tasks/")]
pub async fn list(_: SignedIn, db: Db, page: Query<Paging>) -> Result<ListPage> {
    let tasks = Task::objects()
        .order_by(|t| [t.done.asc(), t.times.created.desc()])
        .per_page(20)
        .page(&db, page.number())
        .await?;
    Ok(ListPage { tasks })
}

/// A task.
#[view(get, "/tasks/{id}/")]
pub async fn show(_: SignedIn, db: Db, id: Path<Id<Task>>) -> Result<ShowPage> {
    let task = Task::objects()
        .related(|t| &t.organisation)
        .with_may()
        .get(&db, |t| t.id.eq(*id))
        .await?;
    Ok(ShowPage { task })
}

/// The empty form, with the organisations to choose from.
#[view(get, "/tasks/new/")]
pub async fn new(_: SignedIn, db: Db) -> Result<NewPage> {
    Ok(NewPage {
        form: Form::empty_with(&db).await?,
    })
}

/// Adds a task.
#[view(post, "/tasks/new/")]
pub async fn create(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    form: Form<NewTaskForm>,
) -> Result<Redirect> {
    let page = |form| NewPage { form };
    let clean = form.clean(&db).await?.or_show(page)?;
    let task = clean.create(&db, NewTaskFormGiven { done: false }, page).await?;
    notices::of_new(&db, &task).await?;
    messages.success("The task is added.");
    Ok(Redirect::to(urls::task(&task.id)))
}

/// The form, filled.
#[view(get, "/tasks/{id}/edit/")]
pub async fn edit(_: SignedIn, db: Db, id: Path<Id<Task>>) -> Result<EditPage> {
    let task = Task::objects().get_to_change(&db, |t| t.id.eq(*id)).await?;
    Ok(EditPage {
        form: Form::edit(&db, &task).await?,
    })
}

/// Keeps what was changed.
#[view(post, "/tasks/{id}/edit/")]
pub async fn save(
    _: SignedIn,
    db: Db<Write>,
    messages: Messages,
    id: Path<Id<Task>>,
    form: Form<TaskForm>,
) -> Result<Redirect> {
    let task = Task::objects().get_to_change(&db, |t| t.id.eq(*id)).await?;
    let page = |form| EditPage { form };
    let clean = form.clean(&db).await?.or_show(page)?;
    clean.save(&db, task, page).await?;
    messages.success("Your changes are kept.");
    Ok(Redirect::to(urls::task(&id)))
}

/// Marks a task as done, or as open again. Of two who do so at the same moment one waits for the other, and turns round what that
/// one has left: neither is told that the task was changed meanwhile.
#[view(post, "/tasks/{id}/done/")]
pub async fn toggle(_: SignedIn, db: Db<Write>, id: Path<Id<Task>>) -> Result<Redirect> {
    let locked = Task::objects().for_update();
    let task = locked.get(&db, |t| t.id.eq(*id)).await?;
    task.change(&db, |t| {
        [t.done.set_to(case(t.done.eq(true), false).otherwise(true))]
    })
    .await?;
    Ok(Redirect::to(urls::task(&id)))
}

/// Asks first: a link never deletes.
#[view(get, "/tasks/{id}/delete/")]
pub async fn confirm_delete(_: SignedIn, db: Db, id: Path<Id<Task>>) -> Result<DeletePage> {
    Ok(DeletePage {
        task: Task::objects().get_to_delete(&db, |t| t.id.eq(*id)).await?,
    })
}

/// Deletes a task.
#[view(post, "/tasks/{id}/delete/")]
pub async fn delete(_: SignedIn, db: Db<Write>, messages: Messages, id: Path<Id<Task>>) -> Result<Redirect> {
    Task::objects()
        .get_to_delete(&db, |t| t.id.eq(*id))
        .await?
        .delete(&db)
        .await?;
    messages.success("The task is deleted.");
    Ok(Redirect::to(urls::tasks()))
}
