//! A site made of its modules and settings.

use std::sync::Arc;

use vauban_orm::engine::Database;

use super::addresses::Addresses;
use super::module::Modules;
use super::module::wiring::{Wired, wire};
use super::{Package, Site, Units};
use crate::commands::Failure;
use crate::messages;
use crate::pipeline::budget::Budget;
use crate::pipeline::{Headers, csrf};
use crate::routing::{Conflict, router};
use crate::settings::Settings;
use crate::signing::Keys;
use crate::staticfiles::StaticFile;
use crate::tasks::Outbox;

/// The scripts that every site serves: for partial updates, and for what was typed.
const SCRIPTS: &[StaticFile] = &[
    StaticFile {
        path: vauban_template::FRAGMENTS_PATH,
        bytes: vauban_template::FRAGMENTS_JS.as_bytes(),
    },
    StaticFile {
        path: vauban_template::TYPED_PATH,
        bytes: vauban_template::TYPED_JS.as_bytes(),
    },
];

impl Site {
    /// Makes it ready: wires the modules' parts, the site's own first.
    ///
    /// # Errors
    /// Routes that answer the same requests; two identities; what a module's part fails with.
    #[doc(hidden)]
    #[deprecated(note = "only the framework makes a site, of an `App` (CWE-1188): write `vauban::main(app)`")]
    pub fn __assemble(
        package: Package,
        modules: &Modules,
        settings: Settings,
        database: Database,
    ) -> Result<Self, Failure> {
        let keys = site_keys(&settings);
        database.set_cipher(Arc::new(keys.clone()));
        let units = Units::new(database.clone());
        let mut wired = wire(modules, &package, &settings, &units, &keys)?;
        database.set_change_hooks(std::mem::take(&mut wired.change_hooks));
        database.carry(std::mem::take(&mut wired.hooks));
        if let Some(queue) = wired.task_queue.take() {
            database.carry(Outbox(queue));
        }
        let site = Self::of(package, wired, settings, keys, Some(database.clone()));
        let site = site.map_err(|conflicts| {
            let told: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
            Failure::new(told.join("\n"))
        })?;
        database.carry(Addresses::of(&site.settings, &site.router));
        Ok(site)
    }

    /// Gives a database that is opened what seals and opens its encrypted fields, and lets nobody else have it.
    #[doc(hidden)]
    #[deprecated(note = "only the framework opens a database (CWE-321): `vauban::main(app)` does")]
    pub fn __give_keys(settings: &Settings, database: &Database) {
        database.set_cipher(Arc::new(site_keys(settings)));
    }

    pub(crate) fn of(
        package: Package,
        wired: Wired,
        settings: Settings,
        keys: Keys,
        database: Option<Database>,
    ) -> Result<Self, Vec<Conflict>> {
        let mut static_files = wired.static_files;
        static_files.add(SCRIPTS);
        // The largest body that one request may have finds room when it is alone.
        let of_views = wired.routes.iter().filter_map(|route| route.meta.body_limit);
        let largest = of_views.fold(settings.limits.body, usize::max);
        let widened = wired.routes.iter();
        let widened = widened.map(|route| (route.meta.view_type, [&route.csp, &route.meta.csp]));
        let headers = Headers::new(&settings, &wired.csp, widened);
        Ok(Self {
            router: Arc::new(router(&wired.routes)?),
            headers,
            bodies: Budget::new(settings.limits.bodies, largest),
            csrf: keys.signer(csrf::PURPOSE),
            csrf_owner: keys.signer(csrf::OWNER),
            messages: keys.signer(messages::PURPOSE),
            keys,
            https: !settings.mode.is_development(),
            package,
            settings,
            routes: wired.routes,
            database,
            identity: wired.identity,
            parts: wired.parts,
            static_files,
            error_pages: wired.error_pages,
            pages: wired.pages,
            before: wired.before,
            around: wired.around,
            #[cfg(any(test, feature = "__test_switches"))]
            without: crate::pipeline::without::Without::default(),
        })
    }
}

/// The keys that the settings name: the current one signs, the fallbacks only check.
pub(crate) fn site_keys(settings: &Settings) -> Keys {
    let fallbacks: Vec<&[u8]> = settings
        .secret_key_fallbacks
        .iter()
        .map(|key| key.text().as_bytes())
        .collect();
    Keys::new(settings.secret_key.text().as_bytes(), &fallbacks)
}
