//! Tasks: an organisation's members see them, its editors and admins change them.

pub mod forms;
pub mod notices;
pub mod views;

use vauban::mail::BulkKind;
use vauban::prelude::*;

use crate::organisations::{Organisation, Role};
use crate::times::Times;

/// Something to do. Lists have open ones first, then the newest.
#[derive(Model)]
#[model(index(organisation, done, times.created))]
pub struct Task {
    pub id: Id<Self>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: ForeignKey<Organisation>,
    #[field(max_length = 200)]
    pub title: String,
    #[field(max_length = 5_000)]
    pub notes: String,
    pub done: bool,
    #[field(group)]
    pub times: Times,
}

impl Policy for Task {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        let editor = who.has_role(&t.organisation, Role::Editor);
        Rules {
            view: who.is_member(&t.organisation),
            add: editor.clone(),
            change: editor.clone(),
            delete: editor,
            ..Rules::none()
        }
    }
}

/// The model; its addresses stand in `urls.rs`.
pub fn module() -> Module {
    let about_new = BulkKind::of::<notices::NewTask>("When there is something new to do");
    Module::new("tasks").model::<Task>().contribute(about_new)
}
