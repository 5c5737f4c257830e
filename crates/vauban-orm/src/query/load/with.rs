//! A row with what was loaded for it.

use std::ops::{Deref, DerefMut};

/// A row with what was loaded for it. Dereferences to the row.
///
/// ```
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// # #[derive(Model)] #[model(crate = vauban_orm, user)]
/// # pub struct User { pub id: Id<User>, #[field(max_length = 100)] pub name: String }
/// # impl Policy for User {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
/// # }
/// # #[derive(Model)] #[model(crate = vauban_orm, related(comments: Comment.task))]
/// # pub struct Task { pub id: Id<Task>, #[field(max_length = 100)] pub title: String, pub owner: ForeignKey<User> }
/// # impl Policy for Task {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
/// # }
/// # #[derive(Model)] #[model(crate = vauban_orm)]
/// # pub struct Comment { pub id: Id<Comment>, pub task: ForeignKey<Task>, #[field(max_length = 100)] pub text: String }
/// # impl Policy for Comment {
/// #     fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
/// # }
/// async fn shown(db: &Db) -> Result<Vec<With<Task, (One<User>, Vec<Comment>)>>> {
///     Task::objects()
///         .with(|t| (t.owner.load(), t.comments.load().order_by(|c| c.id.desc()).limit(3)))
///         .all(db) // two statements, for two tasks and for two hundred
///         .await
/// }
///
/// fn line(task: &With<Task, (One<User>, Vec<Comment>)>) -> String {
///     let (owner, comments) = &task.loaded;
///     let name = owner.get().map_or("somebody", |owner| &owner.name);
///     format!("{} of {name}: {} comments", task.title, comments.len())
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct With<R, G> {
    /// The row itself, as its query without the loads gives it.
    pub row: R,
    /// What was loaded for it, as the query's `with` says.
    pub loaded: G,
}

impl<R, G> Deref for With<R, G> {
    type Target = R;
    fn deref(&self) -> &R {
        &self.row
    }
}

impl<R, G> DerefMut for With<R, G> {
    fn deref_mut(&mut self) -> &mut R {
        &mut self.row
    }
}
