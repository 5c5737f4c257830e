// A column that may not be empty is not emptied by a form.
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
#[form(edits = Book)]
struct BookForm {
    #[field(max_length = 200)]
    title: String,
    #[field(choices = Person::objects())]
    owner: Id<Person>,
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

fn main() {}
