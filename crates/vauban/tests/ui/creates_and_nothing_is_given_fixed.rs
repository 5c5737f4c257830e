// What the form does not ask for is given by the view, or the row is not added.
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
#[form(creates = Book, given(owner: Id<Person>))]
struct BookForm {
    #[field(max_length = 200)]
    title: String,
    pages: i64,
}

async fn add(db: &Db<Write>, form: Form<BookForm>, owner: Id<Person>) -> Result<Id<Book>> {
    let page = |_| Text::new("again");
    let clean = form.clean(db).await?.or_show(page)?;
    Ok(clean.create(db, BookFormGiven { owner }, page).await?.id)
}

fn main() {}
