//! What belongs to no part of the site in particular: the home page, its health, its theme.

use std::sync::Arc;

use vauban::http::Cookie;
use vauban::prelude::*;
use vauban::{LocalUrl, Request};

use crate::articles::Article;
use crate::figures::{self, Figures};
use crate::urls;

#[derive(Template)]
#[template("home.html")]
pub struct HomePage {
    pub figures: Option<Figures>,
}

/// What the site is and how to try its walls.
#[view(get, "/")]
pub async fn home(_: Public, db: Db) -> Result<HomePage> {
    let figures = figures::last(&db).await?;
    Ok(HomePage { figures })
}

/// What the page of support needs beyond the other pages: a sound of this site, and a form that goes to who is paid.
const SUPPORT: Csp = Csp::strict().own_media().forms_to("https://payments.example");

#[derive(Template)]
#[template("support.html")]
pub struct SupportPage;

/// A page that is sent with a wider policy, for itself alone.
#[view(get, "/support/", csp = SUPPORT)]
pub async fn support(_: Public) -> SupportPage {
    SupportPage
}

/// For whoever watches the site: it answers, and so does its database.
#[view(get, "/healthz/")]
pub async fn healthz(_: Public, db: Db) -> Result<Text> {
    Article::objects().exists(&db).await?;
    Ok(Text::new("ok\n"))
}

/// Which colours one wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Theme {
    /// As the system says.
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

#[derive(Form)]
pub struct ThemeForm {
    theme: Theme,
}

/// A year, in seconds.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// Keeps the theme in a cookie. A POST: it changes something, even if only a little.
#[view(post, "/theme/")]
pub async fn switch_theme(_: Public, cx: Arc<Request>, db: Db, form: Form<ThemeForm>) -> Result<Redirect> {
    let clean = form.clean(&db).await?.or_show(|_| HomePage { figures: None })?;
    cx.set_cookie(Cookie::new("theme", clean.theme.as_str()).max_age(YEAR));
    // Back to where the switch was, if that is a page of this site.
    let back = cx.headers().get("referer").and_then(|text| text.to_str().ok());
    Ok(match back.and_then(|text| LocalUrl::parse(text, &cx)) {
        Some(page) => Redirect::local(&page),
        None => Redirect::to(urls::home()),
    })
}

/// These views; their addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("site").routes(urls::all())
}
