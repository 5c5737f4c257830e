//! What `#[view]` writes: a type per view, made of types and `run`. What is known of a view is found out from them.

use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use ::http::Method;

use super::{AccessRule, Kind, Params, Public, Reading, Writing};
use crate::http::{Outcome, Response};

/// The one boxed future of a request.
pub type ViewFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What kind a view's calls are.
pub type KindOf<V> = <<V as View>::Method as ViewMethod>::Kind;
/// What a view's rule goes by.
pub type CredentialOf<V> = <<V as View>::Rule as AccessRule>::Credential;

/// A view, as [`#[view]`](macro@crate::view) writes it.
///
/// Whoever implements it by hand gains nothing: the library drives every view, from the credential over rule, body,
/// token and parameters to the commit, and the access matrix prints types, not what a view says of itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    note = "write `#[view(get, \"/path/\")]` above an `async fn`"
)]
pub trait View: Sized + Send + Sync + 'static {
    /// The method it answers: one of [`methods`].
    type Method: ViewMethod;
    /// Who may call it.
    type Rule: AccessRule;

    /// Its pattern below the mount, like `/articles/{slug}/`.
    const PATTERN: &'static str;
    /// The pattern's parameters, in order.
    const SEGMENTS: &'static [ParamMeta] = &[];
    /// Largest request body, in bytes; `None` for what the settings say.
    const BODY: Option<usize> = None;
    /// Longest time for one request, in seconds; `None` for what the settings say.
    const TIMEOUT: Option<u32> = None;
    /// The source file.
    const FILE: &'static str = "";
    /// The line in it.
    const LINE: u32 = 0;

    /// What it takes, and what it does with it.
    fn run() -> impl Run<Self>;
}

/// What a view takes, what it returns, and what it does. Apart from [`View`], so that a view may take types that are
/// private to its module.
pub trait Run<V: View>: Send {
    /// What it takes.
    type Params: Params<KindOf<V>, CredentialOf<V>>;
    /// What it returns.
    type Answer: Outcome;

    /// Answers one request that the view's rule let in.
    fn run(self, rule: V::Rule, params: Self::Params) -> impl Future<Output = Self::Answer> + Send;
}

/// A view's function.
struct Function<P, F> {
    function: F,
    params: PhantomData<fn(P)>,
}

/// A view's function, as `#[view]` hands it on. What it returns is told by its bounds alone, so that the compiler names
/// a misfit once, and where it stands.
#[doc(hidden)]
pub fn function<V, P, O, F, Fut>(function: F) -> impl Run<V>
where
    V: View,
    P: Params<KindOf<V>, CredentialOf<V>>,
    O: Outcome,
    F: FnOnce(V::Rule, P) -> Fut + Send,
    Fut: Future<Output = O> + Send,
{
    Function {
        function,
        params: PhantomData,
    }
}

impl<V, P, O, F, Fut> Run<V> for Function<P, F>
where
    V: View,
    P: Params<KindOf<V>, CredentialOf<V>>,
    O: Outcome,
    F: FnOnce(V::Rule, P) -> Fut + Send,
    Fut: Future<Output = O> + Send,
{
    type Params = P;
    type Answer = O;

    fn run(self, rule: V::Rule, params: P) -> impl Future<Output = O> + Send {
        (self.function)(rule, params)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// An HTTP method that a view can answer; it decides the kind of the view's calls.
pub trait ViewMethod: sealed::Sealed + 'static {
    /// [`Reading`] or [`Writing`].
    type Kind: Kind;
    #[doc(hidden)]
    const METHOD: Method;
}

/// The methods that a view can answer, as types.
pub mod methods {
    use super::{Method, Reading, ViewMethod, Writing, sealed::Sealed};

    macro_rules! methods {
        ($($name:ident $method:ident $kind:ident $doc:literal;)+) => {$(
            #[doc = $doc]
            #[derive(Debug)]
            pub enum $name {}
            impl Sealed for $name {}
            impl ViewMethod for $name {
                type Kind = $kind;
                const METHOD: Method = Method::$method;
            }
        )+};
    }
    methods! {
        Get GET Reading "GET; `HEAD` comes with it.";
        Post POST Writing "POST.";
        Put PUT Writing "PUT.";
        Patch PATCH Writing "PATCH.";
        Delete DELETE Writing "DELETE.";
    }
}

/// What is known of a view: one line of the access matrix.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ViewMeta {
    /// The type's path: the view's identity.
    pub id: &'static str,
    /// The method it answers; `HEAD` comes with `GET`.
    pub method: Method,
    /// Its pattern below the mount, like `/articles/{slug}/`.
    pub pattern: &'static str,
    /// The access rule, printed by its type: Vauban's own without their modules, others with their path.
    pub rule: String,
    /// The pattern's parameters, in order.
    pub params: &'static [ParamMeta],
    /// Largest request body, in bytes, if the view says one.
    pub body_limit: Option<usize>,
    /// Longest time for one request, in seconds, if the view says one.
    pub timeout: Option<u32>,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    pub(crate) view_type: TypeId,
    pub(crate) rule_type: TypeId,
}

impl ViewMeta {
    /// What is known of a view. Found out once, however often its table is made.
    pub(crate) fn of<V: View>() -> &'static Self {
        static KNOWN: Mutex<BTreeMap<TypeId, &'static ViewMeta>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(TypeId::of::<V>()).or_insert_with(|| {
            Box::leak(Box::new(Self {
                id: type_name::<V>(),
                method: V::Method::METHOD,
                pattern: V::PATTERN,
                rule: printed(type_name::<V::Rule>()),
                params: V::SEGMENTS,
                body_limit: V::BODY,
                timeout: V::TIMEOUT,
                file: V::FILE,
                line: V::LINE,
                view_type: TypeId::of::<V>(),
                rule_type: TypeId::of::<V::Rule>(),
            }))
        })
    }

    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.id.rsplit("::").next().unwrap_or(self.id)
    }

    /// Whether everybody may call it. CWE-524: what any other rule lets through is somebody's own.
    pub(crate) fn is_public(&self) -> bool {
        self.rule_type == TypeId::of::<Public>()
    }
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

/// The crates whose types are printed without their modules, so that moving a file of ours changes nobody's lock.
const OURS: &[&str] = &[
    "vauban",
    "vauban_core",
    "vauban_accounts",
    "vauban_orm",
    "vauban_template",
    "vauban_waiver",
];

/// A type as reviews read it: `HasPerm<app::Close>`. Ours without their modules, everybody else's with their path,
/// generics in full.
pub(crate) fn printed(full: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut out = String::with_capacity(full.len());
    let mut rest = full;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        let is_ours = word
            .split_once("::")
            .is_some_and(|(first, _)| OURS.contains(&first));
        out.push_str(match word.rsplit_once("::") {
            Some((_, last)) if is_ours => last,
            _ => word,
        });
        let between = after.find(is_word).unwrap_or(after.len());
        out.push_str(&after[..between]);
        rest = &after[between..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_printed_as_what_it_is() {
        for (full, short) in [
            ("vauban::routing::access::Public", "Public"),
            ("vauban_core::a::HasPerm<app::Close>", "HasPerm<app::Close>"),
            (
                "(vauban::routing::access::Staff, app::rules::Mfa)",
                "(Staff, app::rules::Mfa)",
            ),
            // CWE-345: another's type is not ours, whatever it is called.
            ("app::Superuser", "app::Superuser"),
            ("vauban_extra::Superuser", "vauban_extra::Superuser"),
            ("app::vauban::Superuser", "app::vauban::Superuser"),
        ] {
            assert_eq!(printed(full), short);
        }
    }
}
