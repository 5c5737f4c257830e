// A form says whose rows it edits.
use vauban::prelude::*;

#[derive(Model)]
struct Book {
    id: Id<Self>,
    #[field(max_length = 200)]
    title: String,
}

impl Policy for Book {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Form)]
struct BookForm {
    #[field(max_length = 200)]
    title: String,
}

async fn save(db: &Db<Write>, form: Form<BookForm>, id: Id<Book>) -> Result<()> {
    let page = |_| Text::new("again");
    let book = Book::objects().get_to_change(db, |b| b.id.eq(id)).await?;
    let clean = form.clean(db).await?.or_show(page)?;
    clean.save(db, book, page).await?;
    Ok(())
}

fn main() {}
