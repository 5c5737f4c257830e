//! As whom a task runs: the first parameter of every one.

use std::fmt;
use std::marker::PhantomData;

use vauban_orm::actor::ServiceMeta;
use vauban_orm::{Actor, Service, UserId};

use super::call::TaskCall;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::AsAsker {}
    impl<S> Sealed for super::AsService<S> {}
}

/// As whom a task runs. CWE-441: a task without it would act as nobody knows whom.
#[diagnostic::on_unimplemented(
    message = "a task states as whom it runs: its first parameter is `AsAsker` or `AsService<…>`, not `{Self}`",
    label = "this does not say as whom",
    note = "`who: AsAsker` runs as whoever enqueued it, with the rights that they have when it runs",
    note = "`_: AsService<Digest>` runs as a service that `service! {{ pub Digest: …; }}` declares and a module lists"
)]
pub trait RunsAs: sealed::Sealed + Send + Sized + 'static {
    #[doc(hidden)]
    fn service() -> Option<ServiceMeta>;
    #[doc(hidden)]
    fn actor() -> Option<Actor>;
    #[doc(hidden)]
    fn of(call: &TaskCall<'_>) -> Self;
}

/// As whoever enqueued it, with the rights that they have when it runs: the site's identity is asked anew. Somebody who may not act any
/// more (deactivated, deleted) is refused; that is shown by `tasks list`, and not tried again.
#[derive(Debug, Clone, Copy)]
pub struct AsAsker(UserId);

impl AsAsker {
    /// Whoever asked for it, by the id of their account.
    pub fn user(&self) -> UserId {
        self.0
    }
}

impl RunsAs for AsAsker {
    fn service() -> Option<ServiceMeta> {
        None
    }
    fn actor() -> Option<Actor> {
        None
    }
    fn of(call: &TaskCall<'_>) -> Self {
        match UserId::of(&call.actor) {
            Some(user) => Self(user),
            // The driver runs it as a user, or not at all.
            None => unreachable!("a task of somebody, run as nobody"),
        }
    }
}

/// As the service `S`: the task's `Db` may what the service lists, and what the policies let everybody do.
pub struct AsService<S>(PhantomData<fn() -> S>);

impl<S> fmt::Debug for AsService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsService")
    }
}

impl<S> AsService<S> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<S: Service> RunsAs for AsService<S> {
    fn service() -> Option<ServiceMeta> {
        Some(ServiceMeta::of::<S>())
    }
    fn actor() -> Option<Actor> {
        Some(Actor::service::<S>())
    }
    fn of(_: &TaskCall<'_>) -> Self {
        Self::new()
    }
}
