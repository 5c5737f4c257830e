//! What a view may ask for, by kind of view and by what its rule goes by.

use std::future::Future;
use std::net::{IpAddr, Ipv6Addr};

use vauban_orm::{Db, Write};

use super::{BodyStream, Call, Credential, Kind, Need, RoleAsked, Writing};
use crate::http::Control;
use crate::http::Result;

/// What a view of kind `K` ([`Reading`](crate::routing::Reading) or [`Writing`](crate::routing::Writing)) whose rule goes by `C` may take as a parameter.
///
/// A parameter of one's own is made of others, and can do what they can: there is no way from a reading call to a
/// writer (CWE-352).
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::routing::{Call, Credential, Kind, Param};
/// use vauban::{Db, Result};
///
/// struct Shop {
///     db: Db,
///     language: String,
/// }
///
/// impl<K: Kind, C: Credential> Param<K, C> for Shop {
///     async fn take(call: &mut Call<K, C>) -> Result<Self> {
///         let language = call.cx().headers().get("accept-language");
///         let language = language.and_then(|value| value.to_str().ok()).unwrap_or("en").to_owned();
///         Ok(Self { db: call.take().await?, language })
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a view of kind `{K}` whose rule goes by `{C}` cannot take `{Self}`",
    label = "not a parameter of this view",
    note = "a view takes `Db`, `Path<T>`, `Query<T>`, `ClientIp`, and a form with `#[form(get)]` if it is a `get` view; a view of an unsafe method also `Db<Write>`, `Form<F>`, `Json<T>`, `BodyStream`; with a rule that goes by the session also `Session`, `CurrentUser<U>`, `Messages`",
    note = "a `get` view only reads: take `db: Db`, or make it a `post` view",
    note = "behind a token or a signature take the rule's own value: `token: ApiToken<…>`",
    note = "other frameworks' extractors pass by the checks of body and cookies, so they are not accepted"
)]
pub trait Param<K: Kind, C: Credential>: Sized + Send {
    /// Whether it can show a form again with what was typed, when only the form's token is stale.
    const REDISPLAYS: bool = false;

    /// Whether it reads the body in pieces ([`BodyStream`](super::BodyStream)): then the body is not read before
    /// the view runs, and a token against forgery comes in the header `X-CSRFToken`.
    const STREAMS: bool = false;

    /// The parts of the site that it needs: a site without them does not start.
    const NEEDS: &'static [Need] = &[];

    /// The fields of the form that it reads, so that a page can show what was typed into them where the view is not
    /// reached or fails. A parameter of one's own that takes a [`Form`](crate::forms::Form) names that one's:
    /// `<Form<F> as Param<K, C>>::controls(out)`; fields that nobody names are on no such page (CWE-200).
    fn controls(_: &mut Vec<Control>) {}

    /// The roles in a tenant that it asks for, for the access matrix. A parameter of one's own that takes one that does hands them on.
    fn roles(_: &mut dyn FnMut(RoleAsked)) {}

    /// Takes it from the request.
    fn take(call: &mut Call<K, C>) -> impl Future<Output = Result<Self>> + Send;
}

/// A parameter that a request may lack: `Option<P>` is one as well.
pub trait OptionalParam<K: Kind, C: Credential>: Param<K, C> {
    /// Whether the request has it.
    fn is_there(call: &Call<K, C>) -> bool;
}

impl<K: Kind, C: Credential, P: OptionalParam<K, C>> Param<K, C> for Option<P> {
    const REDISPLAYS: bool = P::REDISPLAYS;
    const STREAMS: bool = P::STREAMS;
    const NEEDS: &'static [Need] = P::NEEDS;

    fn controls(out: &mut Vec<Control>) {
        P::controls(out);
    }

    fn roles(tell: &mut dyn FnMut(RoleAsked)) {
        P::roles(tell);
    }

    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        match P::is_there(call) {
            true => P::take(call).await.map(Some),
            false => Ok(None),
        }
    }
}

/// All parameters of a view: a tuple of them, at most twelve, takes itself, in order. One that does not fit is named by
/// the message of [`Param`].
pub trait Params<K: Kind, C: Credential>: Sized + Send {
    /// Whether one of them can show a form again.
    const REDISPLAYS: bool;
    /// Whether one of them reads the body in pieces.
    const STREAMS: bool;

    /// The parts of the site that they need.
    fn needs() -> Vec<Need>;

    /// The fields of the forms that they read.
    #[doc(hidden)]
    fn controls(out: &mut Vec<Control>);

    /// The roles that they ask for.
    #[doc(hidden)]
    fn roles(tell: &mut dyn FnMut(RoleAsked));

    /// Takes all of them.
    fn take(call: &mut Call<K, C>) -> impl Future<Output = Result<Self>> + Send;
}

/// Takes one; in development, notes which could not be taken.
async fn taken<P: Param<K, C>, K: Kind, C: Credential>(call: &mut Call<K, C>) -> Result<P> {
    let taken = P::take(call).await;
    #[cfg(debug_assertions)]
    if taken
        .as_ref()
        .is_err_and(|error| error.status().is_client_error() && !error.has_answer())
    {
        let param = vauban_orm::checks::shown_type(std::any::type_name::<P>());
        call.cx()
            .note(|| format!("The view's parameter `{param}` could not be taken."));
    }
    taken
}

macro_rules! tuples {
    ($($($p:ident)*;)+) => {$(
        impl<K: Kind, C: Credential, $($p: Param<K, C>),*> Params<K, C> for ($($p,)*) {
            const REDISPLAYS: bool = false $(|| $p::REDISPLAYS)*;
            const STREAMS: bool = false $(|| $p::STREAMS)*;
            fn needs() -> Vec<Need> {
                let all: &[&[Need]] = &[$($p::NEEDS),*];
                all.concat()
            }
            #[allow(unused_variables, clippy::ptr_arg)]
            fn controls(out: &mut Vec<Control>) {
                $($p::controls(out);)*
            }
            #[allow(unused_variables)]
            fn roles(tell: &mut dyn FnMut(RoleAsked)) {
                $($p::roles(tell);)*
            }
            #[allow(unused_variables, clippy::unused_async)]
            async fn take(call: &mut Call<K, C>) -> Result<Self> {
                Ok(($(taken::<$p, _, _>(call).await?,)*))
            }
        }
    )+};
}
tuples! {
    ; P1; P1 P2; P1 P2 P3; P1 P2 P3 P4; P1 P2 P3 P4 P5; P1 P2 P3 P4 P5 P6; P1 P2 P3 P4 P5 P6 P7;
    P1 P2 P3 P4 P5 P6 P7 P8; P1 P2 P3 P4 P5 P6 P7 P8 P9; P1 P2 P3 P4 P5 P6 P7 P8 P9 P10;
    P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11; P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12;
}

impl<K: Kind, C: Credential> Call<K, C> {
    /// Takes another parameter: what a parameter of one's own is made of.
    ///
    /// # Errors
    /// What that parameter fails with.
    pub async fn take<P: Param<K, C>>(&mut self) -> Result<P> {
        P::take(self).await
    }
}

/// The request itself. Behind a token or a signature it has no cookies.
impl<K: Kind, C: Credential> Param<K, C> for std::sync::Arc<crate::http::Request> {
    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        Ok(Self::clone(call.cx()))
    }
}

/// A handle that reads, bound to who asks.
impl<K: Kind, C: Credential> Param<K, C> for Db {
    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        call.reader()
    }
}

/// A handle that reads and writes, bound to who asks; for views of unsafe methods only (CWE-352: a GET that
/// writes passes by the walls against request forgery).
impl<C: Credential> Param<Writing, C> for Db<Write> {
    async fn take(call: &mut Call<Writing, C>) -> Result<Self> {
        call.writer()
    }
}

impl<C: Credential> Param<Writing, C> for BodyStream {
    const STREAMS: bool = true;

    async fn take(call: &mut Call<Writing, C>) -> Result<Self> {
        call.stream()
    }
}

/// The client's address: the peer's, or what trusted proxies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What counts as one client where tries are counted: an IPv4 address, or the /64 of an IPv6 address.
    ///
    /// CWE-307: whoever has an IPv6 address has 2⁶⁴ of them, and a limit by each is none.
    pub fn network(&self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
            address => address,
        }
    }
}

/// The address as it is written in logs and rows.
impl std::fmt::Display for ClientIp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<K: Kind, C: Credential> Param<K, C> for ClientIp {
    async fn take(call: &mut Call<K, C>) -> Result<Self> {
        Ok(Self(call.cx().client_ip()))
    }
}

#[cfg(test)]
mod tests {
    use super::ClientIp;

    /// CWE-307: hopping through one's own /64 is still one client.
    #[test]
    fn one_client_is_one_network() {
        let network = |address: &str| ClientIp(address.parse().unwrap()).network().to_string();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(ClientIp("192.0.2.7".parse().unwrap()).to_string(), "192.0.2.7");
    }
}
