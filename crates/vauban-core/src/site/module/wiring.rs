//! A site's modules at work: their parts made in order, and what they bring put together.

use std::sync::Arc;

use vauban_orm::PermissionMeta;
use vauban_orm::engine::ChangeHooks;
use vauban_orm::permission::MOST_PERMISSIONS;

use super::making::Making;
use super::{Modules, ReadyHooks};
use crate::commands::Failure;
use crate::hooks::Hooks;
use crate::http::{Csp, PagesByType};
use crate::pipeline::ErrorPages;
use crate::routing::Routes;
use crate::settings::Settings;
use crate::signing::Keys;
use crate::site::background::BesideServing;
use crate::site::{AnyGate, AnyMiddleware, IdentityBackend, Package, Parts, Units};
use crate::staticfiles::StaticFiles;
use crate::tasks::TaskQueue;

/// What the modules make of a site.
#[derive(Default)]
pub(crate) struct Wired {
    pub(crate) routes: Routes,
    pub(crate) static_files: StaticFiles,
    pub(crate) error_pages: ErrorPages,
    pub(crate) pages: PagesByType,
    /// What the policy of every page lets in.
    pub(crate) csp: Csp,
    pub(crate) before: Vec<Arc<dyn AnyGate>>,
    pub(crate) around: Vec<Arc<dyn AnyMiddleware>>,
    pub(crate) parts: Parts,
    pub(crate) identity: Option<Arc<dyn IdentityBackend>>,
    pub(crate) change_hooks: ChangeHooks,
    pub(crate) hooks: Hooks,
    pub(crate) task_queue: Option<Arc<dyn TaskQueue>>,
}

/// Makes every module's parts, in order.
///
/// # Errors
/// Two identities, a part that stands twice, or what a module's own part fails with.
pub(crate) fn wire(
    modules: &Modules,
    package: &Package,
    settings: &Settings,
    units: &Units,
    keys: &Keys,
) -> Result<Wired, Failure> {
    if let [first, second, ..] = modules.identities()[..] {
        return Err(Failure::new(format_args!(
            "Two identities say who asks: {first} and {second}. A site has one: add one of them."
        )));
    }
    if let [first, second, ..] = modules.task_queues()[..] {
        return Err(Failure::new(format_args!(
            "Two queues keep tasks: {first} and {second}. A site has one: add one of them."
        )));
    }
    let tasks = modules.tasks();
    for (index, task) in tasks.iter().enumerate() {
        if let Some(other) = tasks[..index].iter().find(|other| other.name == task.name) {
            return Err(Failure::new(format_args!(
                "Two tasks are called `{}`: {} and {}. A task's name is its own, for rows know it by that: rename one of them.",
                task.name,
                (other.path)(),
                (task.path)()
            )));
        }
    }
    permissions(modules)?;
    for module in modules.0.iter().skip(1) {
        if !module.csp.sources().is_empty() && module.routes.iter().next().is_none() {
            return Err(Failure::new(format_args!(
                "The module `{}` says what the policy of its pages lets in, and adds no routes: write `csp = …` in the \
                 `#[view(…)]` of its views.",
                module.name
            )));
        }
    }
    // The site's own part, which is called like its package, comes first: it has keys and files of its own.
    for (index, module) in modules.0.iter().enumerate().skip(1) {
        // CWE-345: whoever has a module's name has its keys, its settings and its files; the site's have no name.
        if module.name.is_empty() {
            return Err(Failure::new(
                "A module has no name: `Module::new(\"guestbook\")` says the name of its package, or of its folder.",
            ));
        }
        if modules.0[1..index].iter().any(|other| other.name == module.name) {
            return Err(Failure::new(format_args!(
                "Two modules are called `{}`: a module's name is its own. Rename one of them.",
                module.name
            )));
        }
    }
    // CWE-1059: of the program, as the check has it, not only of what these settings serve.
    let alike = modules.routes().called_alike();
    if !alike.is_empty() {
        let told: Vec<String> = alike.iter().map(ToString::to_string).collect();
        return Err(Failure::new(told.join("\n")));
    }
    let mut making = Making {
        settings,
        package,
        module: "",
        units,
        keys: keys.of_site(),
        permissions: modules.permissions(),
        parts: Parts::default(),
        identity: None,
        task_queue: None,
    };
    for contribute in modules.0.iter().flat_map(|module| &module.contributions) {
        contribute(&mut making.parts);
    }
    let mut wired = Wired {
        routes: modules.served(settings),
        csp: modules.site_csp(),
        ..Wired::default()
    };
    for (index, module) in modules.0.iter().enumerate() {
        let is_site = index == 0;
        making.module = module.name;
        making.keys = if is_site {
            keys.of_site()
        } else {
            keys.of_module(module.name)
        };
        for make in &module.parts {
            make(&mut making)?;
        }
        for make in &module.change_hooks {
            make(&making.wiring(), &mut wired.change_hooks)?;
        }
        let files = module.static_files.clone();
        if is_site {
            wired.static_files = files;
        } else {
            wired
                .static_files
                .join(module.name, files)
                .map_err(Failure::new)?;
        }
        for replace in &module.pages {
            replace(&mut wired.pages)?;
        }
        wired.error_pages.fill(&module.error_pages);
        wired.before.extend(module.before.iter().cloned());
        wired.around.extend(module.around.iter().cloned());
    }
    if let Some(unsent) = modules.unsent_forms().into_iter().next() {
        return Err(Failure::new(unsent));
    }
    for route in wired.routes.iter() {
        if let Some(need) = (route.needs)().iter().find(|need| !making.parts.has(need.id())) {
            return Err(Failure::new(format_args!(
                "The view `{}` cannot be answered: {}.",
                route.meta.id,
                need.missing()
            )));
        }
    }
    let ready = modules.0.iter().flat_map(|module| module.ready.iter().cloned());
    making.parts.insert(ReadyHooks(ready.collect()));
    let beside = modules
        .0
        .iter()
        .flat_map(|module| module.background.iter().cloned());
    making.parts.insert(BesideServing(beside.collect()));
    wired.hooks = Hooks::of(modules.0.iter().flat_map(|module| &module.hooks));
    wired.parts = making.parts;
    wired.identity = making.identity;
    wired.task_queue = making.task_queue;
    Ok(wired)
}

/// Permissions are listed, each once, under a name of its own (ASVS 8.1.1).
fn permissions(modules: &Modules) -> Result<(), Failure> {
    let listed = modules.permissions();
    for two in listed.windows(2) {
        if two[0].name == two[1].name {
            return Err(Failure::new(format_args!(
                "Two permissions are called `{}`: {} and {}. A permission's name is its own, for rows know it by that: rename one, or \
                 list it in one module only.",
                two[0].name,
                two[0].type_name(),
                two[1].type_name()
            )));
        }
    }
    #[allow(deprecated)] // ours to call
    let beyond = listed.iter().find(|permission| !permission.list());
    if let Some(beyond) = beyond {
        return Err(Failure::new(format_args!(
            "The permission `{}` is one too many: a program has at most {MOST_PERMISSIONS}.",
            beyond.name
        )));
    }
    let unlisted = |asked: &PermissionMeta| !listed.iter().any(|permission| permission.is(asked));
    let told = |who: String, asked: &PermissionMeta| {
        Err(Failure::new(format_args!(
            "{who} asks the permission `{}`, which no module lists, so that nobody can hold it: add `.permission::<{}>()` to the module.",
            asked.name,
            asked.type_name()
        )))
    };
    for route in modules.each_route() {
        if let Some(asked) = route.meta.permissions.iter().find(|asked| unlisted(asked)) {
            return told(format!("The rule of the view `{}`", route.meta.id), asked);
        }
    }
    for model in modules.models() {
        let asked = vauban_orm::checks::permissions(model);
        if let Some((_, asked)) = asked.iter().find(|(_, asked)| unlisted(asked)) {
            return told(format!("The policy of the model `{}`", model.name), asked);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use vauban_orm::engine::{Database, Options};

    use super::*;
    use crate::routing::Public;
    use crate::settings::Mode;
    use crate::signing::ModuleKeys;
    use crate::{Module, Result, Template, view};

    /// The keys that each of the modules is given, by type.
    struct OfSite(ModuleKeys);
    struct OfModule(ModuleKeys);

    fn wired(modules: Vec<Module>) -> std::result::Result<(Wired, Keys), Failure> {
        let package = Package::for_test("book", "", None);
        #[allow(deprecated)]
        let database = Database::open("sqlite::memory:", Options::default()).unwrap();
        let keys = Keys::random();
        let settings = Settings::defaults(Mode::Development);
        let units = Units::for_test(&database);
        let wired = wire(&Modules(modules), &package, &settings, &units, &keys)?;
        Ok((wired, keys))
    }

    vauban_orm::permission!(pub Publish = "wiring.publish", "may publish");
    vauban_orm::permission!(Again = "wiring.publish", "may publish by another type");

    #[derive(crate::Model)]
    #[model(crate = vauban_orm)]
    #[allow(unreachable_pub, reason = "the derive writes what is public")]
    pub struct Leaf {
        pub id: vauban_orm::Id<Leaf>,
        #[field(max_length = 20)]
        pub text: String,
    }

    impl vauban_orm::Policy for Leaf {
        fn rules(who: vauban_orm::Who<Self>, _: &vauban_orm::Columns<Self>) -> vauban_orm::Rules<Self> {
            vauban_orm::Rules {
                view: who.has::<Publish>(),
                ..vauban_orm::Rules::none()
            }
        }
    }

    #[view(post, "/publish/")]
    async fn publish(_: (crate::SignedIn, crate::HasPerm<Publish>)) -> crate::Text {
        crate::Text::new("published")
    }

    /// ASVS 8.1.1, 8.2.1, CWE-862. Attack: a rule, within another, or a policy asks what stands in no review.
    #[test]
    fn asvs_8_2_1_a_permission_that_no_module_lists_keeps_the_program_from_starting() {
        let view = || Module::new("book").routes(crate::Routes::new().view::<publish>("publish"));
        let model = || Module::new("book").model::<Leaf>();
        for (asks, who) in [(view as fn() -> Module, "view"), (model, "model")] {
            let told = wired(vec![asks()]).err().unwrap().to_string();
            assert!(
                told.contains(who) && told.contains("`wiring.publish`") && told.contains(".permission::<"),
                "{told}"
            );
            wired(vec![asks().permission::<Publish>()]).unwrap();
            let twice = vec![
                asks().permission::<Publish>(),
                Module::new("leaf").permission::<Again>(),
            ];
            let told = wired(twice).err().unwrap().to_string();
            assert!(
                told.contains("Two permissions are called `wiring.publish`"),
                "{told}"
            );
        }
    }

    /// CWE-345. Attack: a package brings a module with the name of another, to have its keys and its settings.
    #[test]
    fn a_name_is_one_modules() {
        let site = || Module::new("book");
        let told = wired(vec![site(), Module::new("evil"), Module::new("evil")])
            .err()
            .unwrap();
        assert!(
            told.to_string().starts_with("Two modules are called `evil`"),
            "{told}"
        );
        let told = wired(vec![site(), Module::new("")]).err().unwrap();
        assert!(told.to_string().starts_with("A module has no name"), "{told}");
        assert!(wired(vec![site(), Module::new("good"), Module::new("evil")]).is_ok());
    }

    #[derive(Template)]
    #[template(
        source = "{% waiver CrossOriginForm \"the payment is theirs alone\" %}<form method=\"post\" action=\"HTTPS://Pay.example/now\"></form>"
    )]
    struct Pay {}

    #[view(get, "/pay/")]
    async fn pay(_: Public) -> Result<Pay> {
        Ok(Pay {})
    }
    #[view(get, "/pay/here/", csp = PAY)]
    async fn pay_here(_: Public) -> Pay {
        Pay {}
    }

    const PAY: Csp = Csp::strict().forms_to("https://pay.example");

    /// CWE-693: a form that the page's policy does not send is told of when the site starts, with what to write.
    #[test]
    fn a_form_to_another_site_needs_a_policy_that_sends_it() {
        let site = || Module::new("book");
        let shop = || Module::new("shop").routes(Routes::new().view::<pay>("pay"));
        let told = |modules| {
            wired(modules)
                .err()
                .map(|told| told.to_string())
                .unwrap_or_default()
        };
        let without = told(vec![site(), shop()]);
        assert!(
            without.contains("wiring::tests::pay` (")
                && without.contains("`csp = Csp::strict().forms_to(\"https://pay.example\")`"),
            "{without}"
        );
        let other = Csp::strict()
            .images_from("https://pay.example")
            .forms_to("https://other.example");
        assert_eq!(told(vec![site().csp(other), shop()]), without);
        assert_eq!(told(vec![site().csp(PAY), shop()]), "");
        assert_eq!(told(vec![site(), shop().csp(PAY)]), "");
        let here = || Module::new("till").routes(Routes::new().view::<pay_here>("pay"));
        assert_eq!(told(vec![site(), here()]), "");
        // CWE-1059: whose pages let in what is there to be reviewed.
        let shown: Vec<String> = Modules(vec![site().csp(other), shop().csp(PAY), here()])
            .widened()
            .map(|(pages, source)| format!("{pages}: {source}"))
            .collect();
        assert_eq!(
            shown,
            [
                "every page: img-src https://pay.example",
                "every page: form-action https://other.example",
                "the module shop: form-action https://pay.example",
                "vauban::site::module::wiring::tests::pay_here: form-action https://pay.example",
            ]
        );
        // What would widen nothing says so.
        let nothing = told(vec![site(), Module::new("shop").csp(PAY)]);
        assert!(nothing.contains("adds no routes"), "{nothing}");
    }

    /// CWE-345, CWE-668. Attack: what a module signs with is fetched by whoever can name its type.
    #[test]
    fn bare_keys_are_no_part() {
        let bare: [fn() -> Module; 4] = [
            || Module::new("one").part(|wiring| Ok(wiring.keys())),
            || Module::new("one").part(|wiring| Ok(Arc::new(wiring.keys()))),
            || Module::new("one").part(|wiring| Ok(wiring.keys().signer("x"))),
            || Module::new("one").part(|wiring| Ok(wiring.units())),
        ];
        for module in bare {
            let told = wired(vec![Module::new("book"), module()]).err().unwrap();
            assert!(
                told.to_string().contains("every other module could fetch it"),
                "{told}"
            );
        }
    }

    /// CWE-345. Attack: a command of one module signs what another takes for its own. It has the keys of its module's
    /// parts, however it is run.
    #[tokio::test]
    async fn a_command_signs_with_the_keys_of_its_module() {
        use crate::commands::{Command, Out, Run};
        use std::sync::Mutex;
        let derived: Arc<Mutex<Vec<_>>> = Arc::default();
        let command = |name| {
            let derived = Arc::clone(&derived);
            Command::new(name, "", move |run: Run| {
                derived.lock().unwrap().push(run.keys().derive("x"));
                async { Ok(()) }
            })
        };
        let mut modules = Modules::of_site(Module::new("book").command(command("sites")));
        modules.push(Module::new("book").command(command("modules")));
        let (wired, keys) = wired(vec![Module::new("book")]).unwrap();
        let settings = Settings::defaults(Mode::Development);
        let package = Package::for_test("book", "", None);
        let site = Arc::new(crate::site::Site::of(package, wired, settings, keys.clone(), None).unwrap());
        let lone = command("lone");
        for command in modules.commands().chain([&lone]) {
            #[allow(deprecated)]
            let run = Run::__of(&site, Vec::new(), &Out::buffer());
            command.run(run).await.unwrap();
        }
        let derived = derived.lock().unwrap();
        assert_eq!(derived[0], keys.of_site().derive("x"));
        assert_eq!(derived[1], keys.of_module("book").derive("x"));
        assert!(!derived[..2].contains(&derived[2]));
    }

    mod views {
        use crate::prelude::*;

        #[crate::view(get, "/first/")]
        pub(super) async fn show(_: Staff) -> Text {
            Text::new("the staff's")
        }

        pub(super) mod second {
            use crate::prelude::*;

            #[crate::view(get, "/second/")]
            pub(in super::super) async fn show(_: Public) -> Text {
                Text::new("everybody's")
            }
        }
    }

    /// CWE-1059, CWE-862. Attack: a second module's view has the name of a view that is tested and reviewed, and passes
    /// for it: one sample of the prober's, one `.not_served`, stands for both.
    #[test]
    fn a_routes_name_is_one_routes() {
        let staffs = || Module::new("staff").routes(Routes::new().view::<views::show>("show"));
        let everybodys = Routes::new().view::<views::second::show>("show");
        let second = Module::new("second").routes(everybodys.clone());
        let told = wired(vec![Module::new("book"), staffs(), second]).err().unwrap();
        let told = told.to_string();
        assert!(
            told.contains("two routes are called `show`") && told.contains("under a name of its own"),
            "{told}"
        );
        // Where these settings serve one of them, too.
        let hidden = Module::new("second")
            .routes(everybodys.clone())
            .serves_if::<views::second::show>(|_| false);
        assert!(wired(vec![Module::new("book"), staffs(), hidden]).is_err());
        let named = Routes::new().include("second", "/more/", everybodys);
        assert!(
            wired(vec![
                Module::new("book"),
                staffs(),
                Module::new("second").routes(named)
            ])
            .is_ok()
        );
    }

    /// CWE-345. Attack: a module is called like the site's package and signs what the site takes for its own.
    #[test]
    fn a_module_that_is_called_like_the_site_has_not_its_keys() {
        let site = Module::new("book").part(|wiring| Ok(OfSite(wiring.keys())));
        let module = Module::new("book").part(|wiring| Ok(OfModule(wiring.keys())));
        let (wired, keys) = wired(vec![site, module]).unwrap();
        let sites = &wired.parts.get::<OfSite>().unwrap().0;
        let modules = &wired.parts.get::<OfModule>().unwrap().0;
        assert_eq!(sites.derive("x"), keys.of_site().derive("x"));
        assert_ne!(sites.derive("x"), modules.derive("x"));
        assert_ne!(sites.derive("x"), keys.derive("x"));
    }
}
