//! Attacks on accounts and sessions, below HTTP: each is seen to fail for the reason it names.

mod absent;
#[cfg(feature = "passkeys")]
mod authenticator;
mod breached;
mod brought;
mod browser;
mod data;
mod deletion;
mod email;
mod factors;
mod history;
mod hooks;
mod kept;
mod links;
#[cfg(feature = "oidc")]
mod oidc;
mod own_fields;
mod own_pages;
mod own_sessions;
mod pages;
#[cfg(feature = "passkeys")]
mod passkeys;
mod proof;
mod referring;
mod remembered;
mod required;
mod rights;
mod rights_log;
mod sessions;
mod sign_in;
mod tenancy;
mod throttles;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use vauban::orm::engine::{Database, Options};
use vauban::orm::migrations::create_all;
use vauban::orm::{Columns, DateTime, Id, Policy, Rules, Who};

use super::accounts::Said;
use super::passwords::{Cost, HasherOptions};
use super::people::Account;
use super::{AccountOptions, Accounts, Email, Password};
use crate::UserAccount;
use crate::sessions::{Clock, Found, SessionRow, SessionToken, Start, Visitor};
use vauban::Model;
use vauban::module::Modules;
use vauban::signing::ModuleKeys;
use vauban::units::Units;

pub(super) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// Forms that are kept at most.
pub(super) const KEPT: usize = 5;
pub(super) const PASSWORD: &str = "a walk along the canal";

#[derive(Model, UserAccount, Clone)]
#[model(user)]
#[account(crate = vauban_accounts)]
pub(super) struct User {
    pub(super) id: Id<User>,
    #[field(unique, fixed)]
    pub(super) email: Email,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(privileged, default = false)]
    pub(super) is_staff: bool,
    #[field(privileged, default = false)]
    pub is_superuser: bool,
    #[field(auto_now_add)]
    pub(super) date_joined: DateTime,
    #[field(privileged)]
    pub(super) last_login: Option<DateTime>,
    #[field(max_length = 80)]
    pub(super) name: String,
}

impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        // As open as a careless application can make it.
        let all = vauban::orm::Filter::always;
        Rules {
            view: all(),
            add: all(),
            change: all(),
            delete: all(),
            ..Rules::none()
        }
    }
}

/// A site with these accounts, which sends mails.
pub(super) fn modules(accounts: vauban::Module) -> Modules {
    let mut modules = Modules::of_site(accounts);
    modules.push(vauban_tasks::module());
    modules.push(vauban_mail::module());
    modules
}

/// A site's accounts with a database of their own and a clock to move.
pub(super) struct Kit {
    pub(super) accounts: Arc<Accounts>,
    pub(super) database: Database,
    pub(super) units: Units,
    pub(super) clock: Clock,
    /// Its site has a view that asks for a second factor.
    pub(super) has_payroll: bool,
}

impl Kit {
    pub(super) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(super) fn with(change: impl FnOnce(&mut AccountOptions)) -> Self {
        Self::of(change, Said::default())
    }

    pub(super) fn of(change: impl FnOnce(&mut AccountOptions), said: Said) -> Self {
        let modules = modules(referring::listed(vauban::Module::from(
            crate::module::<User>().members::<tenancy::Seat>(),
        )));
        let models = modules.models();
        #[allow(deprecated)]
        let database = Database::open(
            "sqlite::memory:",
            Options {
                models: models.clone(),
                services: modules.services().map(|service| service.meta).collect(),
                ..Options::default()
            },
        );
        let database = database.unwrap();
        create_all(&mut rusqlite::Connection::open(database.path()).unwrap(), &models).unwrap();
        let clock = Clock::default();
        let cost = Cost {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        let hashing = HasherOptions {
            cost,
            workers: 2,
            queue: 400,
            queue_per_client: 200,
        };
        let mut options = AccountOptions {
            hashing,
            clock: clock.clone(),
            ..AccountOptions::default()
        };
        change(&mut options);
        let units = Units::for_test(&database);
        #[allow(deprecated)]
        let binder = vauban::orm::Binder::__for_the_sites_identity();
        let mut accounts =
            Accounts::new::<User>(units.clone(), &ModuleKeys::random(), binder, options, None, said).unwrap();
        accounts.kept = accounts.kept.bounded(KEPT as u64);
        let accounts = Arc::new(accounts);
        Self {
            accounts,
            database,
            units,
            clock,
            has_payroll: false,
        }
    }

    /// Makes an account.
    pub(super) async fn person(&self, email: &str) -> Account {
        let unit = self.units.begin();
        let (email, password) = (Email::parse(email).unwrap(), Password::new(PASSWORD).unwrap());
        self.accounts
            .add_account(&unit.db(), &email, &password)
            .await
            .unwrap()
            .unwrap();
        unit.finish(true).await.unwrap();
        self.accounts
            .users
            .by_email(&self.units, &email)
            .await
            .unwrap()
            .unwrap()
            .0
    }

    /// Begins a session, as a sign-in does once the password is proved.
    pub(super) async fn session(&self, person: &Account, before: Option<&SessionToken>) -> SessionToken {
        let before = match before {
            Some(before) => self.id_of(before).await,
            None => None,
        };
        let unit = self.units.begin();
        let start = Start {
            before,
            ..Start::default()
        };
        let (token, _) = self
            .accounts
            .sessions
            .begin(&unit.db(), person.facts.id, start)
            .await
            .unwrap();
        unit.finish(true).await.unwrap();
        token
    }

    /// The row of the session that a token opens.
    pub(super) async fn id_of(&self, token: &SessionToken) -> Option<Id<SessionRow>> {
        match self
            .accounts
            .sessions
            .find(token, Visitor::default)
            .await
            .unwrap()
        {
            Found::Alive(row) => Some(row.id),
            _ => None,
        }
    }

    /// Whether a token opens a session.
    pub(super) async fn opens(&self, token: &SessionToken) -> bool {
        matches!(
            self.accounts
                .sessions
                .find(token, Visitor::default)
                .await
                .unwrap(),
            Found::Alive(_)
        )
    }

    pub(super) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// What a thief of the database's file can read, or write.
    pub(super) fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.database.path()).unwrap()
    }
}
