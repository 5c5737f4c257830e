//! The two places where an app's own layers stand: before the session, and around the view. Both are inside the
//! walls: no layer can take a control out, run a view without its access rule, or change what the finisher writes.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use vauban_orm::engine::answering;

use super::guard::Guarded;
use super::spelling::with_path;
use crate::http::{Effects, Error, Refusal, Request, RequestBody, Response, Result};
use crate::routing::{Target, ViewFuture};
use crate::site::{AnyGate, AnyMiddleware, Next};

/// A layer before the session: it sees a request that has passed host, HTTPS, origin and isolation, and whose
/// sender is not known yet. For cheap refusals: maintenance, blocked addresses, quotas of one's own. Which view is asked
/// for says [`Request::is_for`]; the [path](Request::path) has one spelling. Before a safe method nothing is written: leave
/// that to a task. What it says of a view, it says to everybody. If the view turns out not to be there for who asks, or a gate
/// says "not found" of it, the gates from the first that looked at the view on are asked again, without one. Where there is only a view of another method, or
/// one behind a slash, those that looked at method, path or view are asked again as if it were asked for, to hear whether they
/// hide it. A closure that decides at once is one, too:
///
/// ```
/// # extern crate vauban_core as vauban;
/// # use vauban::prelude::*;
/// # use vauban::{Module, Request, Response};
/// fn module() -> Module {
///     Module::new("closing").gate(|cx: &Request| match cx.path() {
///         "/healthz/" => Ok(None),
///         _ => Ok(Some(Response::of(Text::new("Closed until Monday.")))),
///     })
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a gate",
    note = "write `impl Gate` with `async fn enter(&self, cx: &Request) -> Result<Option<Response>>`, or a closure `|cx: &Request| Ok(None)`"
)]
pub trait Gate: Send + Sync + 'static {
    /// Lets the request on (`None`), or answers it.
    ///
    /// # Errors
    /// The request ends with the error's page.
    fn enter(&self, cx: &Request) -> impl Future<Output = Result<Option<Response>>> + Send;
}

impl<F: Fn(&Request) -> Result<Option<Response>> + Send + Sync + 'static> Gate for F {
    async fn enter(&self, cx: &Request) -> Result<Option<Response>> {
        self(cx)
    }
}

/// A layer around the view: it sees who asks, runs the view or answers itself, and may add headers of its own.
/// What the view wrote is committed when [`Next::run`] returns.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use std::sync::Arc;
/// use vauban::pipeline::{Middleware, Next};
/// use vauban::{Request, Response};
///
/// struct Version;
/// impl Middleware for Version {
///     async fn handle(&self, _: Arc<Request>, next: Next) -> Response {
///         let answer = next.run().await;
///         answer.header("x-version", "1").unwrap_or_else(|_| unreachable!("a fixed header is well-formed"))
///     }
/// }
///
/// # use vauban::Module;
/// fn module() -> Module {
///     Module::new("version")
///         .middleware(Version)
///         .middleware(|_: Arc<Request>, next: Next| async move { next.run().await })
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware",
    note = "write `impl Middleware` with `async fn handle(&self, cx: Arc<Request>, next: Next) -> Response`, or a closure `|cx: Arc<Request>, next: Next| async move {{ next.run().await }}`"
)]
pub trait Middleware: Send + Sync + 'static {
    /// Answers, usually by running what is within.
    fn handle(&self, cx: Arc<Request>, next: Next) -> impl Future<Output = Response> + Send;
}

impl<F, Fut> Middleware for F
where
    F: Fn(Arc<Request>, Next) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response> + Send,
{
    fn handle(&self, cx: Arc<Request>, next: Next) -> impl Future<Output = Response> + Send {
        self(cx, next)
    }
}

impl<G: Gate> AnyGate for G {
    fn enter_boxed<'a>(
        &'a self,
        cx: &'a Request,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Response>>> + Send + 'a>> {
        Box::pin(answering(cx.method.is_safe(), self.enter(cx)))
    }
}

impl<M: Middleware> AnyMiddleware for M {
    fn handle_boxed(self: Arc<Self>, cx: Arc<Request>, next: Next) -> ViewFuture {
        Box::pin(async move { answering(cx.method().is_safe(), self.handle(cx, next)).await })
    }
}

/// The view behind its layers; without layers there is nothing but the view, in one box.
pub(crate) fn view(cx: &Arc<Request>, target: Target, body: RequestBody) -> ViewFuture {
    Next {
        cx: Arc::clone(cx),
        body,
        target,
        left: cx.site.around.len(),
    }
    .run()
}

/// Which gates have been asked, and about what.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    /// About which view, if there was one; `None`: none has been asked yet.
    about: Option<Option<TypeId>>,
    /// The first that looked at which view it is: what it said does not hold for another, and the gates before it are not
    /// asked again, since they may count.
    looked: Option<usize>,
    /// The first that looked at that, at the method or at the path: what it said does not hold for a view of another method,
    /// or behind a slash.
    looked_at_address: Option<usize>,
    /// What the answer had before that one.
    before: Effects,
    /// What it had after all.
    after: Effects,
}

impl Gates {
    /// The first answer of a gate that has not been asked about this view, or about there being none.
    ///
    /// # Errors
    /// What a gate fails with.
    pub(crate) async fn ask(&mut self, cx: &mut Request) -> Result<Option<Response>> {
        let about = Some(cx.route.map(|view| view.view_type));
        let first = match self.about {
            None => 0,
            Some(_) => self.looked.unwrap_or(cx.site.before.len()),
        };
        if self.about == about || first == cx.site.before.len() {
            cx.back_to(self.after.clone());
            return Ok(None);
        }
        cx.back_to(std::mem::take(&mut self.before));
        (self.about, self.looked, self.looked_at_address) = (about, None, None);
        let answer = self.ask_from(first, cx).await;
        self.after = cx.effects();
        answer
    }

    /// Whether a gate says "not found" of a view of another method, or behind a slash, at `path`: as it would if that were
    /// asked for (CWE-204), whether it knows it by its type, its method or its path. What it is asked besides leaves nothing.
    ///
    /// # Errors
    /// If a gate panics or takes too long.
    pub(crate) async fn hide(&self, cx: &mut Request, view: &Target, path: Option<&String>) -> Result<bool> {
        let Some(first) = self.looked_at_address else {
            return Ok(false);
        };
        let (before, route) = (cx.effects(), cx.route.replace(view.meta));
        let uri = path.and_then(|path| with_path(&cx.uri, path.clone()));
        let uri = uri.map(|uri| std::mem::replace(&mut cx.uri, uri));
        let method = std::mem::replace(&mut cx.method, view.meta.method.clone());
        let limit = cx.settings().timeouts.request;
        let mut again = Self::default();
        // CWE-352: it is this request that is answered, whatever its gates are told.
        let asked = answering(method.is_safe(), again.ask_from(first, cx));
        let ended = Guarded::new(Box::pin(asked), limit).await;
        (cx.route, cx.method) = (route, method);
        if let Some(uri) = uri {
            cx.uri = uri;
        }
        cx.back_to(before);
        let answer = ended.map_err(Error::stopped)?;
        Ok(answer.is_err_and(|error| says_not_found(&error)))
    }

    async fn ask_from(&mut self, first: usize, cx: &Request) -> Result<Option<Response>> {
        for (place, gate) in cx.site.before.iter().enumerate().skip(first) {
            let before = cx.effects();
            cx.was_route_looked_at();
            cx.was_address_looked_at();
            let answer = gate.enter_boxed(cx).await;
            // One that says "not found" is asked again whatever it looked at, or it would be walked round.
            let looked = cx.was_route_looked_at() || answer.is_err();
            if looked || cx.was_address_looked_at() {
                self.looked_at_address.get_or_insert(place);
            }
            if looked && self.looked.is_none() {
                (self.looked, self.before) = (Some(place), before);
            }
            if let Some(answer) = answer? {
                return Ok(Some(answer.render(cx)));
            }
        }
        Ok(None)
    }
}

/// Who says [`Refusal::NotFound`] otherwise, a gate or a view, is heard as well.
pub(super) fn says_not_found(error: &Error) -> bool {
    error.status() == Refusal::NotFound.status()
}
