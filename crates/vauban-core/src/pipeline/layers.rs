//! The two places where an app's own layers stand: before the session, and around the view. Both are inside the
//! walls: no layer can take a control out, run a view without its access rule, or change what the finisher writes.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use vauban_orm::engine::answering;

use super::guard::Guarded;
use super::lent::lent;
use crate::http::{Effects, Error, Refusal, Request, RequestBody, Response, Result};
use crate::routing::{Target, ViewFuture};
use crate::site::{AnyGate, AnyMiddleware, Next};

/// A layer before the session: it sees a request that has passed host, HTTPS, origin and isolation, and whose
/// sender is not known yet; an unsafe one over HTTPS that names no origin, and a frame of another
/// site, are judged behind it. For cheap refusals: maintenance, blocked addresses, quotas of one's own. Which view is asked
/// for says [`Request::is_for`]; the [path](Request::path) has one spelling. Before a safe method nothing is written: leave
/// that to a task. What it says of a view, it says to everybody. If the view turns out not to be there for who asks, or a gate
/// says "not found" of it, those that looked at the view are asked again, without one. Where there is only a view of another method, or
/// one behind a slash, those that looked at method, path or view are asked again as if it were asked for, to hear whether they
/// hide it. So one that counts looks at none of them, or its count tells of what is hidden. A closure that decides at once is one, too:
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
    /// What is known of each that was asked, in their order.
    asked: Vec<Asked>,
    /// How many of them have let on what is asked now.
    passed: usize,
}

/// A gate that let the request on, or said why not.
#[derive(Debug)]
struct Asked {
    looked: Looked,
    /// What the answer has of it.
    left: Effects,
}

/// At what a gate looked: of what else there may be, what it said does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Looked {
    Nothing,
    /// At the method or the path.
    Address,
    /// At which view it is.
    View,
}

impl Gates {
    /// The first answer of a gate that has not been asked about this view, or about there being none. CWE-204: who did not look at
    /// which view it is has said it of all, and is not asked again: it may count, and a count would tell.
    ///
    /// # Errors
    /// What a gate fails with.
    pub(crate) async fn ask(&mut self, cx: &mut Request) -> Result<Option<Response>> {
        let about = Some(cx.route.map(|view| view.view_type));
        let is_same = std::mem::replace(&mut self.about, about) == about;
        cx.take_effects();
        let site = Arc::clone(&cx.site);
        for (place, gate) in site.before.iter().enumerate() {
            self.passed = place;
            match self.asked.get(place) {
                Some(asked) if is_same || asked.looked < Looked::View => cx.put_effects(asked.left.clone()),
                _ => {
                    if let Some(answer) = self.enter(place, gate.as_ref(), cx).await? {
                        return Ok(Some(answer.render(cx)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// What those left that let this on before one was stopped: the answer has it. CWE-204: of those behind it, what they left was about
    /// another view, which is hidden.
    pub(crate) fn put_back(&self, cx: &mut Request) {
        cx.take_effects();
        let passed = self.asked.iter().take(self.passed);
        passed.for_each(|asked| cx.put_effects(asked.left.clone()));
    }

    /// Whether a gate says "not found" of a view of another method, or behind a slash, at `path`: as it would if that were
    /// asked for (CWE-204), whether it knows it by its type, its method or its path. What it is asked besides leaves nothing.
    ///
    /// # Errors
    /// If a gate panics or takes too long.
    pub(crate) async fn hide(&self, cx: &mut Request, view: &Target, path: Option<&str>) -> Result<bool> {
        if self.asked.iter().all(|asked| asked.looked == Looked::Nothing) {
            return Ok(false);
        }
        let (limit, is_safe) = (cx.settings().timeouts.request, cx.method.is_safe());
        let give_back = lent(cx, view, path);
        // CWE-352: it is this request that is answered, whatever its gates are told.
        let says = answering(is_safe, self.say_not_found(cx));
        let ended = Guarded::new(Box::pin(says), limit).await;
        give_back(cx);
        ended.map_err(Error::stopped)
    }

    async fn say_not_found(&self, cx: &Request) -> bool {
        for (gate, asked) in cx.site.before.iter().zip(&self.asked) {
            if asked.looked > Looked::Nothing {
                match gate.enter_boxed(cx).await {
                    Ok(None) => {}
                    Ok(Some(_)) => return false,
                    Err(error) => return says_not_found(&error),
                }
            }
        }
        false
    }

    async fn enter(
        &mut self,
        place: usize,
        gate: &dyn AnyGate,
        cx: &mut Request,
    ) -> Result<Option<Response>> {
        let earlier = cx.take_effects();
        // Whoever looked before.
        let _ = (cx.was_route_looked_at(), cx.was_address_looked_at());
        let answer = gate.enter_boxed(cx).await;
        let (at_view, at_address) = (cx.was_route_looked_at(), cx.was_address_looked_at());
        let looked = if at_view || answer.is_err() {
            // One that says "not found" is asked again whatever it looked at, or it would be walked round.
            Looked::View
        } else if at_address {
            Looked::Address
        } else {
            Looked::Nothing
        };
        let left = cx.take_effects();
        cx.put_effects(earlier);
        cx.put_effects(left.clone());
        match self.asked.get_mut(place) {
            Some(asked) => {
                *asked = Asked {
                    looked: looked.max(asked.looked),
                    left,
                }
            }
            None => self.asked.push(Asked { looked, left }),
        }
        answer
    }
}

/// Who says [`Refusal::NotFound`] otherwise, a gate or a view, is heard as well.
pub(super) fn says_not_found(error: &Error) -> bool {
    error.status() == Refusal::NotFound.status()
}
