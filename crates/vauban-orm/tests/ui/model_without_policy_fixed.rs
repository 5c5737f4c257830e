use vauban_macros::Model;
use vauban_orm::{Columns, Id, Policy, Rules, Who};

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Note {
    pub id: Id<Note>,
    #[field(max_length = 200)]
    pub title: String,
}

impl Policy for Note {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

fn main() {
    let _unused: Option<(Who<Note>, Rules<Note>, &Columns<Note>)> = None;
    fn _is_a_model<M: Policy>() {}
}
