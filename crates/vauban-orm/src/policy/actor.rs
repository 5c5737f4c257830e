//! Who acts: nobody, a user, or a named service. There is no general system actor.

use std::any::{TypeId, type_name};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;

use uuid::Uuid;

use crate::model::Model;
use crate::model::types::UserId;
use crate::tree::meta::ModelMeta;
use crate::tree::permission::{Permission, PermissionMeta, Permissions};
use vauban_waiver::Place;

/// Who a handle acts for.
#[derive(Debug, Clone, Copy)]
pub struct Actor(pub(crate) Inner);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Inner {
    Nobody,
    User(UserFacts, Permissions),
    Service(ServiceMeta),
}

/// What rules may ask of a signed-in user without another query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserFacts {
    /// The id of the user's row, whatever the site's user model is.
    pub id: Uuid,
    /// Works for the site.
    pub is_staff: bool,
    /// A superuser. No rule is above them; only rules that name superusers let them more.
    pub is_superuser: bool,
}

impl Actor {
    /// Nobody: a visitor who is not signed in, and a command before it acts as a service.
    pub const fn nobody() -> Self {
        Self(Inner::Nobody)
    }

    /// A signed-in user: applications get them from the site's identity, by its [`Binder`].
    pub(crate) const fn user(facts: UserFacts) -> Self {
        Self(Inner::User(facts, Permissions::NONE))
    }

    /// The same, who holds these permissions; nobody and services hold none.
    pub(crate) const fn holding(self, permissions: Permissions) -> Self {
        match self.0 {
            Inner::User(facts, _) => Self(Inner::User(facts, permissions)),
            Inner::Nobody | Inner::Service(_) => self,
        }
    }

    /// A named service, which may do the pairs of action and model that it lists.
    pub fn service<S: Service>() -> Self {
        Self(Inner::Service(ServiceMeta::of::<S>()))
    }

    /// Whether it is nobody.
    pub const fn is_nobody(&self) -> bool {
        matches!(self.0, Inner::Nobody)
    }

    /// What policies may ask about the signed-in user; nothing for nobody and for services.
    pub const fn user_facts(&self) -> Option<UserFacts> {
        match self.0 {
            Inner::User(facts, _) => Some(facts),
            _ => None,
        }
    }

    /// The permissions that they hold: a user's, as they were when it was found out who asks. Nobody holds any, and no service does:
    /// what that may stands in its list. Superusers hold what they were granted, as everybody does.
    pub const fn permissions(&self) -> Permissions {
        match self.0 {
            Inner::User(_, permissions) => permissions,
            Inner::Nobody | Inner::Service(_) => Permissions::NONE,
        }
    }

    /// Whether they hold a permission.
    pub fn has<P: Permission>(&self) -> bool {
        self.permissions().has(&PermissionMeta::of::<P>())
    }
}

impl Actor {
    /// The service that acts, by its type's path.
    pub fn service_name(&self) -> Option<&'static str> {
        match self.0 {
            Inner::Service(service) => Some(service.type_name()),
            Inner::Nobody | Inner::User(..) => None,
        }
    }
}

impl UserId {
    /// The user who acts; `None` for nobody and for services.
    pub fn of(actor: &Actor) -> Option<Self> {
        actor.user_facts().map(|facts| Self::of_uuid(facts.id))
    }
}

/// Makes actors of people who proved who they are. The framework makes one when it assembles a site and hands it to
/// the site's one identity; whoever has none cannot claim to be anybody (CWE-287, CWE-269).
///
/// ```compile_fail
/// # use vauban_orm::actor::Binder;
/// fn second(binder: &Binder) -> Binder {
///     binder.clone()
/// }
/// ```
pub struct Binder(());

impl Binder {
    /// For the framework, once for each site.
    #[doc(hidden)]
    #[deprecated(note = "only the site's identity makes actors")]
    pub const fn __for_the_sites_identity() -> Self {
        Self(())
    }

    /// The actor of somebody who is signed in.
    pub const fn user(&self, facts: UserFacts) -> Actor {
        Actor::user(facts)
    }

    /// The actor of somebody who is signed in, and holds these permissions.
    pub const fn user_holding(&self, facts: UserFacts, permissions: Permissions) -> Actor {
        Actor::user(facts).holding(permissions)
    }
}

impl fmt::Debug for Binder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Binder")
    }
}

/// A part of the program that acts when nobody asks, and what it may do beyond the policies
/// (CWE-441). Written by [`service!`](crate::service).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    note = "write `service! {{ /// What it does. pub SignUp: Add<User>; waiver!(ServiceRights, \"why it may\") }}`"
)]
pub trait Service: Sized + Send + Sync + 'static {
    /// Its rights, as a list of types: what is enforced and what the access matrix prints.
    type Rights: Rights;
    #[doc(hidden)]
    const SIGNED: Proof<Self>;
    /// Signed once for all its rights.
    fn waiver() -> Place;
}

/// The service may do the action `A` to every row of `M`, whatever the policy. Written by
/// [`service!`](crate::service), and good for the compiler's message only: what a service may do is read from
/// [`Service::Rights`], so an implementation by hand gains nothing.
#[diagnostic::on_unimplemented(
    message = "the service `{Self}` may not `{A}` `{M}`",
    label = "not among the rights of `{Self}`",
    note = "add the right to the service's list: `service! {{ pub {Self}: {A}<{M}>, … }}`"
)]
pub trait May<A, M: Model>: Service {
    #[doc(hidden)]
    const LISTED: Proof<Self>;
}

/// Proof that [`service!`](crate::service) wrote an implementation for `S`, and for no other type.
///
/// CWE-441. Attack: a service by hand signs with another's signature. It compiles as far as nobody asks for the proof;
/// whoever acts by it asks.
///
/// ```compile_fail,E0080
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// # use vauban_orm::actor::{Proof, ServiceMeta};
/// service! {
///     /// Tidies.
///     pub Tidy: ;
///     waiver!(ServiceRights, "the nightly digest counts the notes")
/// }
/// struct Evil;
/// impl Service for Evil {
///     type Rights = ();
///     const SIGNED: Proof<Self> = panic!();
///     fn waiver() -> vauban_orm::__private::Place {
///         <Tidy as Service>::waiver()
///     }
/// }
/// ServiceMeta::of::<Evil>();
/// ```
#[doc(hidden)]
pub struct Proof<S>(PhantomData<fn() -> S>);

impl<S> Proof<S> {
    /// For the macro.
    #[deprecated(
        note = "a service is written by `service!`, which signs its rights and lists them for review"
    )]
    pub const fn __by_macro() -> Self {
        Self(PhantomData)
    }

    /// That it is there: a constant that is never asked for is never made, and a proof of `loop {}` compiles.
    pub(crate) const fn holds(&self) {}
}
impl<S> fmt::Debug for Proof<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof")
    }
}

/// One right in a service's list: the action `A` on the rows of `M`.
pub struct Right<A, M>(PhantomData<fn() -> (A, M)>);

impl<A, M> fmt::Debug for Right<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Right")
    }
}

/// A list of rights: `(Right<Add, User>, (Right<View, User>, ()))`. Implemented by this crate only.
pub trait Rights: sealed::Rights {
    #[doc(hidden)]
    fn each(tell: &mut dyn FnMut(Granted));
}

mod sealed {
    pub trait Rights: 'static {}
    impl Rights for () {}
    impl<A: 'static, M: 'static, Rest: Rights> Rights for (super::Right<A, M>, Rest) {}
    #[cfg(any(test, feature = "testing"))]
    impl Rights for super::Everything {}
}

impl Rights for () {
    fn each(_: &mut dyn FnMut(Granted)) {}
}
impl<A: actions::Act + 'static, M: Model, Rest: Rights> Rights for (Right<A, M>, Rest) {
    fn each(tell: &mut dyn FnMut(Granted)) {
        tell(Granted {
            action: A::ACTION,
            model: M::meta,
        });
        Rest::each(tell);
    }
}

/// Every right on every row, for the service with which tests make their rows. It counts as listed.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug)]
pub enum Everything {}
#[cfg(any(test, feature = "testing"))]
impl Rights for Everything {
    fn each(_: &mut dyn FnMut(Granted)) {}
}

/// What is known of a service: who it is, its type's name, what it may do.
#[derive(Debug, Clone, Copy)]
pub struct ServiceMeta {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
    rights: fn(&mut dyn FnMut(Granted)),
    everything: fn() -> bool,
}

impl ServiceMeta {
    /// What a service's type says of itself, for a module's list.
    pub fn of<S: Service>() -> Self {
        // CWE-441: signed by `service!`, and not with the signature of another service.
        const { S::SIGNED.holds() };
        Self {
            id: TypeId::of::<S>,
            name: type_name::<S>,
            rights: <S::Rights as Rights>::each,
            #[cfg(any(test, feature = "testing"))]
            everything: || TypeId::of::<S::Rights>() == TypeId::of::<Everything>(),
            #[cfg(not(any(test, feature = "testing")))]
            everything: || false,
        }
    }

    /// The path of its type, as the compiler has it: nobody can call a service by another's name.
    pub fn type_name(&self) -> &'static str {
        (self.name)()
    }

    /// What it may do, model by model, for the access matrix.
    pub fn rights(&self) -> Vec<Granted> {
        let mut rights = Vec::new();
        (self.rights)(&mut |right| rights.push(right));
        rights
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        (self.id)() == (other.id)()
    }

    pub(crate) fn may_everything(&self) -> bool {
        (self.everything)()
    }

    /// What tells it from every other service, for a statement's text.
    pub(super) fn shape(&self, key: &mut Vec<u8>) {
        // The functions are the type's own, but the linker may give two types one function; the type's id they do not
        // share.
        let mut id = DefaultHasher::new();
        (self.id)().hash(&mut id);
        key.extend(id.finish().to_le_bytes());
        key.extend((self.rights as usize).to_le_bytes());
    }

    pub(super) fn may(&self, action: Action, model: &ModelMeta) -> bool {
        let mut found = self.may_everything();
        (self.rights)(&mut |right| found |= right.action == action && (right.model)().is(model));
        found
    }
}

/// What can be done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// May read every row of the model, whatever its policy says.
    View,
    /// May insert rows of the model, whatever its policy says.
    Add,
    /// May update every row of the model; to change a row is also to see it.
    Change,
    /// May delete every row of the model; to delete a row is also to see it.
    Delete,
    /// Write columns that carry privilege.
    Grant,
}

/// The actions as types, for a service's list.
pub mod actions {
    use super::Action;

    mod sealed {
        pub trait Sealed {}
    }

    /// An action on a model that a service can list, as a type.
    pub trait Act: sealed::Sealed {
        /// Which.
        const ACTION: Action;
    }

    macro_rules! acts {
        ($($(#[$doc:meta])+ $name:ident),+) => { $(
            $(#[$doc])+
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
            impl sealed::Sealed for $name {}
            impl Act for $name { const ACTION: Action = Action::$name; }
        )+ };
    }
    acts! {
        /// Read rows.
        View,
        /// Insert rows.
        Add,
        /// Update rows.
        Change,
        /// Delete rows.
        Delete,
        /// Write the columns that carry privilege (with `Add` or `Change`).
        Grant
    }
}

/// One right of a service.
#[derive(Debug, Clone, Copy)]
pub struct Granted {
    /// What it may do …
    pub action: Action,
    /// … to the rows of this model.
    pub model: fn() -> &'static ModelMeta,
}

/// Declares a service: its name, its rights, its signed reason.
///
/// ```
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm, user)]
/// # pub struct User { pub id: Id<User>, #[field(max_length = 100)] pub email: String }
/// # impl Policy for User { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// service! {
///     /// Makes accounts for people who have none yet.
///     pub SignUp: Add<User>, View<User>;
///     waiver!(ServiceRights, "people sign up before they are anybody")
/// }
///
/// async fn sign_up(db: &Db<Write>, email: String) -> Result<User> {
///     User::create(NewUser { email }).save(&db.acting::<SignUp>()).await
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! service {
    (
        $(#[$doc:meta])* $vis:vis $name:ident : $($action:ident<$model:ty>),+ $(,)? ;
        waiver!(ServiceRights, $reason:literal) $(;)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        $vis enum $name {}
        impl $crate::Service for $name {
            type Rights = $crate::__rights!($($action<$model>),+);
            #[allow(deprecated)]
            const SIGNED: $crate::actor::Proof<Self> = $crate::actor::Proof::__by_macro();
            fn waiver() -> $crate::__private::Place {
                $crate::__private::__place!(ServiceRights, $reason)
            }
        }
        $(impl $crate::May<$crate::actions::$action, $model> for $name {
            #[allow(deprecated)]
            const LISTED: $crate::actor::Proof<Self> = $crate::actor::Proof::__by_macro();
        })+
    };
    // CWE-441: whatever else stands in the waiver's place (`todo!()` has every type) signs nothing.
    ($(#[$doc:meta])* $vis:vis $name:ident : $($action:ident<$model:ty>),+ $(,)? ; $($other:tt)*) => {
        ::std::compile_error!(
            "a service's rights are signed: end with `waiver!(ServiceRights, \"why it may\")`, its reason written out here"
        );
    };
}

/// For [`service!`](crate::service): a list of rights as a type.
#[doc(hidden)]
#[macro_export]
macro_rules! __rights {
    () => { () };
    ($action:ident<$model:ty> $(, $rest:ident<$of:ty>)*) => {
        ($crate::actor::Right<$crate::actions::$action, $model>, $crate::__rights!($($rest<$of>),*))
    };
}
