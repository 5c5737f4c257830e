//! What accounts bring to a program.

use std::marker::PhantomData;
use std::sync::Arc;

use vauban::commands::Failure;
use vauban::forms::{Edits, WithoutContext};
use vauban::orm::Id;
use vauban::orm::membership::Membership;
use vauban::orm::migrations;
use vauban::site::{Site, Stop};
use vauban::{Respond, Url};

use crate::accounts::{AccountOptions, Accounts, Said};
use crate::credential::Credential;
use crate::data::{ExportRow, Exports};
use crate::deletion::{AccountEnd, DeletionRow, NothingRemains, Remains};
use crate::factors::{
    FactorStore, HalfRow, HalfStore, PasskeyChallengeRow, PasskeyRow, RecoveryRow, TotpRow,
};
use crate::history::{AccountEvent, AccountHistory};
use crate::kept::{KeptForms, KeptRow};
use crate::layout::{AccountPage, Layout};
use crate::links::{LinkRow, LinkStore};
#[cfg(debug_assertions)]
use crate::look_as::LookAs;
use crate::oidc::{BegunRow, ProviderLinkRow};
#[cfg(feature = "oidc")]
use crate::oidc::{BegunStore, OidcSettings, ProviderLinkStore, Providers};
use crate::own_fields::{Asked, OwnFields};
use crate::passwords::{PasswordFilter, Peppers};
use crate::people::UserAccount;
use crate::rights::{self, GroupRow, MemberRow, RightsStore, SuperusersStay, too_many, unlisted};
use crate::services::{AddressChange, Administration, Erasure, PasswordChange, SignIn, SignUp};
use crate::sessions::{RenewedToken, SessionLimits, SessionRow, SessionStore};
use crate::settings::AccountSettings;
use crate::tenancy::{
    AnyTenancy, InvitationRow, Invitations, Members, OwnersStay, PageOf, TenancyOf, unguarded,
};
use crate::throttle::{ThrottleRow, Throttling};
use crate::{commands, data, deletion, events, factors, password_commands, views};

/// The accounts of a site whose users are rows of `U`: sessions, sign-in, the account pages and their commands. Where
/// the pages are is the site's to say: `include accounts at "/accounts/" = vauban::accounts::urls`.
///
/// ```ignore
/// App::new(vauban::package!()).module(accounts::module::<User>().layout::<AccountLayout>())
/// ```
pub fn module<U: UserAccount>() -> Module<U> {
    const { U::DERIVED.holds() };
    Module {
        options: AccountOptions::default(),
        own_fields: None,
        tenancies: Vec::new(),
        has_passkeys: false,
        bring: Vec::new(),
        users: PhantomData,
    }
}

/// The module on its way: see [`module`].
#[derive(Debug)]
pub struct Module<U> {
    options: AccountOptions,
    own_fields: Option<Arc<dyn OwnFields>>,
    tenancies: Vec<Arc<dyn AnyTenancy>>,
    has_passkeys: bool,
    /// What each of them brings to the program.
    bring: Vec<fn(vauban::Module) -> vauban::Module>,
    users: PhantomData<fn() -> U>,
}

impl<U> Module<U> {
    /// What accounts are configured with, where the defaults are not right.
    #[must_use]
    pub fn options(mut self, options: AccountOptions) -> Self {
        let layout = self.options.layout;
        self.options = AccountOptions { layout, ..options };
        self
    }

    /// The site's own page around the account pages.
    #[must_use]
    pub fn layout<L: From<AccountPage> + Respond + 'static>(mut self) -> Self {
        self.options.layout = Layout::of::<L>();
        self
    }

    /// People sign in by passkeys as well: alone, and as second factor. The pages are the table [`passkeys`](crate::passkeys).
    ///
    /// ```ignore
    /// accounts::module::<User>().passkeys()
    /// // and in urls.rs: include passkeys at "/accounts/" = vauban::accounts::passkeys
    /// ```
    #[cfg(feature = "passkeys")]
    #[must_use]
    pub fn passkeys(mut self) -> Self {
        self.has_passkeys = true;
        self.bring.push(|module| {
            module
                .static_files(crate::factors::passkeys::script())
                .check(crate::factors::passkeys::unreachable)
        });
        self
    }

    /// What people are asked when they sign up, besides address and password: a form that edits the site's user. Its
    /// fields have no names of the account pages' and are no columns that carry privilege; otherwise the site does not
    /// start.
    ///
    /// ```ignore
    /// #[derive(Form)]
    /// #[form(edits = User)]
    /// struct Profile { #[field(max_length = 100)] name: String }
    ///
    /// accounts::module::<User>().sign_up::<Profile>()
    /// ```
    #[must_use]
    pub fn sign_up<F: Edits<Row = U> + WithoutContext + Sync>(mut self) -> Self {
        self.own_fields = Some(Arc::new(Asked::<F>::NEW));
        self
    }
}

impl<U: UserAccount> Module<U> {
    /// Says that people belong to tenants by rows of `M`, a model with `#[model(membership)]` that a module of the site's lists. From here
    /// on an owner stays, nobody is made more than whoever does it, and people are invited by mail. The pages are the table
    /// [`members`](crate::members).
    ///
    /// ```ignore
    /// accounts::module::<User>().members::<Membership>()
    /// // and in urls.rs: include members at "/organisations/members/" = vauban::accounts::members
    /// ```
    #[must_use]
    pub fn members<M: Membership<Person = U>>(self) -> Self
    where
        M::Tenant: std::fmt::Display,
    {
        self.with_members::<M>(None)
    }

    /// As [`members`](Self::members), and says where the site's page of a tenant is: the members' page leads back there.
    ///
    /// ```ignore
    /// accounts::module::<User>().members_of::<Membership>(|organisation| urls::organisation(&organisation))
    /// ```
    #[must_use]
    pub fn members_of<M: Membership<Person = U>>(self, page: fn(Id<M::Tenant>) -> Url) -> Self
    where
        M::Tenant: std::fmt::Display,
    {
        self.with_members::<M>(Some(page))
    }

    fn with_members<M: Membership<Person = U>>(mut self, page: Option<PageOf<M>>) -> Self
    where
        M::Tenant: std::fmt::Display,
    {
        self.tenancies.push(Arc::new(TenancyOf::<M>::new(page)));
        self.bring.push(|module| {
            module
                .service::<Members<M>>()
                .on_change(|_| Ok(OwnersStay::<M>::new()))
        });
        self
    }
}

impl<U: UserAccount> From<Module<U>> for vauban::Module {
    fn from(accounts: Module<U>) -> Self {
        let Module {
            options,
            own_fields,
            tenancies,
            has_passkeys,
            bring,
            ..
        } = accounts;
        let module = options.layout.said(Self::new("accounts"));
        let module = module
            .model::<U>()
            .model::<Credential>()
            .model::<SessionRow>()
            .model::<ThrottleRow>()
            .model::<KeptRow>()
            .model::<LinkRow>()
            .model::<RenewedToken>()
            .model::<AccountEvent>()
            .model::<DeletionRow>()
            .model::<ExportRow>()
            .model::<GroupRow>()
            .model::<MemberRow>()
            .model::<TotpRow>()
            .model::<RecoveryRow>()
            .model::<HalfRow>()
            .model::<InvitationRow>()
            .model::<PasskeyRow>()
            .model::<PasskeyChallengeRow>()
            .model::<ProviderLinkRow>()
            .model::<BegunRow>()
            .service::<SignUp<U>>()
            .service::<SignIn<U>>()
            .service::<PasswordChange<U>>()
            .service::<AddressChange<U>>()
            .service::<Erasure<U>>()
            .service::<Administration<U>>()
            .service::<AccountEnd>()
            .service::<Remains>()
            .service::<Exports>()
            .service::<SessionStore>()
            .service::<Throttling>()
            .service::<KeptForms>()
            .service::<LinkStore>()
            .service::<AccountHistory>()
            .service::<RightsStore>()
            .service::<FactorStore>()
            .service::<HalfStore>()
            .service::<Invitations>()
            .migrations(migration_set())
            .settings::<SessionLimits>()
            .settings::<AccountSettings>()
            .serves_if::<views::signup::show>(AccountSettings::let_people_sign_up)
            .serves_if::<views::signup::submit>(AccountSettings::let_people_sign_up)
            .serves_if::<views::signup_link::show>(AccountSettings::let_people_come)
            .serves_if::<views::signup_link::submit>(AccountSettings::let_people_come)
            .security_events(events::ALL)
            .check(deletion::unstated::<U>)
            .check(unguarded)
            .command(commands::create_superuser())
            .command(commands::invite())
            .command(commands::clear_sessions())
            .command(commands::end_sessions())
            .command(commands::keep_account())
            .command(password_commands::passwords())
            .command(factors::factors())
            .command(rights::permissions())
            .command(rights::groups())
            .check_rows(too_many::<U>)
            .check_rows(unlisted)
            .identity(move |wiring, binder| {
                if let Some(refusal) = own_fields.as_ref().and_then(|own| own.refusal()) {
                    return Err(Failure::new(refusal));
                }
                let mut options = options.clone();
                let settings = wiring.settings.of::<AccountSettings>();
                let said = Said {
                    limits: wiring.settings.of(),
                    sign_up: settings.sign_up,
                    lifetimes: settings.lifetimes,
                    remember: settings.remember,
                    require_mfa: settings.require_mfa,
                    permissions: wiring.permissions.to_vec(),
                    site: wiring.package.name().to_owned(),
                    has_passkeys,
                    tenancies: tenancies.clone(),
                    #[cfg(feature = "oidc")]
                    providers: Providers::of(&wiring.settings.of::<OidcSettings>(), &options.clock)
                        .map_err(Failure::new)?,
                    peppers: Peppers::of_settings(&settings.pepper, &settings.pepper_fallbacks),
                    filter: PasswordFilter::of_setting(&settings.password_filter).map_err(|error| {
                        let path = &settings.password_filter;
                        Failure::new(format_args!("accounts.password_filter is `{path}`: {error}"))
                    })?,
                };
                // ASVS 6.2.11: a password of this site is not the site's name.
                options.rules.context_words.push(wiring.package.name().to_owned());
                options.hashing.cost.is_of_a_site()?;
                if wiring.is_test() {
                    // What a hash costs guards stored hashes, not requests.
                    options.hashing.cost = crate::Cost {
                        memory_kib: 64,
                        passes: 1,
                        lanes: 1,
                    };
                }
                let own_fields = own_fields.clone();
                let accounts =
                    Accounts::new::<U>(wiring.units(), &wiring.keys(), binder, options, own_fields, said)?;
                #[cfg(debug_assertions)]
                accounts.offer_to_look_as(wiring.parts.contributed::<LookAs>())?;
                Ok::<_, Failure>(Arc::new(accounts))
            });
        #[cfg(feature = "oidc")]
        let module = module
            .service::<BegunStore>()
            .service::<ProviderLinkStore>()
            .settings::<OidcSettings>();
        let module = with_what_comes_later::<U>(module);
        let module = bring.into_iter().fold(module, |module, bring| bring(module));
        #[cfg(debug_assertions)]
        let module = module.start_link(crate::development::start_link);
        module
    }
}

/// The tasks and hooks of accounts.
pub(crate) fn with_what_comes_later<U: UserAccount>(module: vauban::Module) -> vauban::Module {
    module
        .task::<deletion::erase>()
        .task::<data::export>()
        .task::<data::forget_export>()
        .hook::<deletion::not_while_leaving>()
        .on_change(|_| Ok(SuperusersStay::<U>::new()))
        .on_change(|_| Ok(NothingRemains::<U>::new()))
        .background(miss_a_pepper)
}

/// Says at start that hashes need a pepper that the settings do not have, before their owners do.
async fn miss_a_pepper(site: Arc<Site>, _: Stop) {
    let Some(accounts) = site.part::<Arc<Accounts>>() else {
        return;
    };
    match accounts.has_lost_pepper().await {
        Ok(false) => {}
        Ok(true) => tracing::error!(
            target: "vauban::accounts",
            "hashes name a pepper that is neither accounts.password_pepper nor among accounts.password_pepper_fallbacks: give it \
             there; until then whoever has such a hash cannot sign in"
        ),
        Err(error) => {
            tracing::warn!(target: "vauban::accounts", %error, "whether a pepper is lost could not be found out");
        }
    }
}

/// The migrations of the module's own models. Databases know them as `vauban`'s.
pub(crate) fn migration_set() -> migrations::Set {
    migrations::Set {
        package: "vauban",
        ..vauban::migrations!("migrations")
    }
}

/// The module's own models.
#[cfg(test)]
pub(crate) fn own_models() -> Vec<&'static vauban::orm::ModelMeta> {
    use vauban::orm::Model as _;
    vec![
        Credential::meta(),
        SessionRow::meta(),
        ThrottleRow::meta(),
        KeptRow::meta(),
        LinkRow::meta(),
        RenewedToken::meta(),
        AccountEvent::meta(),
        DeletionRow::meta(),
        ExportRow::meta(),
        GroupRow::meta(),
        MemberRow::meta(),
        TotpRow::meta(),
        RecoveryRow::meta(),
        HalfRow::meta(),
        InvitationRow::meta(),
        PasskeyRow::meta(),
        PasskeyChallengeRow::meta(),
        ProviderLinkRow::meta(),
        BegunRow::meta(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban-accounts migrations_say` writes what is missing.
    #[test]
    fn the_frameworks_migrations_say_what_its_models_say() {
        let set = vauban::migrations!("migrations");
        let answers = migrations::Answers::default();
        let made =
            migrations::make(set.package, &own_models(), std::slice::from_ref(&set), &answers).unwrap();
        if let migrations::Made::New(new) = &made
            && std::env::var_os("VAUBAN_UPDATE_MIGRATIONS").is_some()
        {
            migrations::add_file(std::path::Path::new(set.folder), &new.name, &new.text).unwrap();
            return;
        }
        assert!(
            made.told().is_empty(),
            "write {made:?}: VAUBAN_UPDATE_MIGRATIONS=1 cargo test -p vauban-accounts migrations_say"
        );
    }
}
