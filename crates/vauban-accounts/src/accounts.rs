//! What the account pages and the session check share: one per site.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;
use vauban::commands::Run;
use vauban::orm::{Binder, DateTime, Db, PermissionMeta, Write};
use vauban::units::{Retries, Units};

use super::counted::Counted;
pub(super) use super::counted::SignInFailure;
use super::device::Devices;
use super::factors::{Enrolments, Factors, HalfSignIns};
use super::history::{Happened, History};
use super::kept::KeptStore;
use super::layout::Layout;
use super::links::{LinkLifetimes, Links, Purpose};
#[cfg(feature = "oidc")]
use super::oidc::{BegunSignIns, Linked, Providers};
use super::own_fields::OwnFields;
use super::passwords::{
    Client, Hasher, HasherFailure, HasherOptions, Password, PasswordFilter, PasswordRules, Peppers, Place,
    Weakness,
};
use super::people::{Account, UserAccount};
use super::rights::Rights;
use super::throttle::{Attempt, BucketKeys, Throttles};
use super::users::{TableOf, UserTable};
use super::{Email, Hash, HashError};
use crate::sessions::{Clock, Renewal, SessionLimits, SessionToken, Sessions, Start, Visitor};
use crate::settings::{Remember, RequireMfa, SignUps};
use crate::tenancy::AnyTenancy;
use vauban::http::{Error, Result};
use vauban::signing::{ModuleKeys, Sealer};

/// What accounts may be configured with. The defaults are right for most sites.
#[derive(Debug, Clone, Default)]
pub struct AccountOptions {
    /// What a new password must be.
    pub rules: PasswordRules,
    /// What hashing costs, and how much of it there may be at once.
    pub hashing: HasherOptions,
    /// The application's layout of account pages.
    pub layout: Layout,
    /// The clock; tests move theirs.
    pub clock: Clock,
}

/// What the settings say, and nothing else does: there is one place to look (CWE-1188).
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) limits: SessionLimits,
    pub(crate) sign_up: SignUps,
    pub(crate) lifetimes: LinkLifetimes,
    pub(crate) remember: Remember,
    pub(crate) require_mfa: RequireMfa,
    /// What modules list.
    pub(crate) permissions: Vec<PermissionMeta>,
    /// What mails call the site.
    pub(crate) site: String,
    /// Whether people sign in by passkeys, too.
    pub(crate) has_passkeys: bool,
    pub(crate) peppers: Peppers,
    pub(crate) filter: Option<PasswordFilter>,
    /// The site's memberships.
    pub(crate) tenancies: Vec<Arc<dyn AnyTenancy>>,
    /// Of single sign-on.
    #[cfg(feature = "oidc")]
    pub(crate) providers: Providers,
}

/// The accounts of one site: its users, its sessions, and everything that guards them.
pub struct Accounts {
    pub(super) units: Units,
    /// Makes the actor of whoever a session proves to be.
    pub(super) binder: Binder,
    pub(super) users: Box<dyn UserTable>,
    pub(super) sessions: Sessions,
    pub(super) throttles: Throttles,
    pub(super) devices: Devices,
    pub(super) kept: KeptStore,
    pub(super) links: Links,
    pub(super) history: History,
    /// Seals what is made of people's data.
    pub(super) data: Sealer,
    pub(super) rights: Rights,
    pub(super) factors: Factors,
    pub(super) halves: HalfSignIns,
    pub(super) enrolments: Enrolments,
    /// Single sign-on: its providers, sign-ins on their way there, identities there.
    #[cfg(feature = "oidc")]
    pub(super) providers: Providers,
    #[cfg(feature = "oidc")]
    pub(super) begun: BegunSignIns,
    #[cfg(feature = "oidc")]
    pub(super) linked: Linked,
    /// Who has to have a second factor.
    pub(super) require_mfa: RequireMfa,
    /// The site's memberships.
    pub(super) tenancies: Vec<Arc<dyn AnyTenancy>>,
    /// What mails call the site.
    pub(super) site: String,
    /// Whether people sign in by passkeys, too.
    #[cfg_attr(not(feature = "passkeys"), allow(dead_code))]
    pub(super) has_passkeys: bool,
    pub(super) sign_up: SignUps,
    pub(super) layout: Layout,
    /// What the site asks at sign-up besides address and password.
    pub(super) own_fields: Option<Arc<dyn OwnFields>>,
    hasher: Hasher,
    rules: PasswordRules,
    /// What is known of stolen passwords.
    filter: Option<PasswordFilter>,
    #[cfg(debug_assertions)]
    pub(super) development: super::development::Helps,
}

/// What an account's password was when its owner proved who they are.
pub(super) struct Proved {
    /// The hash it fits; `None` where the account has none, and something else was proved.
    pub(super) hash: Option<Hash>,
    /// The hash to put in its place, if it was made with parameters of yesterday.
    pub(super) renewed: Option<Hash>,
    /// Whether only the password's beginning was hashed.
    pub(super) is_cut: bool,
}

impl Proved {
    /// By a hash that was made just now.
    pub(super) fn of(hash: Hash) -> Self {
        Self::standing(Some(hash))
    }

    /// By something else, while the password stood so.
    pub(super) fn standing(hash: Option<Hash>) -> Self {
        Self {
            hash,
            renewed: None,
            is_cut: false,
        }
    }

    /// The hash that is stored once its owner has entered.
    pub(super) fn stored(&self) -> Option<&Hash> {
        self.renewed.as_ref().or(self.hash.as_ref())
    }
}

impl Accounts {
    /// The accounts of a site whose users are rows of `U`.
    ///
    /// # Errors
    /// If the hashing cost is outside what Argon2 allows, or more than is verified.
    pub(crate) fn new<U: UserAccount>(
        units: Units,
        keys: &ModuleKeys,
        binder: Binder,
        options: AccountOptions,
        own_fields: Option<Arc<dyn OwnFields>>,
        said: Said,
    ) -> Result<Self, HashError> {
        let Said {
            limits,
            sign_up,
            lifetimes,
            remember,
            require_mfa,
            permissions,
            site,
            has_passkeys,
            peppers,
            filter,
            tenancies,
            #[cfg(feature = "oidc")]
            providers,
        } = said;
        let AccountOptions {
            rules,
            hashing,
            layout,
            clock,
        } = options;
        let bucket_keys = BucketKeys::new(*keys.derive("throttle"));
        Ok(Self {
            binder,
            users: Box::new(TableOf::<U>::new()),
            sessions: Sessions::new(
                units.clone(),
                limits,
                Renewal::new(keys.derive("renewed session"), remember.0),
                clock.clone(),
            ),
            kept: KeptStore::new(units.clone(), clock.clone(), keys),
            data: keys.sealer("data"),
            links: Links::new(units.clone(), clock.clone(), lifetimes),
            history: History::new(units.clone(), clock.clone()),
            rights: Rights::new(&permissions),
            factors: Factors::new(units.clone(), clock.clone()),
            halves: HalfSignIns::new(units.clone(), clock.clone()),
            enrolments: Enrolments::new(keys, clock.clone()),
            #[cfg(feature = "oidc")]
            providers,
            #[cfg(feature = "oidc")]
            begun: BegunSignIns::new(units.clone(), clock.clone()),
            #[cfg(feature = "oidc")]
            linked: Linked::new(clock.clone()),
            require_mfa,
            tenancies,
            site,
            has_passkeys,
            throttles: Throttles::new(units.clone(), clock, bucket_keys),
            devices: Devices::new(keys),
            hasher: Hasher::with(hashing, peppers)?,
            sign_up,
            layout,
            own_fields,
            rules: rules.bounded(),
            filter,
            #[cfg(debug_assertions)]
            development: super::development::Helps::default(),
            units,
        })
    }

    /// Deletes the rows of sessions that are over and says how many, and of forms that were kept long enough: the command
    /// `clearsessions`.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn clear_sessions(&self) -> Result<u64> {
        self.kept.clear().await?;
        self.links.clear().await?;
        self.halves.clear().await?;
        #[cfg(feature = "oidc")]
        self.begun.clear().await?;
        self.history.clear().await?;
        Ok(self.sessions.clear().await?)
    }

    /// Ends the sessions of one account or of all, and says how many there were: the command `endsessions`. `None`: nobody has this
    /// address.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn end_sessions(&self, whose: Option<&Email>) -> Result<Option<u64>> {
        let person = match whose {
            None => None,
            Some(email) => match self.users.by_email(&self.units, email).await? {
                None => return Ok(None),
                Some((person, _)) => Some(person),
            },
        };
        let Some(person) = person else {
            self.halves.end_everybodys().await?;
            return Ok(Some(self.sessions.end_everybodys().await?));
        };
        let ended = Retries::of(|| self.end_sessions_once(&person)).await?;
        Ok(Some(ended))
    }

    async fn end_sessions_once(&self, person: &Account) -> Result<u64, vauban::orm::Error> {
        let unit = self.units.begin();
        let db = unit.db();
        let (id, happened) = (person.facts.id, Happened::EndedByAdministrator);
        self.history.record(&db, id, happened, Visitor::default()).await?;
        self.halves.end(&db, id).await?;
        let ended = self.sessions.end_all(&db, id).await?;
        unit.finish(true).await?;
        Ok(ended)
    }

    /// Makes a superuser, or makes one of an account that exists: the command `createsuperuser`. The password of
    /// an account that exists is replaced, and its sessions end.
    ///
    /// # Errors
    /// What is wrong with the password, as sentences; or those of the database.
    pub(crate) async fn create_superuser(
        &self,
        email: &Email,
        password: &Password,
    ) -> Result<Result<(), Vec<Weakness>>> {
        let known = [super::Attribute::address(email)];
        let weak = self.weaknesses(password, &known);
        if !weak.is_empty() {
            return Ok(Err(weak));
        }
        let hash = self.hash_of_ours(password).await?;
        Retries::of(|| self.put_superuser(email, &hash)).await?;
        Ok(Ok(()))
    }

    async fn put_superuser(&self, email: &Email, hash: &Hash) -> Result<(), vauban::orm::Error> {
        let before = self.users.by_email(&self.units, email).await?;
        let unit = self.units.begin();
        let db = unit.db();
        let person = self
            .users
            .add_superuser(&db, email.clone(), Some(hash.clone()))
            .await?;
        let id = person.facts.id;
        self.sessions.end_all(&db, id).await?;
        // ASVS 6.3.7: whose account it was reads it.
        if before.is_some() {
            let (happened, visitor) = (Happened::MadeSuperuser, Visitor::default());
            self.history.record(&db, id, happened, visitor).await?;
        }
        // Whoever is wanted as a superuser is not on the way out.
        self.keep_account(&db, id).await?;
        unit.finish(true).await
    }

    /// Takes back that an account is to be deleted: the command `keepaccount`. `None`: nobody has this address; `false`: nobody wants it
    /// deleted.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn keep_by_command(&self, db: &Db<Write>, email: &Email) -> Result<Option<bool>> {
        let Some((person, _)) = self.users.by_email(&self.units, email).await? else {
            return Ok(None);
        };
        Ok(Some(self.keep_account(db, person.facts.id).await?))
    }

    /// Makes an ordinary account, for a command: sample data, people who are entered by an operator. The password is
    /// checked as at sign-up.
    ///
    /// CWE-269: the run says that no view lends out what the service of sign-ups may, past throttle and settings.
    ///
    /// # Errors
    /// What is wrong with the password, as sentences; or those of the database.
    pub async fn create_account(
        &self,
        _: &Run,
        db: &Db<Write>,
        email: &Email,
        password: &Password,
    ) -> Result<Result<Uuid, Vec<Weakness>>> {
        self.add_account(db, email, password).await
    }

    pub(crate) async fn add_account(
        &self,
        db: &Db<Write>,
        email: &Email,
        password: &Password,
    ) -> Result<Result<Uuid, Vec<Weakness>>> {
        let known = [super::Attribute::address(email)];
        let weak = self.weaknesses(password, &known);
        if !weak.is_empty() {
            return Ok(Err(weak));
        }
        let hash = self.hash_of_ours(password).await?;
        Ok(Ok(self
            .users
            .add(db, email.clone(), Some(hash), None)
            .await?
            .facts
            .id))
    }

    /// The fewest characters of a password, for pages to say.
    pub(super) fn least(&self) -> usize {
        self.rules.min_length
    }

    /// What is wrong with a new password of somebody of whom this is known.
    pub(super) fn weaknesses(&self, password: &Password, known: &[super::Attribute]) -> Vec<Weakness> {
        let mut weak = self.rules.check(password, known);
        // ASVS 6.2.12
        weak.extend(self.is_breached(password).then_some(Weakness::Breached));
        weak
    }

    /// Whether the password is among those that are known to be stolen.
    pub(super) fn is_breached(&self, password: &Password) -> bool {
        self.filter
            .as_ref()
            .is_some_and(|filter| filter.contains(password))
    }

    /// Hashes a new password.
    pub(super) async fn hash(&self, password: &Password, client: IpAddr) -> Result<Hash, SignInFailure> {
        let place = self.hasher.place(Client::from(client))?;
        Ok(self.hasher.hash(password, &place).await?)
    }

    /// Hashes a password that no client sent.
    async fn hash_of_ours(&self, password: &Password) -> Result<Hash> {
        let place = self.hasher.place(Client::OURS).map_err(HasherFailure::from)?;
        Ok(self.hasher.hash(password, &place).await?)
    }

    /// Hashes a password that is chosen behind a link, and counts it (CWE-770: one link is not a licence for any number of hashes).
    pub(super) async fn hash_behind_link(
        &self,
        password: &Password,
        client: IpAddr,
    ) -> Result<Hash, SignInFailure> {
        let place = self.hasher.place(Client::from(client))?;
        let counted = self.count(Attempt::SignUp, "", client, None, place).await?;
        Ok(self.hasher.hash(password, counted.place()).await?)
    }

    /// The hash of a test's password.
    #[cfg(any(test, feature = "testing"))]
    pub(super) async fn hash_for_test(&self, password: &str) -> Result<Hash> {
        let password = Password::new(password).map_err(|error| Error::internal(error.to_string()))?;
        self.hash_of_ours(&password).await
    }

    /// Counts an attempt, or says how long to wait.
    ///
    /// CWE-645: whoever has no place in the hasher's queue is told to come back, and nothing is counted.
    async fn count(
        &self,
        attempt: Attempt,
        account: &str,
        client: IpAddr,
        device: Option<&str>,
        place: Place,
    ) -> Result<Counted, SignInFailure> {
        let buckets = self.throttles.keys().buckets(attempt, account, client, device);
        Counted::count(&self.throttles, buckets, place).await
    }

    /// Who it is that has this address and this password.
    ///
    /// The steps are the same and in the same order whatever is wrong (ASVS 6.3.8): a place, look up, count, hash, decide.
    pub(super) async fn authenticate(
        &self,
        typed: &str,
        password: &Password,
        client: IpAddr,
        device_cookie: Option<&str>,
    ) -> Result<(Account, Proved), SignInFailure> {
        let place = self.hasher.place(Client::from(client))?;
        let email = Email::parse(typed).ok();
        let account = email
            .as_ref()
            .map_or_else(|| typed.to_lowercase(), ToString::to_string);
        // An address that nobody can have, so that the same is looked up whatever was typed.
        let nobody = Email::parse("nobody@nowhere.invalid")
            .map_err(|e| SignInFailure::Internal(Error::internal(e.to_string())))?;
        let found = self
            .users
            .by_email(&self.units, email.as_ref().unwrap_or(&nobody))
            .await?;
        let (person, hash) = match found {
            Some((person, hash)) => (Some(person), hash),
            None => (None, None),
        };
        let device = device_cookie.and_then(|cookie| self.devices.recognise(cookie, &account, hash.as_ref()));
        // CWE-307: counted before anything is verified.
        let counted = self
            .count(Attempt::SignIn, &account, client, device.as_deref(), place)
            .await?;
        // CWE-208: unknown accounts, those without a password and inactive ones cost the same.
        let proved = self.prove(password, hash, counted.place()).await?;
        let active = person.filter(|person| person.is_active);
        let (Some(person), Some(proved)) = (active, proved) else {
            return Err(SignInFailure::Wrong);
        };
        let proved = self.renew(password, proved, counted.place()).await;
        counted.right().await?;
        Ok((person, proved))
    }

    /// Whether the password is this user's: for changing it (ASVS 6.2.3).
    pub(super) async fn reprove(
        &self,
        person: &Account,
        password: &Password,
        client: IpAddr,
        device_cookie: Option<&str>,
    ) -> Result<Proved, SignInFailure> {
        let id = person.facts.id.to_string();
        let place = self.hasher.place(Client::from(client))?;
        let hash = self.users.hash_of(&self.units, person.facts.id).await?;
        // CWE-645: whoever has a copy of the session's cookie alone does not fill the bucket of the browser that it was copied from,
        // where its owner ends it.
        let device = device_cookie.and_then(|cookie| {
            self.devices
                .recognise(cookie, person.email.as_str(), hash.as_ref())
        });
        let counted = self
            .count(Attempt::ChangePassword, &id, client, device.as_deref(), place)
            .await?;
        let proved = self.prove(password, hash, counted.place()).await?;
        let proved = proved.ok_or(SignInFailure::Wrong)?;
        let proved = self.renew(password, proved, counted.place()).await;
        counted.right().await?;
        Ok(proved)
    }

    /// Begins a session for somebody who has just proved who they are, in the request's own unit. `None`: their
    /// password or account changed in the meantime, or the account is to be deleted.
    ///
    /// CWE-384: the session that the browser had before is consumed.
    pub(super) async fn enter(
        &self,
        db: &Db<Write>,
        person: &Account,
        proved: &Proved,
        mut start: Start,
    ) -> Result<Option<SessionToken>> {
        let now = DateTime::from(self.sessions.clock().now());
        if !self
            .users
            .confirm(db, person.facts.id, proved.hash.as_ref(), now)
            .await?
        {
            return Ok(None);
        }
        // CWE-613: whichever page lets somebody in, nobody enters an account that is to be deleted.
        if self.is_leaving(db, person.facts.id).await? {
            return Ok(None);
        }
        if let (Some(hash), Some(renewed)) = (&proved.hash, &proved.renewed) {
            self.users
                .replace_hash(db, person.facts.id, hash, renewed)
                .await?;
        }
        self.kept.delete_old(db).await?;
        // CWE-640: who knows the password needs no link to another one, and whoever asked for one in their name has none.
        self.links.end(db, Purpose::Reset, person.facts.id).await?;
        // CWE-287: a passkey is proof enough, and proves no password; nor does what a provider says.
        if start.proofs.passkey.is_none() && start.proofs.oidc.is_none() {
            start.proofs.password.get_or_insert(now);
        }
        // CWE-362: behind the change above, of the row that an enrolment changes, too.
        start.has_factor = self.factors.kinds(db, person.facts.id).await?.any();
        let (token, _) = self.sessions.begin(db, person.facts.id, start).await?;
        Ok(Some(token))
    }

    /// The peppers that stored hashes may name.
    pub(super) fn peppers(&self) -> &Peppers {
        self.hasher.peppers()
    }

    /// Whether a stored hash needs a pepper that is not here.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn has_lost_pepper(&self) -> Result<bool> {
        let names = self.peppers().names().collect();
        Ok(self.users.has_lost_pepper(&self.units, names).await?)
    }

    /// What hashes, so that a test can fill its queue.
    #[cfg(test)]
    pub(super) fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// How many hashes were run.
    #[cfg(test)]
    pub(super) fn hashes_run(&self) -> u64 {
        self.hasher.hashes_run()
    }

    async fn prove(
        &self,
        password: &Password,
        hash: Option<Hash>,
        place: &Place,
    ) -> Result<Option<Matching>, SignInFailure> {
        let verdict = match self.hasher.verify(password, hash.as_ref(), place).await {
            Err(HasherFailure::Hash(error)) => {
                // A row that was not written by us opens nothing (CWE-287), and is not the client's business.
                tracing::error!(target: "vauban::accounts", %error, "a stored password hash cannot be used");
                return Ok(None);
            }
            other => other?,
        };
        let hash = hash.filter(|_| verdict.matches);
        Ok(hash.map(|hash| Matching {
            hash,
            outdated: verdict.outdated,
        }))
    }

    /// Hashes a right password anew where its hash is outdated. CWE-208: only for whoever is let in, who sees the time.
    ///
    /// CWE-916: a password of which only the beginning was hashed is not: what its owner typed behind that was never proved. They are
    /// sent on to choose another one. And who is right is let in, also where the new hash cannot be made.
    async fn renew(
        &self,
        password: &Password,
        Matching { hash, outdated }: Matching,
        place: &Place,
    ) -> Proved {
        let is_cut = hash.cuts(password);
        let mut renewed = None;
        if outdated && !is_cut {
            match self.hasher.hash(password, place).await {
                Ok(hash) => renewed = Some(hash),
                Err(error) => {
                    tracing::error!(target: "vauban::accounts", %error, "a password hash could not be renewed");
                }
            }
        }
        Proved {
            hash: Some(hash),
            renewed,
            is_cut,
        }
    }
}

/// The hash that a password fits.
struct Matching {
    hash: Hash,
    outdated: bool,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("hasher", &self.hasher)
            .finish_non_exhaustive()
    }
}

/// The accounts of the site that answers, as the session check keeps them.
pub(super) type Shared = Arc<Accounts>;
