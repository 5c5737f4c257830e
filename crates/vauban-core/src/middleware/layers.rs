//! The two places where an app's own layers stand: before the session, and around the view. Both are inside the
//! walls: no layer can take a control out, run a view without its access rule, or change what the finisher writes.

use std::fmt;
use std::sync::Arc;

use super::RequestBody;
use crate::http::{Cx, Response, Result};
use crate::routing::{Call, Target, ViewFuture};

/// A layer before the session: it sees a request that has passed host, HTTPS, origin and isolation, and whose
/// sender is not known yet. For cheap refusals: maintenance, blocked addresses, quotas of one's own.
pub trait Before: Send + Sync + 'static {
    /// Lets the request on (`None`), or answers it.
    ///
    /// # Errors
    /// The request ends with the error's page.
    fn before(&self, cx: &Cx) -> Result<Option<Response>>;
}

/// A layer around the view: it sees who asks, runs the view or answers itself, and may add headers of its own.
/// What the view wrote is committed when [`Next::run`] returns.
///
/// ```
/// use std::sync::Arc;
/// use vauban::Cx;
/// use vauban::middleware::{Around, Next};
/// use vauban::routing::ViewFuture;
///
/// struct Version;
/// impl Around for Version {
///     fn around(&self, _: Arc<Cx>, next: Next) -> ViewFuture {
///         Box::pin(async move {
///             let answer = next.run().await;
///             answer.header("x-version", "1").unwrap_or_else(|_| unreachable!("a fixed header is well-formed"))
///         })
///     }
/// }
/// ```
pub trait Around: Send + Sync + 'static {
    /// Answers, usually by running what is within.
    fn around(&self, cx: Arc<Cx>, next: Next) -> ViewFuture;
}

/// What is within a layer: further layers, and the view with its access rule, body, token and commit.
pub struct Next {
    target: Target,
    call: Call,
    /// How many of the site's layers are still to come.
    left: usize,
}

impl Next {
    /// Runs it.
    pub fn run(mut self) -> ViewFuture {
        let cx = Arc::clone(self.call.cx());
        let layers = &cx.site.around;
        match self.left.checked_sub(1) {
            None => (self.target.handle)(self.call),
            Some(left) => {
                let layer = Arc::clone(&layers[layers.len() - self.left]);
                self.left = left;
                layer.around(cx, self)
            }
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({:?}, {} layers)", self.target, self.left)
    }
}

/// The view behind its layers; without layers there is nothing but the view.
pub(crate) fn view(cx: &Arc<Cx>, target: Target, body: RequestBody) -> ViewFuture {
    let call = Call::new(Arc::clone(cx), body);
    Next {
        target,
        call,
        left: cx.site.around.len(),
    }
    .run()
}

/// The first answer of a layer before the session.
///
/// # Errors
/// What a layer fails with.
pub(crate) fn before(cx: &Cx) -> Result<Option<Response>> {
    for layer in &cx.site.before {
        if let Some(answer) = layer.before(cx)? {
            return Ok(Some(answer.render(cx)));
        }
    }
    Ok(None)
}

impl fmt::Debug for dyn Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Before")
    }
}

impl fmt::Debug for dyn Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Around")
    }
}
