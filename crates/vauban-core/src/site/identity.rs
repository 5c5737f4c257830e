//! Who asks: actor, user and session, found in one hop; no hop at all without a session cookie.

use std::any::{Any, TypeId};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use vauban_orm::{Actor, Binder, Permissions, UserFacts};
use vauban_template::page;

use crate::http::{Error, Request, RequestBody, Result, TypedForm};
use crate::pipeline::Guarded;
use crate::routing::Url;
#[cfg(any(test, feature = "testing"))]
use crate::site::samples::ViewSample;

/// The name of the session cookie, without its prefix.
pub const SESSION_COOKIE: &str = "session";

/// Who asks: what the session backend found out about a session cookie.
///
/// Made by its constructors alone. CWE-352, CWE-524: what is left out when somebody is signed in would leave their pages
/// to shared caches, and their forms' tokens to whoever sits at the browser next.
///
/// ```compile_fail,E0451
/// use vauban_core::site::Identity;
/// let nobodys = Identity::nobody();
/// let careless = Identity { binding: None, ..nobodys };
/// ```
#[derive(Clone)]
pub struct Identity {
    pub(crate) actor: Actor,
    pub(crate) user: page::User,
    pub(crate) user_id: Option<String>,
    pub(crate) binding: Option<[u8; 32]>,
    pub(crate) session: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) just_proved: bool,
    pub(crate) two_factors: bool,
}

impl Identity {
    /// Nobody, without a session.
    pub fn nobody() -> Self {
        Self {
            actor: Actor::nobody(),
            user: page::User::default(),
            user_id: None,
            binding: None,
            session: None,
            just_proved: false,
            two_factors: false,
        }
    }

    /// Somebody who is signed in, and `user`, what pages show of them: name and address. Who it is and which rights they have is
    /// said once, by `facts`, for rules, policies and pages (CWE-863).
    ///
    /// `binding` is what tokens against request forgery belong to: unguessable, of this session alone, and another one
    /// after every change of privilege, such as a hash of the session's key. One octet over and over is refused with 500
    /// (CWE-352). `session` is for the backend's own parameters
    /// ([`session`](Self::session)).
    pub fn signed_in(
        binder: &Binder,
        facts: UserFacts,
        user: page::User,
        binding: [u8; 32],
        session: impl Any + Send + Sync,
    ) -> Self {
        Self {
            actor: binder.user(facts),
            user: page::User {
                id: Some(facts.id.to_string()),
                is_signed_in: true,
                is_staff: facts.is_staff,
                is_superuser: facts.is_superuser,
                ..user
            },
            user_id: Some(facts.id.to_string()),
            ..Self::visitor(binding, session)
        }
    }

    /// Says that who is signed in has proved it in the last ten minutes: what the rule `Reauthenticated` goes by. Without it nobody
    /// has (CWE-306).
    #[must_use]
    pub fn with_proof(self, just_proved: bool) -> Self {
        Self { just_proved, ..self }
    }

    /// Says which permissions who is signed in holds, as the rows have it at this request; without it they hold none (CWE-862). A
    /// visitor holds none.
    #[must_use]
    pub fn holding(self, binder: &Binder, permissions: Permissions) -> Self {
        let actor = match self.actor.user_facts() {
            Some(facts) => binder.user_holding(facts, permissions),
            None => self.actor,
        };
        Self { actor, ..self }
    }

    /// Says that who is signed in has a second factor, as the rows have it at this request, and that this session has proofs of two kinds:
    /// what the rule `Mfa` goes by. Without it nobody has (CWE-308).
    #[must_use]
    pub fn with_two_factors(self, two_factors: bool) -> Self {
        Self { two_factors, ..self }
    }

    /// Whether who is signed in has proved it by two factors.
    pub fn has_two_factors(&self) -> bool {
        self.two_factors
    }

    /// Whether who is signed in has proved it in the last ten minutes.
    pub fn has_just_proved(&self) -> bool {
        self.just_proved
    }

    /// Nobody, with a session: a visitor who is known again, such as by a basket.
    pub fn visitor(binding: [u8; 32], session: impl Any + Send + Sync) -> Self {
        Self {
            binding: Some(binding),
            session: Some(Arc::new(session)),
            ..Self::nobody()
        }
    }

    /// Who acts: what row policies are about.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Who it is, for pages.
    pub fn user(&self) -> &page::User {
        &self.user
    }

    /// The user's id, for logs.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// What the rule's credential loaded: the session itself, for the backend's own parameters (`Session`,
    /// `CurrentUser<U>`) to downcast, or what a token or signature proved.
    pub fn session(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.session.as_ref()
    }

    /// CWE-352: a binding that was filled in so that it compiles is every session's, and so are the tokens that belong to it.
    ///
    /// # Errors
    /// 500 with a line in the log that says what to do.
    fn is_bound(&self) -> Result<()> {
        let filled_in = |binding: &[u8; 32]| binding.iter().all(|octet| *octet == binding[0]);
        if self.binding.as_ref().is_some_and(filled_in) {
            return Err(Error::internal(
                "the binding of a session is one octet over and over, so that every session's tokens would be good for every other: \
                 give `Identity::signed_in` and `Identity::visitor` 32 octets that are this session's alone, such as a \
                 SHA-256 of its key",
            ));
        }
        Ok(())
    }

    /// CWE-524: whether it is somebody in particular, signed in or not.
    pub(crate) fn is_somebody(&self) -> bool {
        !self.actor.is_nobody() || self.session.is_some()
    }
}

impl Request {
    /// Tells pages whether whoever is not signed in may sign up.
    fn invite(&mut self) {
        let backend = self.site.identity.as_ref();
        let may = backend.is_some_and(|backend| backend.lets_people_sign_up());
        self.identity.user.can_sign_up = may && !self.identity.user.is_signed_in;
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CWE-532: neither binding nor session.
        f.debug_struct("Identity")
            .field("user", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// Who asks, by a session's cookie. A site has one, which a module brings
/// ([`Module::identity`](crate::Module::identity)).
pub trait IdentityBackend: Send + Sync + 'static {
    /// Who asks, by the value of the session cookie. Called at most once per request, in one hop to the
    /// database. A value that belongs to no session is [`Identity::nobody`], not an error.
    fn identify<'a>(
        &'a self,
        cx: &'a Request,
        cookie: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>>;

    /// The binding that [`identify`](Self::identify) gave with a session of this browser's that is over: what the tokens
    /// of its pages belong to, by a cookie that only that browser has. Without it nothing is kept over a sign-in.
    fn binding_before(&self, _cx: &Request) -> Option<[u8; 32]> {
        None
    }

    /// Keeps what was typed into a form whose session is over, until its owner has signed in again, and says on which
    /// page it is shown then; `None` if it is not kept. `session` is the binding of the session that is over. The form's
    /// token has proved that it is a page of that session's.
    fn keep<'a>(
        &'a self,
        _cx: &'a Request,
        _session: [u8; 32],
        _form: TypedForm,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Url>>> + Send + 'a>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether people may make accounts: what `user.can_sign_up` says to templates.
    fn lets_people_sign_up(&self) -> bool {
        false
    }

    /// Who the user with this id is now, for a [task](crate::tasks) that they asked for: with the rights that they have at this moment.
    /// `None` if they may not act any more, because they are deactivated or deleted (CWE-613).
    fn actor_now(
        &self,
        _user: uuid::Uuid,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + Send + '_>> {
        Box::pin(async {
            Err(Error::internal(
                "this site's identity does not say who a user is now, so no task runs as who asked: implement `IdentityBackend::actor_now`",
            ))
        })
    }

    /// Who it is that an operator means by this name (an address), as they are now: for the command `access --as EMAIL`. `None` if nobody is
    /// called so, or they may not act any more.
    fn named<'a>(
        &'a self,
        _name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Identity>>> + Send + 'a>> {
        Box::pin(async {
            Err(Error::internal(
                "this site's identity does not say who is called so: implement `IdentityBackend::named`",
            ))
        })
    }

    /// Where somebody is sent who is signed in and has to prove it again, if there is such a page.
    fn proof_page(&self) -> Option<Url> {
        None
    }

    /// Where somebody is sent who is signed in and needs a second factor for what they want, if there is such a page.
    fn factor_page(&self) -> Option<Url> {
        None
    }

    /// Where somebody is sent instead of the sign-in page who has a session and is nobody yet ([`Identity::visitor`]), because a proof of
    /// theirs is missing.
    fn page_on_the_way(&self, _who: &Identity) -> Option<Url> {
        None
    }

    /// Where somebody is sent who has to sign in first, if there is such a page.
    fn sign_in_page(&self) -> Option<Url> {
        None
    }

    /// Begins a session of the user with this id, and returns its cookie's value: for the test kit, and nobody else.
    #[cfg(any(test, feature = "testing"))]
    fn begin_for_test(&self, _user: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        Box::pin(async {
            Err(Error::internal(
                "this site's identity begins no sessions for tests",
            ))
        })
    }

    /// How the prober calls the identity's own pages as these people; it may change their rows for that.
    #[cfg(any(test, feature = "testing"))]
    fn samples_for_test<'a>(
        &'a self,
        _people: &'a [uuid::Uuid],
    ) -> Pin<Box<dyn Future<Output = Result<Vec<ViewSample>>> + Send + 'a>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Who asks, on its way; `None` if there is nothing to look up.
#[doc(hidden)]
pub type Loading<'a> = Option<Pin<Box<dyn Future<Output = Result<Identity>> + Send + 'a>>>;

/// What only the pipeline has: nobody else loads a credential.
#[doc(hidden)]
#[derive(Debug)]
pub struct OnlyThePipeline(());

/// How the pipeline comes to know who asks for a view.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking {
    pub(crate) credential: TypeId,
    pub(crate) asks_strangers: bool,
    pub(crate) is_ambient: fn(&Request) -> bool,
    pub(crate) goes_by_session: fn(&Request) -> bool,
    pub(crate) load: for<'a> fn(OnlyThePipeline, &'a Request, &'a mut RequestBody) -> Loading<'a>,
}

impl Asking {
    /// By which credential the request is known once this has been asked.
    pub(crate) fn known_by(self, cx: &Request) -> TypeId {
        match (self.goes_by_session)(cx) {
            true => Self::by_session().credential,
            false => self.credential,
        }
    }

    /// Loads who asks into the request's context: by the one credential, and no other; once.
    ///
    /// # Errors
    /// If it cannot be looked up: then nobody is let in as anybody.
    pub(crate) async fn load(self, cx: &mut Request, body: &mut RequestBody) -> Result<()> {
        let known_by = Some(self.known_by(cx));
        if cx.known_by == known_by {
            return Ok(());
        }
        cx.forget_who_asks();
        if !(self.is_ambient)(cx) {
            cx.forget_cookies();
        }
        if (self.goes_by_session)(cx)
            && let Some((found, left)) = cx.take_set_aside()
        {
            cx.left_by_asking = left.clone();
            cx.put_effects(left);
            (cx.identity, cx.known_by) = (found?, known_by);
            return Ok(());
        }
        let limit = cx.settings().timeouts.request;
        let before = cx.take_effects();
        let found = self.ask(cx, body, limit).await;
        let left = cx.take_effects();
        cx.put_effects(before);
        cx.put_effects(left.clone());
        cx.left_by_asking = left;
        cx.identity = found?;
        cx.invite();
        cx.known_by = known_by;
        Ok(())
    }

    async fn ask(self, cx: &Request, body: &mut RequestBody, limit: Duration) -> Result<Identity> {
        let found = match (self.load)(OnlyThePipeline(()), cx, body) {
            // CWE-248, CWE-400: a scheme is a module's code.
            Some(loading) => Guarded::new(loading, limit).await.map_err(Error::stopped)?,
            None => Ok(Identity::nobody()),
        };
        cx.is_asked_in_time("what finds out who asks")?;
        let found = found?;
        found.is_bound()?;
        Ok(found)
    }
}
