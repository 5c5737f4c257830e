use vauban_macros::Model;
use vauban_orm::{Columns, DateTime, Id, Policy, Rules, Who};

#[derive(Model)]
#[model(crate = vauban_orm, index(created))]
pub struct Note {
    pub id: Id<Note>,
    pub created: DateTime,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

fn main() {}
