//! What `#[view]` writes: a type per view, with what is known of it while compiling.

use std::future::Future;
use std::pin::Pin;

use ::http::Method;

use super::{AccessRule, Call};
use crate::http::{Response, Result};

/// The one boxed future of a request.
pub type ViewFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A view. Written by [`#[view]`](macro@crate::view); not implemented by hand.
pub trait View: 'static {
    /// Who may call it.
    type Rule: AccessRule;
    /// Its rule's name.
    const RULE: &'static str = <Self::Rule as AccessRule>::NAME;
    /// What is known of it while compiling.
    const META: ViewMeta;
    /// Asks the rule.
    ///
    /// # Errors
    /// What it refuses.
    fn admit(call: &Call) -> Result<Self::Rule> {
        call.admit::<Self::Rule>()
    }
    /// Answers one request.
    fn handle(call: Call) -> ViewFuture;
}

/// What is known of a view while compiling: one line of the access matrix.
#[derive(Debug, Clone)]
pub struct ViewMeta {
    /// The function's name.
    pub name: &'static str,
    /// The module it stands in.
    pub module: &'static str,
    /// Module and name: the view's identity.
    pub id: &'static str,
    /// The method it answers; `HEAD` comes with `GET`.
    pub method: Method,
    /// Its pattern below the mount, like `/articles/{slug}/`.
    pub pattern: &'static str,
    /// The access rule's name.
    pub rule: &'static str,
    /// The pattern's parameters, in order.
    pub params: &'static [ParamMeta],
    /// The names of its other parameters' types.
    pub takes: &'static [&'static str],
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// Longest time for one request, in seconds.
    pub timeout: u32,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}

impl ViewMeta {
    /// 1 MB, unless the view says otherwise (CWE-770).
    pub const BODY_LIMIT: usize = 1 << 20;
    /// 30 s, unless the view says otherwise (CWE-770).
    pub const TIMEOUT: u32 = 30;
}

/// A parameter in a pattern.
#[derive(Debug, Clone, Copy)]
pub struct ParamMeta {
    /// Its name.
    pub name: &'static str,
    /// Its type's name, as written.
    pub type_name: &'static str,
    /// Whether a decoded segment is a value of the type; if not, the route does not match.
    pub accepts: fn(&str) -> bool,
    /// Whether it takes the rest of the path, slashes included.
    pub rest: bool,
}
