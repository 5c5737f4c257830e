// CWE-598: what a form asks for would stand in an address without anybody having said so.
use vauban::prelude::*;

#[derive(Form)]
struct SearchForm {
    #[field(max_length = 100)]
    q: String,
}

#[view(get, "/search/")]
async fn search(_: Public, db: Db, form: Form<SearchForm>) -> Result<Text> {
    let found = form.clean(&db).await?;
    Ok(Text::new(found.into_result().map(|search| search.into_data().q).unwrap_or_default()))
}

fn main() {}
