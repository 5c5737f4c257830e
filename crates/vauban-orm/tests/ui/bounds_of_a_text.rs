use vauban_macros::Model;
use vauban_orm::*;

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Film {
    pub id: Id<Film>,
    #[field(max_length = 20, min = 1)]
    pub title: String,
}

impl Policy for Film {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn main() {}
