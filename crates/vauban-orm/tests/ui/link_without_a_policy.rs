mod site;
use site::*;
use vauban_macros::Model;
use vauban_orm::{Columns, Id, Policy, Rules, Who};

#[derive(Model)]
#[model(crate = vauban_orm, many(readers: User through new Reading(book, reader)))]
pub struct Book {
    pub id: Id<Book>,
}
impl Policy for Book {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::public() }
}

fn main() {}
