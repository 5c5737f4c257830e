//! What belongs to no part of the site in particular: the home page, its health.

use vauban::prelude::*;

use crate::people::User;
use crate::urls;

#[derive(Template)]
#[template("home.html")]
pub struct HomePage;

/// The home page. The first parameter of a view says who may call it: everybody.
#[view(get, "/")]
pub async fn home(_: Public) -> HomePage {
    HomePage
}

/// For whoever watches the site: it answers, and so does its database.
#[view(get, "/healthz/")]
pub async fn healthz(_: Public, db: Db) -> Result<Text> {
    User::objects().exists(&db).await?;
    Ok(Text::new("ok\n"))
}

/// These views; their addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("pages").routes(urls::routes())
}
