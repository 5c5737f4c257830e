mod site;
use site::*;
use vauban_orm::{Columns, Filter, Place};

fn is_news<R: Place>(a: &Columns<Article, R>) -> Filter<R::Scope> { a.title.eq("News") }

fn main() {}
