use vauban::prelude::*;

#[derive(Model)]
pub struct Article {
    pub id: Id<Self>,
    #[field(max_length = 200)]
    pub title: String,
}

impl Policy for Article {
    fn rules(_: Who, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

fn main() {}
