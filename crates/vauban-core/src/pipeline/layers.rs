//! The two places where an app's own layers stand: before the session, and around the view. Both are inside the
//! walls: no layer can take a control out, run a view without its access rule, or change what the finisher writes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use vauban_orm::engine::answering;

use crate::http::{Request, RequestBody, Response, Result};
use crate::routing::{Target, ViewFuture};
use crate::site::{AnyGate, AnyMiddleware, Next};

/// A layer before the session: it sees a request that has passed host, HTTPS, origin and isolation, and whose
/// sender is not known yet. For cheap refusals: maintenance, blocked addresses, quotas of one's own. Which view is asked
/// for says [`Request::is_for`]; the [path](Request::path) has one spelling. Before a safe method nothing is written: leave
/// that to a task. A closure that decides at once is one, too:
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
        Box::pin(answering(cx.method().is_safe(), self.enter(cx)))
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

/// The first answer of a layer before the session.
///
/// # Errors
/// What a layer fails with.
pub(crate) async fn gates(cx: &Request) -> Result<Option<Response>> {
    for gate in &cx.site.before {
        if let Some(answer) = gate.enter_boxed(cx).await? {
            return Ok(Some(answer.render(cx)));
        }
    }
    Ok(None)
}
