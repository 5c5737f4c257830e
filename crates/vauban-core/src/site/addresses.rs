//! Whole addresses of the site, for what leaves it: mails, feeds, what a command prints.

use std::fmt;
use std::sync::Arc;

use vauban_orm::Db;

use super::Site;
use crate::routing::{Router, Url};
use crate::settings::Settings;

/// A whole address of this site: its origin is the settings', never the request's `Host` (CWE-644: a link in a mail would
/// lead wherever a stranger says).
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
/// use vauban::{AbsoluteUrl, PathSecret};
///
/// #[view(get, "/invitations/{token}/")]
/// async fn invitation(_: Public, token: Path<PathSecret>) -> Result<Text> { Ok(Text::new("Welcome")) }
/// mod urls { vauban::routes! { invitation => super::invitation } }
///
/// fn link(db: &Db, token: &PathSecret) -> Result<AbsoluteUrl> {
///     Ok(urls::invitation(token).absolute(db)?)
/// }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsoluteUrl(String);

impl AbsoluteUrl {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AbsoluteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What it takes to write them.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    origin: Option<String>,
    router: Arc<Router>,
}

impl Addresses {
    /// Those of a site: its origin is the first of the setting `origins`, or of `allowed_hosts`.
    pub(crate) fn of(settings: &Settings, router: &Arc<Router>) -> Self {
        let own = settings.own_origins(settings.addr.port()).into_iter().next();
        Self {
            origin: own.map(|origin| origin.to_string()),
            router: Arc::clone(router),
        }
    }

    /// A typed URL with the origin before it.
    pub(crate) fn absolute(&self, url: &Url) -> Result<AbsoluteUrl, NoAddress> {
        if !self.router.has(url.view()) {
            return Err(NoAddress::Route(url.view()));
        }
        let mut out = self.origin.clone().ok_or(NoAddress::Origin)?;
        let mut path = String::new();
        url.push(self.router.mount(url.view()), &mut path);
        out.push_str(&path);
        Ok(AbsoluteUrl(out))
    }
}

/// Why there is no whole address: what is sent would lead nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAddress {
    /// The settings name no origin of the site's own.
    Origin,
    /// The view does not stand in the site's routes: a module's page that is the site's to place.
    Route(&'static str),
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin => f.write_str(
                "the site has no address to link to: set `origins` (`VAUBAN_ORIGINS=https://example.com`)",
            ),
            Self::Route(view) => write!(
                f,
                "`{view}` has no address, for it does not stand in the routes: include the routes that it belongs to \
                 (`include mail at \"/accounts/\" = vauban::mail::urls`)"
            ),
        }
    }
}

impl std::error::Error for NoAddress {}

impl Site {
    /// A typed URL with the site's origin before it, for what leaves the site: a mail, a feed, a command's output.
    ///
    /// The origin is the first of the setting `origins`, or of `allowed_hosts`; never the request's `Host` (CWE-644:
    /// links in a mail would lead wherever a stranger says).
    ///
    /// # Errors
    /// If the settings name no origin of the site's own: a release whose `allowed_hosts` are suffixes or `*`; or the view does not stand in
    /// the routes.
    pub fn absolute_url(&self, url: &Url) -> Result<String, NoAddress> {
        Ok(Addresses::of(&self.settings, &self.router)
            .absolute(url)?
            .to_string())
    }
}

impl Url {
    /// The whole address, for what leaves the site. In a view, a task and a command alike: the handle knows the site.
    ///
    /// # Errors
    /// [`NoAddress`] if the settings name no origin of the site's own: a release whose `allowed_hosts` are suffixes or `*`; or if the view does
    /// not stand in the routes.
    pub fn absolute(&self, db: &Db) -> Result<AbsoluteUrl, NoAddress> {
        #[allow(deprecated)]
        let addresses = db.__carried::<Addresses>();
        addresses.ok_or(NoAddress::Origin)?.absolute(self)
    }
}
