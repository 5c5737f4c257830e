//! Who acts: nobody, a user, or a named service. There is no general system actor.

use uuid::Uuid;

use crate::meta::ModelMeta;
use crate::model::Model;
use vauban_waiver::{Waiver, walls};

/// Who a handle acts for.
#[derive(Debug, Clone, Copy)]
pub struct Actor(pub(crate) Inner);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Inner {
    Nobody,
    User(UserFacts),
    Service(&'static str, fn() -> &'static [Granted]),
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

    /// The user who made the request, with what policies may ask about them.
    pub const fn user(facts: UserFacts) -> Self {
        Self(Inner::User(facts))
    }

    /// A named service, which may do the pairs of action and model that it lists.
    pub fn service<S: Service>() -> Self {
        Self(Inner::Service(S::NAME, S::grants))
    }

    /// What policies may ask about the signed-in user; nothing for nobody and for services.
    pub const fn user_facts(&self) -> Option<UserFacts> {
        match self.0 {
            Inner::User(facts) => Some(facts),
            _ => None,
        }
    }
}

/// A part of the program that acts when nobody asks, and what it may do beyond the policies
/// (CWE-441). Written by [`service!`](crate::service).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    note = "write `service! {{ /// What it does. pub SignUp: Add<User>; waiver!(ServiceRights, \"why it may\") }}`"
)]
pub trait Service: Send + Sync + 'static {
    /// The name in the access matrix.
    const NAME: &'static str;
    /// Signed once for all its rights.
    fn waiver() -> Waiver<walls::ServiceRights>;
    /// The pairs of action and model that it may do, as the access matrix prints them.
    fn grants() -> &'static [Granted];
}

/// The service may do the action `A` to every row of `M`, whatever the policy. Written by
/// [`service!`](crate::service), so that the list in the access matrix is what the compiler checked.
#[diagnostic::on_unimplemented(
    message = "the service `{Self}` may not `{A}` `{M}`",
    label = "not among the rights of `{Self}`",
    note = "add the right to the service's list: `service! {{ pub {Self}: {A}<{M}>, … }}`"
)]
pub trait May<A, M: Model>: Service {
    #[doc(hidden)]
    const LISTED: crate::actor::Listed;
}

/// Proof that [`service!`](crate::service) wrote the impl.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Listed;

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
/// # impl Policy for User { fn rules(_: Who, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
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
            const NAME: &'static str = stringify!($name);
            fn waiver() -> $crate::__private::Waiver<$crate::__private::walls::ServiceRights> {
                $crate::__private::waiver!(ServiceRights, $reason)
            }
            fn grants() -> &'static [$crate::actor::Granted] {
                &[$($crate::actor::Granted {
                    action: $crate::actor::Action::$action,
                    model: <$model as $crate::Model>::meta,
                }),+]
            }
        }
        $(impl $crate::May<$crate::actions::$action, $model> for $name {
            const LISTED: $crate::actor::Listed = $crate::actor::Listed;
        })+
    };
    // CWE-441: whatever else stands in the waiver's place (`todo!()` has every type) signs nothing.
    ($(#[$doc:meta])* $vis:vis $name:ident : $($action:ident<$model:ty>),+ $(,)? ; $($other:tt)*) => {
        ::std::compile_error!(
            "a service's rights are signed: end with `waiver!(ServiceRights, \"why it may\")`, its reason written out here"
        );
    };
}

/// On whose authority a statement runs: what its text and its answer depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authority {
    pub(crate) actor: Actor,
    /// One model read without its policy, by a signed waiver.
    /// With `true` also written.
    pub(crate) unscoped: Option<(&'static ModelMeta, bool)>,
}

impl Authority {
    pub(crate) fn new(actor: Actor) -> Self {
        Self {
            actor,
            unscoped: None,
        }
    }

    /// Whether a right beyond the policy allows it.
    pub(crate) fn granted(&self, action: Action, model: &ModelMeta) -> bool {
        if self
            .unscoped
            .is_some_and(|(open, writes)| open.is(model) && (writes || action == Action::View))
        {
            return true;
        }
        match self.actor.0 {
            Inner::Service(_, grants) => grants()
                .iter()
                .any(|grant| grant.action == action && (grant.model)().is(model)),
            _ => false,
        }
    }

    pub(crate) fn id(&self) -> Option<Uuid> {
        self.actor.user_facts().map(|facts| facts.id)
    }

    /// What of the authority decides a statement's text.
    pub(crate) fn shape(&self, key: &mut Vec<u8>) {
        match self.actor.0 {
            Inner::Nobody => key.push(0),
            Inner::User(facts) => {
                key.push(4 | u8::from(facts.is_staff) | u8::from(facts.is_superuser) << 1);
            }
            Inner::Service(name, grants) => {
                key.push(8);
                key.extend((name.as_ptr() as usize).to_le_bytes());
                key.extend((grants as usize).to_le_bytes());
            }
        }
        // Every part says its length, so that no two statements have one key.
        match self.unscoped {
            None => key.push(0),
            Some((model, writes)) => {
                key.push(1 + u8::from(writes));
                crate::expr::push(key, model);
            }
        }
    }
}
