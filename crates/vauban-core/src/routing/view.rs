//! What `#[view]` writes: a type per view, made of types and `run`. What is known of a view is found out from them.

use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use ::http::Method;
use vauban_orm::PermissionMeta;
use vauban_orm::checks::shown_type;

use super::{AccessRule, BySession, Kind, ParamMeta, Params, Public, Reading, RoleAsked, ViewMeta, Writing};
use crate::http::{Csp, Outcome, Request, Respond};

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
    /// What the policy of its pages lets in beyond the site's.
    const CSP: Csp = Csp::strict();
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

impl Request {
    /// Whether this is a request for a view: what a gate or a middleware asks, whichever way its address is spelled and
    /// wherever the site has put it (CWE-288).
    ///
    /// ```
    /// # extern crate vauban_core as vauban;
    /// # use vauban::prelude::*;
    /// # use vauban::{Module, Request};
    /// #[view(post, "/")]
    /// async fn sign(_: Public) -> Result<Text> {
    ///     Ok(Text::new("Thank you."))
    /// }
    ///
    /// fn module() -> Module {
    ///     Module::new("guestbook").gate(|cx: &Request| match cx.is_for::<sign>() {
    ///         true => Err(Error::forbidden()),
    ///         false => Ok(None),
    ///     })
    /// }
    /// ```
    pub fn is_for<V: View>(&self) -> bool {
        self.route()
            .is_some_and(|route| route.view_type == TypeId::of::<V>())
    }
}

/// The other origins that the page of a view sends forms to.
fn forms_to<V: View, R: Run<V>>(_: fn() -> R) -> &'static [&'static str] {
    <<R::Answer as Outcome>::Answer as Respond>::__forms_to()
}

/// The roles in a tenant that a view's parameters ask for.
fn roles_of<V: View, R: Run<V>>(_: fn() -> R) -> Vec<RoleAsked> {
    let mut asked = Vec::new();
    R::Params::roles(&mut |role| asked.push(role));
    asked
}

/// The permissions that a rule asks.
fn asked_by<R: AccessRule>() -> Vec<PermissionMeta> {
    let mut asked = Vec::new();
    R::permissions(&mut |permission| asked.push(permission));
    asked
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
                rule: shown_type(type_name::<V::Rule>()),
                credential: (TypeId::of::<CredentialOf<V>>() != TypeId::of::<BySession>())
                    .then(|| shown_type(type_name::<CredentialOf<V>>())),
                permissions: asked_by::<V::Rule>(),
                asks_factor: V::Rule::ASKS_FACTOR,
                roles: roles_of::<V, _>(V::run),
                params: V::SEGMENTS,
                body_limit: V::BODY,
                timeout: V::TIMEOUT,
                csp: V::CSP,
                forms_to: forms_to(V::run),
                file: V::FILE,
                line: V::LINE,
                view_type: TypeId::of::<V>(),
                rule_type: TypeId::of::<V::Rule>(),
                public: TypeId::of::<V::Rule>() == TypeId::of::<Public>(),
            }))
        })
    }
}
