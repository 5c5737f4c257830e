//! Who asks: from the session cookie to the actor, in two reads by key.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;
use vauban::Url;
use vauban::orm::{Actor, DateTime, Permissions};
use vauban::units::Retries;

use super::accounts::Accounts;
use super::people::Account;
use crate::history::Happened;
use crate::sessions::{
    Clock, Found, Session, SessionRow, SessionToken, TokenHash, Visitor, is_just_proved, is_privileged,
};
use crate::{Email, events};
use vauban::http::{Cookie, Request, Result, TypedForm};
use vauban::site::{Identity, IdentityBackend, SESSION_COOKIE};

/// Somebody who is signed in: what [`Identity::session`] holds.
pub(crate) struct SignedInAs {
    pub(crate) person: Account,
    pub(crate) session: Session,
    /// What is missing, so that they are nobody yet.
    pub(crate) lacks: Option<Lacks>,
}

/// What somebody with a session lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lacks {
    /// A proof of the second factor that they have.
    Proof,
    /// The second factor that they have to have.
    Factor,
}

impl SignedInAs {
    /// Whoever is signed in, if anybody is.
    pub(crate) fn of(cx: &Request) -> Option<Arc<Self>> {
        Self::or_on_the_way(cx.identity()).filter(|who| who.lacks.is_none())
    }

    /// Whoever is signed in, or has a session that lacks something.
    pub(crate) fn or_on_the_way(identity: &Identity) -> Option<Arc<Self>> {
        Arc::clone(identity.session()?).downcast().ok()
    }
}

impl Accounts {
    /// What a session cookie proves.
    async fn recognise(&self, cx: &Request, cookie: &str) -> Result<Identity> {
        let found = match SessionToken::from_cookie(cookie) {
            Some(token) => self.sessions.find(&token, || Visitor::of(cx)).await?,
            None => Found::Unknown,
        };
        let row = match found {
            Found::Alive(row) => row,
            Found::Renewed(row, token) => {
                give_session(cx, &token, row.remembered, self.sessions.clock());
                row
            }
            Found::Replayed(row) => {
                events::OLD_TOKEN_USED.log(Some(cx));
                self.end_replayed(cx, &row).await?;
                return Ok(over(cx, cookie));
            }
            Found::Expired => return Ok(over(cx, cookie)),
            Found::Unknown => {
                events::SESSION_UNKNOWN.log(Some(cx));
                return Ok(over(cx, cookie));
            }
        };
        // CWE-613, ASVS 7.4.2: whether the account may still be used, at every request.
        let Some((person, permissions)) = self.who_is(row.user).await? else {
            events::SESSION_REVOKED.log(Some(cx));
            // Gone for good, also if the account is opened again.
            self.sessions.revoke(row.user).await?;
            return Ok(forget(cx));
        };
        // CWE-613: who has become staff since was remembered as somebody else, and signs in again.
        if row.remembered.is_some() && is_privileged(&person.facts) {
            events::SESSION_REVOKED.log(Some(cx));
            self.sessions.revoke(row.user).await?;
            return Ok(forget(cx));
        }
        let session = Session::new(self.sessions.clone(), &row);
        let mut binding = [0; 32];
        binding.copy_from_slice(session.binding());
        let (facts, user) = (person.facts, person.for_pages());
        let just_proved = is_just_proved(*session.proofs().last(row.created), self.sessions.clock().now());
        let are_two = session.proofs().are_two();
        // CWE-308, CWE-613: by the rows of this request, whatever the sign-in knew: a factor that was added since, a setting that asks one,
        // a session that was renewed.
        let lacks = match row.has_factor {
            true => (!are_two).then_some(Lacks::Proof),
            false => self.require_mfa.asks(&facts).then_some(Lacks::Factor),
        };
        let signed_in = SignedInAs {
            person,
            session,
            lacks,
        };
        if lacks.is_some() {
            // To every rule and every policy they are nobody: what lets them go on asks for their session itself.
            return Ok(Identity::visitor(binding, signed_in).with_proof(just_proved));
        }
        let identity = Identity::signed_in(&self.binder, facts, user, binding, signed_in);
        Ok(identity
            .with_proof(just_proved)
            .with_two_factors(row.has_factor && are_two)
            .holding(&self.binder, permissions))
    }

    /// Whoever may act with this id, and what they may: both at once (ASVS 8.3.2, CWE-613: by the rows of this moment, so that what was
    /// revoked in another process is revoked here). `None`: nobody, or their account is deactivated.
    async fn who_is(&self, user: Uuid) -> Result<Option<(Account, Permissions)>> {
        let unit = self.units.begin();
        let db = unit.read_db();
        let (person, permissions) = tokio::join!(self.users.read(&db, user), self.rights.of(&db, user));
        let person = person?.filter(|person| person.is_active);
        Ok(match person {
            Some(person) => Some((person, permissions?)),
            None => None,
        })
    }

    /// CWE-294: a token that was renewed is a copy; whose, nobody can tell. The session ends, and its owner can read why.
    async fn end_replayed(&self, cx: &Request, row: &SessionRow) -> Result<()> {
        Ok(Retries::of(|| self.end_replayed_once(cx, row)).await?)
    }

    async fn end_replayed_once(&self, cx: &Request, row: &SessionRow) -> Result<(), vauban::orm::Error> {
        let unit = self.units.begin();
        let db = unit.db();
        // Of many that try, one writes.
        if self.sessions.end_one(&db, row.user, row.id).await?.is_some() {
            self.history
                .record(&db, row.user, Happened::OldTokenUsed, Visitor::of(cx))
                .await?;
        }
        unit.finish(true).await
    }
}

/// Gives the browser its session: for as long as it is open, or where its owner asked for that, until then.
pub(crate) fn give_session(cx: &Request, token: &SessionToken, remembered: Option<DateTime>, clock: &Clock) {
    #[allow(deprecated)]
    let cookie = Cookie::__of_framework(SESSION_COOKIE, &token.to_cookie());
    cx.set_cookie(match remembered {
        Some(until) => cookie.max_age(until.duration_since(clock.now()).as_secs()),
        None => cookie,
    });
}

/// The cookie of a session that is over, without its prefix: what the store knew it by. It opens nothing, and proves
/// which session the pages are of that are still open.
const ENDED_COOKIE: &str = "ended";
/// For how long: as long as a form's token is good, in seconds.
const ENDED_FOR: i64 = 12 * 3600;

/// Nobody; the session's cookie gives way to that of a session that is over, since other pages of it may be open.
fn over(cx: &Request, cookie: &str) -> Identity {
    if let Some(token) = SessionToken::from_cookie(cookie) {
        #[allow(deprecated)]
        let ended = Cookie::__of_framework(ENDED_COOKIE, &token.hash().to_cookie());
        cx.set_cookie(ended.max_age(ENDED_FOR));
    }
    forget(cx)
}

/// Whoever signs in or out leaves no session behind of which pages are open.
pub(crate) fn forget_ended(cx: &Request) {
    // In this answer, too, where the session that was sent had ended.
    #[allow(deprecated)]
    cx.set_cookie(Cookie::__of_framework(ENDED_COOKIE, "").max_age(0));
}

/// Nobody, and the browser forgets the cookie.
pub(crate) fn forget(cx: &Request) -> Identity {
    #[allow(deprecated)]
    let gone = Cookie::__of_framework(SESSION_COOKIE, "").max_age(0);
    cx.set_cookie(gone);
    Identity::nobody()
}

impl IdentityBackend for Accounts {
    fn identify<'a>(
        &'a self,
        cx: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>> {
        Box::pin(self.recognise(cx, cookie))
    }

    fn actor_now(&self, user: Uuid) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + Send + '_>> {
        Box::pin(async move {
            // CWE-613: whether the account may still be used, whenever it acts.
            let found = self.who_is(user).await?;
            Ok(found.map(|(person, permissions)| self.binder.user_holding(person.facts, permissions)))
        })
    }

    fn named<'a>(
        &'a self,
        name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Identity>>> + Send + 'a>> {
        Box::pin(async move {
            let Ok(email) = Email::parse(name) else {
                return Ok(None);
            };
            let Some((person, _)) = self.users.by_email(&self.units, &email).await? else {
                return Ok(None);
            };
            let Some((person, permissions)) = self.who_is(person.facts.id).await? else {
                return Ok(None);
            };
            // No session of theirs: nothing is signed with what it is bound to.
            let nobodys: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap_or_default());
            let (facts, user) = (person.facts, person.for_pages());
            let identity = Identity::signed_in(&self.binder, facts, user, nobodys, ());
            Ok(Some(identity.holding(&self.binder, permissions)))
        })
    }

    fn binding_before(&self, cx: &Request) -> Option<[u8; 32]> {
        #[allow(deprecated)]
        let cookie = |name| cx.__cookie_of_framework(name);
        let hash = match cookie(SESSION_COOKIE) {
            Some(session) => SessionToken::from_cookie(session)?.hash(),
            None => TokenHash::from_cookie(cookie(ENDED_COOKIE)?)?,
        };
        hash.as_bytes().try_into().ok()
    }

    fn keep<'a>(
        &'a self,
        cx: &'a Request,
        session: [u8; 32],
        form: TypedForm,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Url>>> + Send + 'a>> {
        Box::pin(async move {
            let Some(session) = TokenHash::from_bytes(&session) else {
                return Ok(None);
            };
            let is_kept = self.kept.keep(cx, session, &form).await?;
            Ok(is_kept.then(crate::urls::kept))
        })
    }

    fn lets_people_sign_up(&self) -> bool {
        self.sign_up.is_open()
    }

    fn proof_page(&self) -> Option<Url> {
        Some(crate::urls::confirm())
    }

    fn factor_page(&self) -> Option<Url> {
        Some(crate::urls::factors())
    }

    fn page_on_the_way(&self, who: &Identity) -> Option<Url> {
        Some(match SignedInAs::or_on_the_way(who)?.lacks? {
            Lacks::Proof => crate::urls::confirm(),
            Lacks::Factor => crate::urls::factors(),
        })
    }

    fn sign_in_page(&self) -> Option<Url> {
        Some(crate::urls::login())
    }

    #[cfg(any(test, feature = "testing"))]
    fn samples_for_test<'a>(
        &'a self,
        people: &'a [Uuid],
    ) -> Pin<Box<dyn Future<Output = Result<Vec<vauban::site::ViewSample>>> + Send + 'a>> {
        Box::pin(self.samples(people))
    }

    #[cfg(any(test, feature = "testing"))]
    fn begin_for_test(&self, user: Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async move {
            let found = self.users.by_id(&self.units, user).await?;
            let person = found
                .filter(|p| p.is_active)
                .ok_or_else(vauban::Error::not_found)?;
            let unit = self.units.begin();
            let db = unit.db();
            let has_factor = self.factors.kinds(&db, user).await?.any();
            let start = crate::sessions::Start {
                has_factor,
                ..crate::sessions::Start::default()
            };
            let (token, _) = self.sessions.begin(&db, person.facts.id, start).await?;
            unit.finish(true).await?;
            Ok(token.to_cookie().to_string())
        })
    }
}
