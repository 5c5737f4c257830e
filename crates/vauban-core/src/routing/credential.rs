//! What a rule goes by: how whoever asks proves it. A rule's type names its credential; that one is loaded, and no
//! other, and a view can take only what fits it.
//!
//! The credentials are a closed set, since each decides whether a request needs a token against forgery. What a
//! module brings is a *scheme*: it is handed the one thing that its credential goes by, and says whose it is.

use std::any::{Any, TypeId};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use vauban_orm::actor::Binder;
use vauban_orm::engine::answering;
use vauban_orm::{Actor, Service, UserFacts};

use super::{Kind, Reading};
use crate::http::{Refusal, Request, RequestBody, Result};
use crate::pipeline::body;
use crate::site::{Asking, Identity, Loading, OnlyThePipeline, SESSION_COOKIE};

mod sealed {
    pub trait Sealed {}
}
use sealed::Sealed;

/// How a caller proves who it is: [`BySession`], [`ByToken`], [`BySignature`], [`ByEither`] or [`ByNothing`].
///
/// Sealed (CWE-352): whether a browser sends a proof by itself, so that a request also needs a token against forgery,
/// is not for an application to say.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a credential",
    note = "a rule goes by `BySession`, `ByToken<T>`, `BySignature<S>`, `ByEither<T>` or `ByNothing`; write a `TokenScheme` or `SignatureScheme` of your own"
)]
pub trait Credential: Sealed + Sized + Send + Sync + 'static {
    /// What a rule is shown of it.
    type Loaded: Send + Sync + 'static;

    /// Whether views that change something may go by it.
    #[doc(hidden)]
    const MAY_WRITE: bool = true;

    /// Whether the rule is asked about who proves nothing, and may hide the view from them.
    #[doc(hidden)]
    const ASKS_STRANGERS: bool = true;

    /// Whether this request brings its proof without anybody's doing, so that it needs a token (CWE-352). Decided by
    /// what the request has, before anything is looked up.
    #[doc(hidden)]
    fn is_ambient(cx: &Request) -> bool;

    /// Whether this request's proof is the session: then it is looked up once, whichever rule asked first.
    #[doc(hidden)]
    fn goes_by_session(_: &Request) -> bool {
        false
    }

    /// Looks up whose it is.
    #[doc(hidden)]
    fn load<'a>(only: OnlyThePipeline, cx: &'a Request, body: &'a mut RequestBody) -> Loading<'a>;

    /// What was loaded.
    #[doc(hidden)]
    fn loaded(cx: &Request) -> Result<&Self::Loaded, Refusal>;
}

pub use crate::http::BySession;

impl Sealed for BySession {}
impl Credential for BySession {
    type Loaded = Identity;

    fn is_ambient(_: &Request) -> bool {
        true
    }

    fn goes_by_session(_: &Request) -> bool {
        true
    }

    fn load<'a>(_: OnlyThePipeline, cx: &'a Request, _: &'a mut RequestBody) -> Loading<'a> {
        let backend = cx.site.identity.as_ref()?;
        let cookie = cx.own_cookie(SESSION_COOKIE)?;
        Some(backend.identify(cx, cookie))
    }

    fn loaded(cx: &Request) -> Result<&Identity, Refusal> {
        Ok(&cx.identity)
    }
}

/// Nothing: the rule looks at the request alone, and no session is looked up. For `get` views: a form's token belongs
/// to a session, so what changes something goes by the session or by a key.
#[derive(Debug)]
pub enum ByNothing {}

impl Sealed for ByNothing {}
impl Credential for ByNothing {
    type Loaded = ();
    const MAY_WRITE: bool = false;

    fn is_ambient(_: &Request) -> bool {
        // CWE-352: an address or a network is sent along as a cookie is.
        true
    }

    fn load<'a>(_: OnlyThePipeline, _: &'a Request, _: &'a mut RequestBody) -> Loading<'a> {
        None
    }

    fn loaded(_: &Request) -> Result<&(), Refusal> {
        Ok(&())
    }
}

/// Whose a token or a signature is, and what it loaded: what rules and views are shown, such as the token's scopes.
///
/// CWE-613, CWE-269: it takes no [`Actor`], since one that was kept from another request would act in this one. A user
/// is proven with the [`Binder`] that the site's one identity has.
///
/// ```
/// use vauban_core::routing::Proven;
/// let token = Proven::nobody(vec!["tickets"]).logged_as("ticket printer");
/// ```
#[derive(Debug)]
pub struct Proven<L> {
    actor: Actor,
    user_id: Option<String>,
    loaded: L,
}

impl<L> Proven<L> {
    /// A program that acts as nobody: it sees what a visitor sees.
    pub fn nobody(loaded: L) -> Self {
        Self::by(Actor::nobody(), loaded)
    }

    /// A program that acts as a named service, with what that may do.
    pub fn service<S: Service>(loaded: L) -> Self {
        Self::by(Actor::service::<S>(), loaded)
    }

    /// A user, as the site's identity knows them at this moment.
    pub fn user(binder: &Binder, user: UserFacts, loaded: L) -> Self {
        Self::by(binder.user(user), loaded).logged_as(&user.id.to_string())
    }

    /// Under which name the log has the request; a user's id without it.
    #[must_use]
    pub fn logged_as(mut self, name: &str) -> Self {
        self.user_id = Some(name.to_owned());
        self
    }

    const fn by(actor: Actor, loaded: L) -> Self {
        Self {
            actor,
            user_id: None,
            loaded,
        }
    }
}

/// How the tokens of an API are looked up: what [`ByToken`] asks.
pub trait TokenScheme: Send + Sync + 'static {
    /// What rules are shown of a token, such as its scopes.
    type Loaded: Send + Sync + 'static;

    /// Whose token it is; `None` if it is nobody's, expired or withdrawn. The request has no cookies here.
    ///
    /// # Errors
    /// If it cannot be looked up: then nobody is let in.
    fn find(cx: &Request, token: &str) -> impl Future<Output = Result<Option<Proven<Self::Loaded>>>> + Send;
}

/// `Authorization: Bearer …` (RFC 6750). A browser never sends it by itself, so no token against forgery is asked;
/// the request's cookies are as if they had not been sent, and the answer sets none.
#[derive(Debug)]
pub struct ByToken<T>(PhantomData<fn() -> T>);

impl<T: TokenScheme> Sealed for ByToken<T> {}
impl<T: TokenScheme> Credential for ByToken<T> {
    type Loaded = T::Loaded;
    const ASKS_STRANGERS: bool = false;

    fn is_ambient(_: &Request) -> bool {
        false
    }

    fn load<'a>(_: OnlyThePipeline, cx: &'a Request, _: &'a mut RequestBody) -> Loading<'a> {
        let token = bearer(cx)?;
        Some(Box::pin(async move {
            Ok(identity(
                answering(cx.method().is_safe(), T::find(cx, token)).await?,
            ))
        }))
    }

    fn loaded(cx: &Request) -> Result<&T::Loaded, Refusal> {
        of_identity(cx).ok_or(Refusal::TokenRequired)
    }
}

/// How signed requests are verified: what [`BySignature`] asks.
pub trait SignatureScheme: Send + Sync + 'static {
    /// What rules are shown, such as the event's name and time.
    type Loaded: Send + Sync + 'static;

    /// Whether the signature is one over this body, as it was sent; `None` if not. The request has no cookies here.
    ///
    /// # Errors
    /// If that cannot be told: then nobody is let in.
    fn verify(cx: &Request, body: &Bytes) -> impl Future<Output = Result<Option<Self::Loaded>>> + Send;
}

/// A signature over the raw body, as webhooks have it. The bounded body is read before the rule decides; no token
/// against forgery is asked, and the request's cookies are as if they had not been sent. It acts as nobody.
#[derive(Debug)]
pub struct BySignature<S>(PhantomData<fn() -> S>);

impl<S: SignatureScheme> Sealed for BySignature<S> {}
impl<S: SignatureScheme> Credential for BySignature<S> {
    type Loaded = S::Loaded;
    const ASKS_STRANGERS: bool = false;

    fn is_ambient(_: &Request) -> bool {
        false
    }

    fn load<'a>(_: OnlyThePipeline, cx: &'a Request, body: &'a mut RequestBody) -> Loading<'a> {
        Some(Box::pin(async move {
            let unread = std::mem::take(body);
            let limit = body::limit_of(cx);
            let time = cx.settings().timeouts.body;
            let bytes = body::read(unread, cx.headers(), limit, time, &cx.site.bodies).await?;
            *body = RequestBody::Ready(bytes.clone());
            let loaded = answering(cx.method().is_safe(), S::verify(cx, &bytes)).await?;
            Ok(identity(loaded.map(Proven::nobody)))
        }))
    }

    fn loaded(cx: &Request) -> Result<&S::Loaded, Refusal> {
        of_identity(cx).ok_or(Refusal::Forbidden)
    }
}

/// A token where `Authorization` is sent, else the session: what [`Either`](super::Either) goes by.
#[derive(Debug)]
pub struct ByEither<T>(PhantomData<fn() -> T>);

impl<T: TokenScheme> Sealed for ByEither<T> {}
impl<T: TokenScheme> Credential for ByEither<T> {
    /// What the session loaded, if it was asked.
    type Loaded = Identity;

    fn is_ambient(cx: &Request) -> bool {
        // CWE-352: whatever `Authorization` says, a request that has it is not let in by its cookies.
        cx.authorization.is_empty()
    }

    fn goes_by_session(cx: &Request) -> bool {
        Self::is_ambient(cx)
    }

    fn load<'a>(only: OnlyThePipeline, cx: &'a Request, body: &'a mut RequestBody) -> Loading<'a> {
        if cx.is_ambient() {
            BySession::load(only, cx, body)
        } else {
            ByToken::<T>::load(only, cx, body)
        }
    }

    fn loaded(cx: &Request) -> Result<&Identity, Refusal> {
        Ok(&cx.identity)
    }
}

impl Asking {
    /// By a rule's credential.
    pub(crate) fn by<C: Credential, K: Kind>() -> Self {
        const {
            assert!(
                C::MAY_WRITE || !K::WRITES,
                "a rule that goes by nothing is for `get` views: what changes something goes by the session, a token or a signature"
            );
        }
        Self {
            credential: TypeId::of::<C>(),
            asks_strangers: C::ASKS_STRANGERS,
            is_ambient: C::is_ambient,
            goes_by_session: C::goes_by_session,
            load: C::load,
        }
    }

    /// For pages of the site that are no view's, such as "not found".
    pub(crate) fn by_session() -> Self {
        Self::by::<BySession, Reading>()
    }
}

/// The token in `Authorization: Bearer …`; none if it is sent twice, or by another scheme: browsers send `Basic`,
/// `Digest` and `Negotiate` by themselves (CWE-352).
fn bearer(cx: &Request) -> Option<&str> {
    let [value] = cx.authorization.as_slice() else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && is_token).then_some(token)
}

fn identity<L: Send + Sync + 'static>(proven: Option<Proven<L>>) -> Identity {
    match proven {
        None => Identity::nobody(),
        Some(proven) => Identity {
            actor: proven.actor,
            user_id: proven.user_id,
            session: Some(Arc::new(proven.loaded) as Arc<dyn Any + Send + Sync>),
            ..Identity::nobody()
        },
    }
}

fn of_identity<L: 'static>(cx: &Request) -> Option<&L> {
    cx.identity.session.as_ref()?.downcast_ref()
}
