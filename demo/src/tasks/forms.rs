//! What people may send about tasks.

use vauban::prelude::*;

use super::Task;
use crate::organisations::Organisation;

/// A new task. One chooses among the organisations that one may see; whether one may add to it, the policy of tasks
/// decides.
#[derive(Form)]
#[form(creates = Task, given(done: bool))]
pub struct NewTaskForm {
    #[field(
        choices = Organisation::objects().order_by(|o| o.name.asc()),
        help = "One that you belong to. If there is none to choose, found one first."
    )]
    pub organisation: Id<Organisation>,
    #[field(max_length = 200)]
    pub title: String,
    #[field(max_length = 5_000, widget = textarea, required = false)]
    pub notes: String,
}

/// Editing a task. It stays in its organisation: the form has no field to move it.
#[derive(Form)]
#[form(edits = Task)]
pub struct TaskForm {
    #[field(max_length = 200)]
    pub title: String,
    #[field(max_length = 5_000, widget = textarea, required = false)]
    pub notes: String,
    pub done: bool,
}
