//! Those who are told of what a unit changed, before it is saved.

use std::any::type_name;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::database::Database;
use super::handles::{Acting, Write};
use super::shared::Shared;
use crate::error::{Error, Result};
use crate::policy::actor::{Actor, Service};
use crate::policy::changes::Change;

/// Is told, as the unit's last statement before its commit, what the unit changed in rows of models with `#[model(changes)]`, and
/// may write down what it likes of it: an audit, an outbox. A module brings one with `Module::on_change`.
///
/// It acts as a service of its own, in the same unit, so that what it writes is saved with what it was told of, or neither is. What
/// it writes itself is told to nobody. Nothing is told of what was undone ([`nested`](crate::Db::nested) parts too), nor of a unit
/// that changed no such row. Where no model asks, or no module brings a hook, nothing is read or held for it; where one does,
/// adding a row costs no statement, and changing or deleting one reads the old values first.
///
/// ```
/// # use vauban_macros::Model;
/// # use vauban_orm::*;
/// #[derive(Model)]
/// #[model(crate = vauban_orm, changes)]
/// pub struct Invoice {
///     pub id: Id<Invoice>,
///     #[field(max_length = 50)]
///     pub title: String,
/// }
/// # impl Policy for Invoice { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm)]
/// # pub struct Entry { pub id: Id<Entry>, #[field(max_length = 500)] pub text: String }
/// # impl Policy for Entry { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// service! {
///     /// Writes down what was changed.
///     pub WriteDown: Add<Entry>;
///     waiver!(ServiceRights, "people who change rows do not write the audit themselves")
/// }
///
/// struct Audit;
///
/// impl ChangeHook for Audit {
///     type Service = WriteDown;
///
///     async fn changed(&self, changes: &Changes<'_>, db: &Acting<WriteDown, Write>) -> Result<()> {
///         for change in changes.iter() {
///             for column in change.columns() {
///                 // A field that its struct keeps to its module, or whose type is secret, reads `(secret)`.
///                 let (old, new) = (column.old(), column.new());
///                 let text = format!("{change:?} {}: {old} -> {new}", column.field());
///                 let text = text.chars().take(500).collect();
///                 Entry::create(NewEntry { text }).save(db).await?;
///             }
///         }
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
///
/// A unit tells of at most 100,000 rows and about 64 MiB of values: the statement that would go beyond fails with
/// [`Error::TooLarge`], and is not done. ASVS 5.0 16.3; CWE-778.
pub trait ChangeHook: Send + Sync + 'static {
    /// As whom it writes: it may what this service lists, and nothing else.
    type Service: Service;

    /// The unit is about to be saved.
    ///
    /// # Errors
    /// Then nothing of the unit is saved, and whoever asked is told so ([`Error::ChangeHook`], 500; where the database is at fault,
    /// its own error). [`Error::Refused`] is 409 and says why.
    fn changed(
        &self,
        changes: &Changes<'_>,
        db: &Acting<Self::Service, Write>,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// What a unit changed, in the order in which it was done.
#[derive(Debug)]
pub struct Changes<'c> {
    actor: Actor,
    all: &'c [Change],
}

impl<'c> Changes<'c> {
    /// Whose unit it is: who made the request. Who did one of the changes, says [`Change::actor`].
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The changes, in the order in which they were made.
    pub fn iter(&self) -> std::slice::Iter<'c, Change> {
        self.all.iter()
    }
}

impl<'c> IntoIterator for &Changes<'c> {
    type Item = &'c Change;
    type IntoIter = std::slice::Iter<'c, Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

type Telling<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

trait AnyHook: Send + Sync {
    fn name(&self) -> &'static str;
    fn tell<'a>(&'a self, changes: &'a Changes<'a>, unit: &'a Arc<Shared>) -> Telling<'a>;
}

impl<H: ChangeHook> AnyHook for H {
    fn name(&self) -> &'static str {
        type_name::<H>()
    }

    fn tell<'a>(&'a self, changes: &'a Changes<'a>, unit: &'a Arc<Shared>) -> Telling<'a> {
        Box::pin(async move {
            let db = Acting::untold(unit);
            self.changed(changes, &db).await
        })
    }
}

/// The hooks of a program, in the order in which they are told. For the framework.
#[derive(Clone, Default)]
pub struct ChangeHooks(Vec<Arc<dyn AnyHook>>);

impl ChangeHooks {
    /// Another one, behind those.
    pub fn add(&mut self, hook: impl ChangeHook) {
        self.0.push(Arc::new(hook));
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ChangeHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|hook| hook.name()))
            .finish()
    }
}

impl Database {
    /// Whom it is told what units changed. The first call decides, for units that begin after it.
    #[doc(hidden)]
    pub fn set_change_hooks(&self, hooks: ChangeHooks) {
        if !hooks.is_empty() {
            self.0.hooks.get_or_init(|| Box::new(hooks));
        }
    }
}

/// Tells what a unit of this actor's changed.
pub(super) async fn tell(unit: &Arc<Shared>, actor: Actor) -> Result<()> {
    let all = unit.close_changes().await;
    // Half of a part that is still open is not saved, and so not told of.
    if all.is_empty() || unit.parts.depth() > 0 {
        return Ok(());
    }
    let changes = Changes { actor, all: &all };
    let hooks = unit.database.0.hooks.get();
    let hooks = hooks.and_then(|hooks| hooks.downcast_ref::<ChangeHooks>());
    for hook in hooks.iter().flat_map(|hooks| &hooks.0) {
        let told = hook.tell(&changes, unit).await;
        told.map_err(|error| failed(hook.name(), error))?;
    }
    Ok(())
}

fn failed(hook: &'static str, error: Error) -> Error {
    match error {
        // Whoever asked may come again, as with any of the unit's own statements.
        error if error.status() == 503 => error,
        // Said of what they asked for, and not the hook's failure.
        error @ Error::Refused(_) => error,
        error => Error::ChangeHook {
            hook,
            error: Box::new(error),
        },
    }
}
