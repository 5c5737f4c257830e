//! What a site keeps of its layers: see `pipeline/layers.rs`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::http::{Request, RequestBody, Response, Result};
use crate::routing::{Target, ViewFuture};

/// Any gate: boxes what it answers.
#[doc(hidden)]
pub trait AnyGate: Send + Sync + 'static {
    fn enter_boxed<'a>(
        &'a self,
        cx: &'a Request,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Response>>> + Send + 'a>>;
}

/// Any middleware: the one box that a layer costs.
#[doc(hidden)]
pub trait AnyMiddleware: Send + Sync + 'static {
    fn handle_boxed(self: Arc<Self>, cx: Arc<Request>, next: Next) -> ViewFuture;
}

/// What is within a layer: further layers, and the view with its access rule, body, token and commit.
pub struct Next {
    pub(crate) cx: Arc<Request>,
    pub(crate) body: RequestBody,
    pub(crate) target: Target,
    /// How many of the site's layers are still to come.
    pub(crate) left: usize,
}

impl Next {
    /// Runs it.
    pub fn run(mut self) -> ViewFuture {
        let layers = &self.cx.site.around;
        match self.left.checked_sub(1) {
            None => (self.target.handle)(self.cx, self.body),
            Some(left) => {
                let layer = Arc::clone(&layers[layers.len() - self.left]);
                self.left = left;
                layer.handle_boxed(Arc::clone(&self.cx), self)
            }
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({:?}, {} layers)", self.target, self.left)
    }
}

impl fmt::Debug for dyn AnyGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl fmt::Debug for dyn AnyMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Middleware")
    }
}
