//! The parts of modules on their way: what each is made from, and where it is kept.

use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

use vauban_orm::PermissionMeta;

use crate::commands::Failure;
use crate::settings::Settings;
use crate::signing::{ModuleKeys, Signer};
use crate::site::{IdentityBackend, Package, Parts, Units};
use crate::tasks::TaskQueue;

/// What a module's parts are made from.
#[derive(Debug)]
pub struct Wiring<'a> {
    /// The settings in force.
    pub settings: &'a Settings,
    /// The package that is served.
    pub package: &'a Package,
    /// The parts that were made before.
    pub parts: &'a Parts,
    /// Every permission that a module lists, by name.
    pub permissions: &'a [PermissionMeta],
    units: &'a Units,
    keys: &'a ModuleKeys,
}

impl Wiring<'_> {
    /// The way of the module's services to their rows.
    pub fn units(&self) -> Units {
        self.units.clone()
    }

    /// The module's keys. Their purposes are the module's own: no other module, and not the framework, signs with
    /// them.
    pub fn keys(&self) -> ModuleKeys {
        self.keys.clone()
    }

    /// Whether this is a test of the program: what is slow on purpose may be quick.
    pub fn is_test(&self) -> bool {
        #[cfg(any(test, feature = "testing"))]
        return self.settings.is_test();
        #[cfg(not(any(test, feature = "testing")))]
        false
    }
}

/// Parts on their way, in the order of the modules.
pub(super) struct Making<'a> {
    pub(super) settings: &'a Settings,
    pub(super) package: &'a Package,
    pub(super) module: &'static str,
    pub(super) units: &'a Units,
    pub(super) keys: ModuleKeys,
    pub(super) permissions: Vec<PermissionMeta>,
    pub(super) parts: Parts,
    pub(super) identity: Option<Arc<dyn IdentityBackend>>,
    pub(super) task_queue: Option<Arc<dyn TaskQueue>>,
}

impl Making<'_> {
    pub(super) fn wiring(&self) -> Wiring<'_> {
        Wiring {
            settings: self.settings,
            package: self.package,
            parts: &self.parts,
            permissions: &self.permissions,
            units: self.units,
            keys: &self.keys,
        }
    }

    pub(super) fn keep<T: Any + Send + Sync>(&mut self, part: T) -> Result<(), Failure> {
        // CWE-345, CWE-668: a part is fetched by its type, and every module can name these.
        let everybodys = [
            TypeId::of::<ModuleKeys>(),
            TypeId::of::<Signer>(),
            TypeId::of::<Units>(),
            TypeId::of::<Arc<ModuleKeys>>(),
            TypeId::of::<Arc<Signer>>(),
            TypeId::of::<Arc<Units>>(),
        ];
        if everybodys.contains(&TypeId::of::<T>()) {
            return Err(Failure::new(format_args!(
                "The module `{}` brings a bare {} as a part: every other module could fetch it. Put it into a type of the \
                 module's own: `struct Own({1})`, with a private field.",
                self.module,
                type_name::<T>().rsplit("::").next().unwrap_or_default()
            )));
        }
        if self.parts.insert(part) {
            return Ok(());
        }
        Err(Failure::new(format_args!(
            "The module `{}` brings a part that another has brought already: {}. Add one of them.",
            self.module,
            type_name::<T>()
        )))
    }
}
