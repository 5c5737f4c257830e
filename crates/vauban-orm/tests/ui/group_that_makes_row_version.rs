use vauban_macros::{FieldGroup, Model};
use vauban_orm::{Columns, Id, Policy, Rules, Who};

#[derive(FieldGroup)]
#[group(crate = vauban_orm)]
pub struct Times {
    #[field(default = 1)]
    pub version: i64,
}

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Note {
    pub id: Id<Note>,
    #[field(group, prefix = "row_")]
    pub times: Times,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

fn main() {}
