use vauban_macros::Template;

struct Article {
    title: String,
}

impl Article {
    fn heading(&self) -> &str {
        &self.title
    }
}

#[derive(Template)]
#[template(source = r##"<p>{{ article.heading }}</p>"##, crate = vauban_template)]
struct Page {
    article: Article,
}

fn main() {}
