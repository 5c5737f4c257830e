use vauban_macros::Template;

struct Article {
    title: String,
}

#[derive(Template)]
#[template(source = r##"<p>{{ article.title }}</p>"##, crate = vauban_template)]
struct Page {
    article: Article,
}

fn main() {}
