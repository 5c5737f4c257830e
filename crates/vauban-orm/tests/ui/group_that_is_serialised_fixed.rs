use vauban_macros::{FieldGroup, Model};
use vauban_orm::{Columns, DateTime, Id, Policy, Rules, Who};

#[derive(FieldGroup)]
#[group(crate = vauban_orm)]
pub struct Times {
    #[field(auto_now_add)]
    pub created: DateTime,
}

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Note {
    pub id: Id<Note>,
    #[field(group)]
    pub times: Times,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

fn main() {}
