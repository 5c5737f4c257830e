//! Parameters of views that come with accounts: `CurrentUser<U>` and `Session`.

use std::ops::Deref;
use std::sync::Arc;

use super::accounts::Shared;
use super::forms::ProofForm;
use super::identify::SignedInAs;
use super::own_fields::OwnForm;
use super::people::UserAccount;
use crate::device::device_of;
use crate::events;
use crate::sessions::Session;
use vauban::forms::Form;
use vauban::http::{Error, Request, Result};
use vauban::orm::Db;
use vauban::routing::{AccessRule, BySession, Call, Kind, OptionalParam, Param, Refusal, Writing};
use vauban::site::Identity;

/// The signed-in user's own row; asks for a sign-in. `Option<CurrentUser<U>>` does not.
#[derive(Debug, Clone)]
pub struct CurrentUser<U>(Arc<U>);

impl<U> Deref for CurrentUser<U> {
    type Target = U;
    fn deref(&self) -> &U {
        &self.0
    }
}

impl<K: Kind, U: UserAccount> Param<K, BySession> for CurrentUser<U> {
    async fn take(call: &mut Call<K, BySession>) -> Result<Self> {
        let who = SignedInAs::of(call.cx()).ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        let row = Arc::clone(&who.person.row).downcast::<U>();
        row.map(Self).map_err(|_| {
            Error::internal("`CurrentUser<U>` names another model than `accounts::module::<U>()`")
        })
    }
}

impl<K: Kind, U: UserAccount> OptionalParam<K, BySession> for CurrentUser<U> {
    fn is_there(call: &Call<K, BySession>) -> bool {
        SignedInAs::of(call.cx()).is_some()
    }
}

impl<K: Kind> Param<K, BySession> for Session {
    async fn take(call: &mut Call<K, BySession>) -> Result<Self> {
        let who = SignedInAs::of(call.cx()).ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        Ok(who.session.clone())
    }
}

/// What the account pages need of a request.
pub(super) struct AccountPages {
    pub(super) cx: Arc<Request>,
    pub(super) accounts: Shared,
}

impl AccountPages {
    /// Whoever is signed in.
    pub(super) fn who(&self) -> Option<Arc<SignedInAs>> {
        SignedInAs::of(&self.cx)
    }

    /// Whoever has a session, for the pages of what it lacks.
    ///
    /// # Errors
    /// Without a session.
    pub(super) fn owner(&self) -> Result<Arc<SignedInAs>> {
        let owner = SignedInAs::or_on_the_way(self.cx.identity());
        owner.ok_or_else(|| Error::refused(Refusal::SignInRequired))
    }
}

/// Whoever has a session: signed in, or on the way there because a proof of theirs, or the second factor that they have to have, is missing.
/// For the pages of what is missing, and for no others.
#[derive(Debug, Clone, Copy)]
#[expect(
    unreachable_pub,
    reason = "views are public, and so is the rule that they state; no site lets people in by it"
)]
pub struct AnySession(());

impl AccessRule for AnySession {
    type Credential = BySession;

    fn admit(_: &Request, who: &Identity) -> Result<Self, Refusal> {
        let has_one = !who.actor().is_nobody() || SignedInAs::or_on_the_way(who).is_some();
        has_one.then_some(Self(())).ok_or(Refusal::SignInRequired)
    }
}

impl<K: Kind> Param<K, BySession> for AccountPages {
    async fn take(call: &mut Call<K, BySession>) -> Result<Self> {
        let cx = Arc::clone(call.cx());
        let accounts = cx.site().part::<Shared>().cloned();
        let accounts = accounts.ok_or_else(|| {
            Error::internal("the account pages need their module: `.module(accounts::module::<User>())`")
        })?;
        Ok(Self { cx, accounts })
    }
}

/// A proof in the form itself (ASVS 7.5.1, CWE-306): its field `password` is the password of whoever sends it, or its field `code` a code of
/// their authenticator app. It is counted and looked at as everywhere. Where it is wrong or not there, they are sent to the page that asks for it, and what they typed is kept. Nobody is
/// asked who has proved it in the last ten minutes.
///
/// ```ignore
/// #[view(post, "/tokens/")]
/// async fn create(_: SignedIn, _: Fresh, db: Db<Write>, form: Form<TokenForm>) -> Result<Redirect> {
///     form.save(&db).await?;
///     Ok(urls::tokens().redirect())
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Fresh(());

impl Param<Writing, BySession> for Fresh {
    async fn take(call: &mut Call<Writing, BySession>) -> Result<Self> {
        let AccountPages { cx, accounts } = AccountPages::take(call).await?;
        let who = SignedInAs::of(&cx).ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        if cx.identity().has_just_proved() {
            return Ok(Self(()));
        }
        let form = <Form<ProofForm> as Param<Writing, BySession>>::take(call).await?;
        let db = <Db as Param<Writing, BySession>>::take(call).await?;
        if let Ok(proof) = form.clean(&db).await?.into_result() {
            let is_right = match (&proof.code, &proof.password) {
                (Some(code), _) => accounts.prove_code(who.person.facts.id, code).await.is_ok(),
                (None, Some(password)) => accounts
                    .reprove(&who.person, password, cx.client_ip(), device_of(&cx))
                    .await
                    .is_ok(),
                (None, None) => false,
            };
            if is_right {
                return Ok(Self(()));
            }
        }
        events::SIGN_IN_FAILED.log(Some(&cx));
        Err(Error::refused(Refusal::ProofRequired))
    }
}

/// The site's own fields at sign-up as they were sent, if it asks for any.
pub(super) struct SentOwn(pub(super) Option<Box<dyn OwnForm>>);

impl Param<Writing, BySession> for SentOwn {
    /// As every form.
    const REDISPLAYS: bool = true;

    async fn take(call: &mut Call<Writing, BySession>) -> Result<Self> {
        let AccountPages { accounts, .. } = AccountPages::take(call).await?;
        match &accounts.own_fields {
            Some(own) => Ok(Self(Some(own.sent(call).await?))),
            None => Ok(Self(None)),
        }
    }
}
