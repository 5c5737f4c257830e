//! What all modules of a program bring, asked together.

use std::sync::Arc;

use vauban_orm::engine::Database;
use vauban_orm::{ModelMeta, PermissionMeta, migrations};

use super::{
    Beside, Check, CheckingRows, ModelFn, Module, Modules, ReadyHooks, ServedIf, ServiceFacts, StartLink,
};
use crate::checks::Finding;
use crate::commands::{Command, Failure};
use crate::http::{Csp, Directive, SecurityEvent, Source, form_held_back};
use crate::routing::{Route, Routes};
use crate::settings::{Settings, SettingsSection};
use crate::site::{Site, Units};
use crate::tasks::{Scheduled, TaskMeta};

impl Modules {
    /// Those of a program: at first what belongs to the whole site, which is a module like the others.
    pub fn of_site(site: Module) -> Self {
        Self(vec![site.with_keys_of("")])
    }

    /// Changes what belongs to the whole site.
    pub fn change_site(&mut self, change: impl FnOnce(Module) -> Module) {
        if let Some(site) = self.0.first_mut() {
            *site = change(std::mem::replace(site, Module::new(""))).with_keys_of("");
        }
    }

    /// Adds a module. Where two speak of the same thing, such as an error's page, the earlier one wins.
    pub fn push(&mut self, module: Module) {
        let name = module.name;
        self.0.push(module.with_keys_of(name));
    }

    /// Every route of every module.
    pub fn routes(&self) -> Routes {
        self.0.iter().fold(Routes::new(), |all, module| {
            all.and(module.routes.clone().widened(&module.csp))
        })
    }

    /// What the policy of every page of the site lets in.
    pub(crate) fn site_csp(&self) -> Csp {
        self.0.first().map_or(Csp::strict(), |site| site.csp)
    }

    /// Views whose page has a form to another site that its policy does not send, as far as their types tell: what to write.
    pub fn unsent_forms(&self) -> Vec<String> {
        let site = self.site_csp();
        let mut unsent = Vec::new();
        for route in self.routes().iter() {
            let mut sources = [&site, &route.csp, &route.meta.csp].map(Csp::sources).concat();
            sources.retain(|source| source.directive == Directive::Forms);
            let forms_to = route.meta.forms_to.iter();
            let held_back = forms_to.filter(|origin| !sources.iter().any(|source| source.from == **origin));
            unsent.extend(held_back.map(|origin| {
                format!(
                    "The view `{}` ({}:{}) cannot be answered: {}.",
                    route.meta.id,
                    route.meta.file,
                    route.meta.line,
                    form_held_back(origin)
                )
            }));
        }
        unsent
    }

    /// What policies let in beyond the strict one, of whose pages: every page's, a module's, a view's (by its path).
    pub fn widened(&self) -> impl Iterator<Item = (String, Source)> + '_ {
        let of_modules = self.0.iter().enumerate().map(|(index, module)| {
            let whose = match index {
                0 => "every page".to_owned(),
                _ => format!("the module {}", module.name),
            };
            (whose, &module.csp)
        });
        let of_views = self.each_route().filter(|route| !route.is_development_only());
        let of_views = of_views.map(|route| (vauban_orm::checks::shown_path(route.meta.id), &route.meta.csp));
        let all = of_modules.chain(of_views);
        all.flat_map(|(whose, csp)| csp.sources().iter().map(move |source| (whose.clone(), *source)))
    }

    /// The routes that these settings have served.
    pub(crate) fn served(&self, settings: &Settings) -> Routes {
        let rules: Vec<ServedIf> = self.0.iter().flat_map(|module| module.served.clone()).collect();
        self.routes().without(|route| {
            let mut of_view = rules.iter().filter(|rule| rule.view == route.meta.view_type);
            of_view.any(|rule| !(rule.says)(settings))
        })
    }

    /// Every route, without copying the table.
    pub fn each_route(&self) -> impl Iterator<Item = &Route> {
        self.0.iter().flat_map(|module| module.routes.iter())
    }

    /// Every model, once.
    pub fn models(&self) -> Vec<&'static ModelMeta> {
        let mut all: Vec<&'static ModelMeta> = Vec::new();
        for model in self.model_functions().map(|model| model()) {
            if !all.iter().any(|known| std::ptr::eq(*known, model)) {
                all.push(model);
            }
        }
        all
    }

    /// The functions that tell of the models.
    pub fn model_functions(&self) -> impl Iterator<Item = ModelFn> {
        self.0.iter().flat_map(|module| module.models.iter()).copied()
    }

    /// Every service.
    pub fn services(&self) -> impl Iterator<Item = &ServiceFacts> {
        self.0.iter().flat_map(|module| module.services.iter())
    }

    /// Every function that data migrations run.
    pub fn data_migrations(&self) -> Vec<migrations::DataMigrationMeta> {
        let all = self.0.iter().flat_map(|module| &module.data_migrations);
        all.copied().collect()
    }

    /// Every package's migrations, once: `site`'s last, for they may refer to the others'.
    pub fn migration_sets(&self, site: &str) -> Vec<migrations::Set> {
        let mut sets: Vec<migrations::Set> = Vec::new();
        for set in self.0.iter().flat_map(|module| module.migrations.iter()) {
            // Several modules of one package bring the same.
            if !sets.iter().any(|known| known.package == set.package) {
                sets.push(set.clone());
            }
        }
        sets.sort_by_key(|set| set.package == site);
        sets
    }

    /// What a package's migrations do that is not theirs to do, and two sets of one package; with files that cannot be
    /// read among it. Asked before the database is opened (CWE-668).
    pub fn refused_migrations(&self, site: &str) -> Vec<String> {
        let sets = self.0.iter().flat_map(|module| module.migrations.iter());
        let sets: Vec<migrations::Set> = sets.cloned().collect();
        migrations::foreign(&sets, site).unwrap_or_else(|error| vec![error.to_string()])
    }

    /// Whether what belongs to the whole site brings migrations; a site of a test may have none.
    pub fn site_has_migrations(&self) -> bool {
        self.0.first().is_some_and(|site| !site.migrations.is_empty())
    }

    /// Models of other packages than `site` whose module brings no migrations, so that nobody would make their tables:
    /// what to do about it.
    pub fn without_migrations(&self, site: &str) -> Option<String> {
        let without = self.0.iter().filter(|module| module.migrations.is_empty());
        let models = without
            .flat_map(|module| module.models.iter())
            .map(|model| model());
        let homeless: Vec<&str> = models
            .filter(|model| model.package != site)
            .map(|model| model.name)
            .collect();
        (!homeless.is_empty()).then(|| {
            format!(
                "No migrations make the tables of {}: the package that declares a model brings them, by \
                 `.migrations(vauban::migrations!(\"migrations\"))` on its `Module`, and \
                 `vauban::testing::migrations_are_complete` in its tests writes them.",
                homeless.join(", ")
            )
        })
    }

    /// Every section of settings.
    pub fn settings(&self) -> Vec<SettingsSection> {
        self.0
            .iter()
            .flat_map(|module| module.settings.iter())
            .cloned()
            .collect()
    }

    /// Every task that a module lists.
    pub fn tasks(&self) -> Vec<TaskMeta> {
        let all = self.0.iter().flat_map(|module| &module.tasks);
        all.copied().collect()
    }

    /// Every permission that a module lists, by name.
    pub fn permissions(&self) -> Vec<PermissionMeta> {
        let all = self.0.iter().flat_map(|module| &module.permissions);
        let mut all: Vec<PermissionMeta> = all.copied().collect();
        all.sort_by_key(|permission| permission.name);
        all
    }

    /// What comes by itself, in the order of the modules.
    pub fn schedules(&self) -> impl Iterator<Item = &Scheduled> {
        self.0.iter().flat_map(|module| &module.schedules)
    }

    /// The types of what keeps tasks; a site with more than one does not start.
    pub(crate) fn task_queues(&self) -> Vec<&'static str> {
        let all = self.0.iter().flat_map(|module| &module.task_queues);
        all.copied().collect()
    }

    /// Every check of a module.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.0.iter().flat_map(|module| module.checks.iter())
    }

    /// What the modules' checks find in a database's rows.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn check_rows(&self, database: &Database) -> vauban_orm::Result<Vec<Finding>> {
        let mut found = Vec::new();
        for check in self.0.iter().flat_map(|module| &module.row_checks) {
            let checking = CheckingRows {
                units: Units::new(database.clone()),
                permissions: self.permissions(),
            };
            found.extend(check(checking).await?);
        }
        Ok(found)
    }

    /// Every command of a module.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.0.iter().flat_map(|module| module.commands.iter())
    }

    /// Every security event, the framework's own first.
    pub fn security_events(&self) -> Vec<SecurityEvent> {
        let own = SecurityEvent::ALL.iter();
        let theirs = self
            .0
            .iter()
            .flat_map(|module| module.security_events.iter().copied().flatten());
        own.chain(theirs).copied().collect()
    }

    /// What stands beside the views of the modules, in their order.
    pub fn beside(&self) -> impl Iterator<Item = &Beside> {
        self.0.iter().flat_map(|module| &module.beside)
    }

    /// The types of the identities that the modules bring; a site with more than one does not start.
    pub fn identities(&self) -> Vec<&'static str> {
        self.0
            .iter()
            .flat_map(|module| &module.identities)
            .copied()
            .collect()
    }

    /// What a development server prints of the modules.
    ///
    /// # Errors
    /// What a module fails with.
    pub async fn start_links(site: &Arc<Site>) -> Result<Vec<StartLink>, Failure> {
        let mut links = Vec::new();
        for ready in site.part::<ReadyHooks>().map_or(&[][..], |hooks| &hooks.0) {
            links.extend(ready(Arc::clone(site)).await?);
        }
        Ok(links)
    }
}
