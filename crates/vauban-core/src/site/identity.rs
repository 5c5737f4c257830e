//! Who asks: actor, user and session, found in one hop; no hop at all without a session cookie.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use vauban_orm::Actor;
use vauban_template::page;

use crate::http::{Error, Request, RequestBody, Result, TypedForm};
use crate::pipeline::Guarded;
use crate::routing::Url;
#[cfg(any(test, feature = "testing"))]
use crate::site::samples::ViewSample;

/// The name of the session cookie, without its prefix.
pub const SESSION_COOKIE: &str = "session";

/// Who asks: what the session backend found out about a session cookie.
#[derive(Clone)]
pub struct Identity {
    /// Who acts: what row policies are about.
    pub actor: Actor,
    /// Who it is, for pages.
    pub user: page::User,
    /// The user's id, for logs.
    pub user_id: Option<String>,
    /// What tokens against request forgery are bound to: unguessable, and another one after every change of
    /// privilege. `None` without a session; then an own cookie takes its place.
    pub binding: Option<[u8; 32]>,
    /// What the rule's credential loaded: the session itself, for the backend's own parameters (`Session`,
    /// `CurrentUser<U>`) to downcast, or what a token or signature proved.
    pub session: Option<Arc<dyn Any + Send + Sync>>,
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
        }
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

    /// Where somebody is sent who has to sign in first, if there is such a page.
    fn sign_in_page(&self) -> Option<Url> {
        None
    }

    /// Begins a session of the user with this id, and returns its cookie's value: for the test kit, and nobody else.
    #[cfg(any(test, feature = "testing"))]
    fn begin_for_test(&self, user: uuid::Uuid) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>>;

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
    pub(crate) is_ambient: fn(&Request) -> bool,
    pub(crate) load: for<'a> fn(OnlyThePipeline, &'a Request, &'a mut RequestBody) -> Loading<'a>,
}

impl Asking {
    /// Loads who asks into the request's context: by the one credential, and no other.
    ///
    /// # Errors
    /// If it cannot be looked up: then nobody is let in as anybody.
    pub(crate) async fn load(self, cx: &mut Request, body: &mut RequestBody) -> Result<()> {
        if !(self.is_ambient)(cx) {
            cx.forget_cookies();
        }
        let Some(loading) = (self.load)(OnlyThePipeline(()), cx, body) else {
            cx.invite();
            return Ok(());
        };
        // CWE-248, CWE-400: a scheme is a module's code.
        let limit = cx.settings().timeouts.request;
        let ended = Guarded::new(loading, limit).await;
        cx.identity = ended.map_err(Error::stopped)??;
        cx.invite();
        Ok(())
    }
}
