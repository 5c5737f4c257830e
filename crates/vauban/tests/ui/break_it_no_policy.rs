use vauban::prelude::*;

#[derive(Model)]
pub struct Article {
    pub id: Id<Self>,
    #[field(max_length = 200)]
    pub title: String,
}

fn main() {}
