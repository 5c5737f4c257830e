//! CWE-639: an argument of another type makes another page's URL.

mod views {
    use vauban::{Path, Public, Result, Slug, Text, view};

    #[view(get, "/articles/{slug}/")]
    async fn show(_: Public, slug: Path<Slug>) -> Result<Text> {
        Ok(Text::new(slug.to_string()))
    }
}

mod urls {
    vauban::routes! { article => super::views::show }
}

fn main() {
    let slug = vauban::Slug::parse("a").unwrap();
    let _ = urls::article(&slug);
}
