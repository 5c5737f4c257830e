//! What a view may ask for, by kind of view.

use std::future::Future;
use std::pin::Pin;

use super::Call;
use crate::http::Result;

/// Views of safe methods: they read.
#[derive(Debug, Clone, Copy)]
pub struct Get;

/// Views of unsafe methods (POST, PUT, PATCH, DELETE): behind the walls against request forgery, they may
/// read a body and write.
#[derive(Debug, Clone, Copy)]
pub struct Unsafe;

/// What a view of kind `S` ([`Get`] or [`Unsafe`]) may take as a parameter.
#[diagnostic::on_unimplemented(
    message = "a view of kind `{S}` cannot take `{Self}`",
    label = "not a parameter of this kind of view",
    note = "a view takes `Db`, `Path<T>`, `Query<T>`, `Session`, `CurrentUser<U>`, `ClientIp`, `Messages`; a view of an unsafe method also `Db<Write>`, `Form<F>`, `Json<T>`",
    note = "a `get` view only reads: take `db: Db`, or make it a `post` view",
    note = "other frameworks' extractors pass by the checks of body and cookies, so they are not accepted"
)]
pub trait Param<S>: Sized + Send {
    /// Whether it can show a form again with what was typed, when only the form's token is stale.
    const REDISPLAYS: bool = false;

    /// Takes it from the request.
    fn take(call: &mut Call) -> impl Future<Output = Result<Self>> + Send;
}

/// A parameter that a request may lack: `Option<P>` is one as well.
pub trait OptionalParam<S>: Param<S> {
    /// Whether the request has it.
    fn is_there(call: &Call) -> bool;
}

impl<S, P: OptionalParam<S>> Param<S> for Option<P> {
    const REDISPLAYS: bool = P::REDISPLAYS;

    async fn take(call: &mut Call) -> Result<Self> {
        match P::is_there(call) {
            true => P::take(call).await.map(Some),
            false => Ok(None),
        }
    }
}

/// How to take a parameter that is known to fit: what `#[view]` asks for once per parameter. It says nothing of
/// traits, so that the compiler names a misfit once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Wanted<P> {
    /// See [`Param::REDISPLAYS`].
    pub redisplays: bool,
    /// See [`Param::take`].
    pub take: for<'a> fn(&'a mut Call) -> Taking<'a, P>,
}

/// A parameter on its way.
type Taking<'a, P> = Pin<Box<dyn Future<Output = Result<P>> + Send + 'a>>;

/// See [`Wanted`].
#[doc(hidden)]
pub fn wanted<S: 'static, P: Param<S> + 'static>() -> Wanted<P> {
    Wanted {
        redisplays: P::REDISPLAYS,
        take: |call| Box::pin(P::take(call)),
    }
}

/// The request itself.
impl<S> Param<S> for std::sync::Arc<crate::http::Cx> {
    async fn take(call: &mut Call) -> Result<Self> {
        Ok(Self::clone(call.cx()))
    }
}

/// The client's address: the peer's, or what trusted proxies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub std::net::IpAddr);

impl<S> Param<S> for ClientIp {
    async fn take(call: &mut Call) -> Result<Self> {
        Ok(Self(call.cx().client_ip()))
    }
}
