//! The hooks of a program, and how they are called.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use vauban_orm::{Db, Write};

use super::{ActsAs, Event, Hook};

type Done<'a, E> = Pin<Box<dyn Future<Output = Result<(), <E as Event>::Failure>> + Send + 'a>>;

/// How a hook on the event `E` is called.
type Call<E> = for<'a> fn(&'a Db<Write>, &'a E) -> Done<'a, E>;

/// A hook, as a module lists it.
#[derive(Clone)]
pub struct HookMeta {
    /// Its type's path in the program.
    pub hook: &'static str,
    /// The path of the event's type.
    pub event: &'static str,
    /// That of the service as which it acts.
    pub service: &'static str,
    on: TypeId,
    /// A [`Call`] of its event.
    call: Arc<dyn Any + Send + Sync>,
}

impl HookMeta {
    /// That of a hook.
    pub fn of<H: Hook>() -> Self {
        let call: Call<H::On> = |unit, event| Box::pin(H::run(unit, event));
        Self {
            hook: type_name::<H>(),
            event: type_name::<H::On>(),
            service: H::As::service().type_name(),
            on: TypeId::of::<H::On>(),
            call: Arc::new(call),
        }
    }
}

impl fmt::Debug for HookMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} as {}", self.hook, self.event, self.service)
    }
}

/// What a database carries, so that whoever has a handle can fire: by event, in the order of the modules.
#[derive(Default)]
pub(crate) struct Hooks(HashMap<TypeId, Vec<HookMeta>>);

impl Hooks {
    pub(crate) fn of<'h>(hooks: impl IntoIterator<Item = &'h HookMeta>) -> Self {
        let mut all = Self::default();
        for hook in hooks {
            all.0.entry(hook.on).or_default().push(hook.clone());
        }
        all
    }
}

/// Tells every hook on this event, one after the other, in the unit of `db`. Where no module has one, it costs a look-up.
///
/// # Errors
/// The first one's that fails: the others are not called. Whoever fires ends its unit with it, so that nothing is saved: a view
/// by an answer of 400 or above.
pub async fn fire<E: Event>(db: &Db<Write>, event: &E) -> Result<(), E::Failure> {
    #[allow(deprecated)]
    let hooks = db.__carried::<Hooks>();
    let hooks = hooks.and_then(|hooks| hooks.0.get(&TypeId::of::<E>()));
    for hook in hooks.into_iter().flatten() {
        if let Some(call) = hook.call.downcast_ref::<Call<E>>() {
            call(db, event).await?;
        }
    }
    Ok(())
}
