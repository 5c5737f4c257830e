//! What a view may ask for, by kind of view.

use std::future::Future;
use std::marker::PhantomData;

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
    message = "a `{S}` view cannot take `{Self}`",
    label = "not a parameter of a `{S}` view",
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

/// A parameter that is known to fit: what `#[view]` asks, so that the compiler names a misfit once.
pub trait Wanted<P>: Send {
    /// See [`Param::REDISPLAYS`].
    fn redisplays(&self) -> bool;
    /// See [`Param::take`].
    fn take(self, call: &mut Call) -> impl Future<Output = Result<P>> + Send;
}

/// See [`Wanted`].
pub fn wanted<S: Send, P: Param<S>>() -> impl Wanted<P> {
    Typed::<S, P>(PhantomData)
}

struct Typed<S, P>(PhantomData<fn() -> (S, P)>);

impl<S: Send, P: Param<S>> Wanted<P> for Typed<S, P> {
    fn redisplays(&self) -> bool {
        P::REDISPLAYS
    }
    fn take(self, call: &mut Call) -> impl Future<Output = Result<P>> + Send {
        P::take(call)
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
