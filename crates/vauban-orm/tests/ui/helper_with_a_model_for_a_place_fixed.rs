mod site;
use site::*;
use vauban_orm::{Columns, Filter};

fn is_news(a: &Columns<Article>) -> Filter<Article> { a.title.eq("News") }

fn main() {}
