//! A program made ready to answer: what its modules list, and what follows from its settings.

use std::fmt;
use std::sync::Arc;

use crate::accounts::Accounts;
use vauban_orm::engine::Database;

use crate::app::Package;
use crate::http::PagesByType;
use crate::messages;
use crate::routing::{Conflict, Router, Routes, Url};
use crate::settings::Settings;
use crate::signing::{Keys, Signer};
use crate::staticfiles::StaticFiles;

use super::finish::Headers;
use super::{Around, Before, ErrorPages, SessionBackend, csrf};

/// What a site is made of. `App` fills it in.
pub struct SiteParts {
    /// The package that is served.
    pub package: Package,
    /// The settings in force.
    pub settings: Settings,
    /// All modules' tables of routes.
    pub routes: Routes,
    /// Where the rows are.
    pub database: Option<Database>,
    /// Where sessions are kept.
    pub sessions: Option<Arc<dyn SessionBackend>>,
    /// The accounts, for their own pages and commands; usually the sessions' backend as well.
    pub accounts: Option<Arc<Accounts>>,
    /// Where somebody is sent who has to sign in first.
    pub sign_in: Option<Url>,
    /// Files of the site's own.
    pub static_files: StaticFiles,
    /// The app's own error pages.
    pub error_pages: ErrorPages,
    /// The app's own pages in place of modules'.
    pub pages: PagesByType,
    /// The app's own layers before the session, in order.
    pub before: Vec<Arc<dyn Before>>,
    /// The app's own layers around the view, outermost first.
    pub around: Vec<Arc<dyn Around>>,
    /// Whether plain requests are sent to HTTPS: always in a release.
    pub https: bool,
    /// Controls taken out.
    #[cfg(any(test, feature = "__test_switches"))]
    pub switches: super::switches::Switches,
}

impl SiteParts {
    /// A site with routes and settings, and nothing else.
    pub fn new(package: Package, settings: Settings, routes: Routes) -> Self {
        Self {
            https: !settings.mode.is_development(),
            package,
            settings,
            routes,
            database: None,
            sessions: None,
            accounts: None,
            sign_in: None,
            static_files: StaticFiles::default(),
            error_pages: ErrorPages::default(),
            pages: PagesByType::default(),
            before: Vec::new(),
            around: Vec::new(),
            #[cfg(any(test, feature = "__test_switches"))]
            switches: super::switches::Switches::default(),
        }
    }
}

/// A program made ready to answer.
pub struct Site {
    pub(crate) package: Package,
    pub(crate) settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) router: Router,
    pub(crate) database: Option<Database>,
    pub(crate) sessions: Option<Arc<dyn SessionBackend>>,
    pub(crate) accounts: Option<Arc<Accounts>>,
    pub(crate) sign_in: Option<Url>,
    pub(crate) static_files: StaticFiles,
    pub(crate) error_pages: ErrorPages,
    pub(crate) pages: PagesByType,
    pub(crate) before: Vec<Arc<dyn Before>>,
    pub(crate) around: Vec<Arc<dyn Around>>,
    pub(crate) https: bool,
    pub(crate) keys: Keys,
    pub(crate) csrf: Signer,
    pub(crate) messages: Signer,
    pub(crate) headers: Headers,
    #[cfg(any(test, feature = "__test_switches"))]
    pub(crate) switches: super::switches::Switches,
}

impl Site {
    /// Makes it ready.
    ///
    /// # Errors
    /// Routes that answer the same requests.
    pub fn new(parts: SiteParts) -> Result<Arc<Self>, Vec<Conflict>> {
        let settings = parts.settings;
        let fallbacks: Vec<&[u8]> = settings
            .secret_key_fallbacks
            .iter()
            .map(|key| key.expose().as_bytes())
            .collect();
        let keys = Keys::new(settings.secret_key.expose().as_bytes(), &fallbacks);
        Ok(Arc::new(Self {
            router: Router::new(&parts.routes, crate::staticfiles::PREFIX)?,
            headers: Headers::new(&settings),
            csrf: keys.signer(csrf::PURPOSE),
            messages: keys.signer(messages::PURPOSE),
            keys,
            package: parts.package,
            settings,
            routes: parts.routes,
            database: parts.database,
            sessions: parts.sessions,
            accounts: parts.accounts,
            sign_in: parts.sign_in,
            static_files: parts.static_files,
            error_pages: parts.error_pages,
            pages: parts.pages,
            before: parts.before,
            around: parts.around,
            https: parts.https,
            #[cfg(any(test, feature = "__test_switches"))]
            switches: parts.switches,
        }))
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The package that is served.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Every route.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The accounts, where the app has users.
    pub fn accounts(&self) -> Option<&Arc<Accounts>> {
        self.accounts.as_ref()
    }

    /// Where the rows are. CWE-639: not for views, which get their rows through `Db` and as who asks; from here
    /// anybody's handle could be made, and one that writes in a GET.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// The site's keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("package", &self.package)
            .finish_non_exhaustive()
    }
}
