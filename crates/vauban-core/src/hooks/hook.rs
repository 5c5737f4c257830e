//! A hook as a type: on what it is called, as whom it acts, and how.

use std::future::Future;

use vauban_orm::actor::ServiceMeta;
use vauban_orm::{Db, Read, Service, Write};

use super::Event;
use crate::tasks::AsService;

/// A hook: written by [`#[hook]`](macro@crate::hook), which makes a type of an async function.
pub trait Hook: Sized + Send + Sync + 'static {
    /// As whom it acts.
    type As: ActsAs;
    /// On what it is called.
    type On: Event;

    /// Does it, in this unit.
    #[doc(hidden)]
    fn run(
        unit: &Db<Write>,
        event: &Self::On,
    ) -> impl Future<Output = Result<(), <Self::On as Event>::Failure>> + Send;
}

mod sealed {
    pub trait Sealed {}
    impl<S> Sealed for super::AsService<S> {}
}

/// As whom a hook acts. CWE-441: one without it would act with the rights of whoever it happens to.
#[diagnostic::on_unimplemented(
    message = "a hook states as whom it acts: its first parameter is `AsService<…>`, not `{Self}`",
    label = "this does not say as whom",
    note = "write `_: AsService<Welcome>`, a service that `service! {{ pub Welcome: …; }}` declares and a module lists"
)]
pub trait ActsAs: sealed::Sealed + Send + Sized + 'static {
    #[doc(hidden)]
    fn service() -> ServiceMeta;
    #[doc(hidden)]
    fn of() -> Self;
    /// The same unit, in which it acts.
    #[doc(hidden)]
    fn acting(unit: &Db<Write>) -> Db<Write>;
}

impl<S: Service> ActsAs for AsService<S> {
    fn service() -> ServiceMeta {
        ServiceMeta::of::<S>()
    }
    fn of() -> Self {
        Self::new()
    }
    fn acting(unit: &Db<Write>) -> Db<Write> {
        #[allow(deprecated)]
        unit.acting::<S>().__unit()
    }
}

/// What a hook may ask for besides the event.
#[diagnostic::on_unimplemented(
    message = "a hook has no parameter of the type `{Self}`",
    note = "after `AsService<…>` there may be `Db<Write>` or `Db`, and the event: `e: &SignedUp`"
)]
pub trait HookParam: Sized {
    #[doc(hidden)]
    fn take<A: ActsAs>(unit: &Db<Write>) -> Self;
}

/// Reads and writes as the hook's service, in the unit of whoever it happens to.
impl HookParam for Db<Write> {
    fn take<A: ActsAs>(unit: &Db<Write>) -> Self {
        A::acting(unit)
    }
}

impl HookParam for Db<Read> {
    fn take<A: ActsAs>(unit: &Db<Write>) -> Self {
        #[allow(deprecated)]
        A::acting(unit).__read()
    }
}
