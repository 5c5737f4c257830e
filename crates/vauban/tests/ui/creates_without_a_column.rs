// A new row has all that it needs, or there is no way to add it.
use vauban::prelude::*;

#[derive(Model)]
#[model(user)]
struct Person {
    id: Id<Self>,
    #[field(max_length = 50)]
    name: String,
}

impl Policy for Person {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Model)]
struct Book {
    id: Id<Self>,
    #[field(max_length = 200)]
    title: String,
    pages: i64,
    owner: ForeignKey<Person>,
}

impl Policy for Book {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Form)]
#[form(creates = Book)]
struct BookForm {
    #[field(max_length = 200)]
    title: String,
    pages: i64,
}

fn main() {}
