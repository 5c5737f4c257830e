//! Beginners' mistakes in views.
#![allow(dead_code, unused_variables)]

mod site;
use site::*;
use vauban::prelude::*;

/// Whatever serde reads: a struct of one's own has `#[derive(serde::Deserialize)]`.
type Search = std::collections::BTreeMap<String, String>;

#[derive(Template)]
#[template(source = "<p>{{ title }}</p>")]
pub struct Home {
    title: String,
}

#[view(get, "/search/")]
async fn search(_: SignedIn, search: Query<Search>) -> Result<Text> {
    Ok(Text::new("a"))
}

#[view(post, "/body/")]
async fn body(_: SignedIn, ticket: Json<Search>) -> Result<Text> {
    Ok(Text::new("a"))
}

#[view(get, "/borrowed/")]
async fn borrowed(_: SignedIn, db: Db) -> Result<Text> {
    Ok(Text::new("a"))
}

#[view(get, "/when/{when}/")]
async fn when(_: Public, when: Path<Slug>) -> Result<Text> {
    Ok(Text::new("a"))
}

#[view(get, "/home/")]
async fn no_page(_: Public) -> Result<Home> {
    Ok(Home { title: String::new() })
}

#[view(get, "/me/")]
async fn no_rule(_: SignedIn, user: CurrentUser<User>, db: Db) -> Result<Text> {
    Ok(Text::new("a"))
}

#[view(post, "/redirect/{id}/")]
async fn redirect(_: SignedIn, id: Path<Id<Ticket>>) -> Redirect {
    Redirect::to(urls::ticket(&id))
}

fn main() {}
