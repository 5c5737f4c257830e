// CWE-598: a form that is sent in an address says so.
use vauban::prelude::*;

#[derive(Form)]
#[form(get)]
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
