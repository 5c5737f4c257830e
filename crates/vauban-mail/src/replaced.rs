//! Which mails of its modules a site writes itself, by their type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use vauban::commands::Failure;
use vauban::http::Result;

use crate::written::Written;

/// A mail of the site's own in place of a module's: what `App::mail` wires, and `Module::contribute` for a module that replaces another's.
#[derive(Clone)]
pub struct Replacement {
    pub(crate) mail: TypeId,
    pub(crate) name: &'static str,
    pub(crate) by: &'static str,
    /// A `Write<M>`.
    pub(crate) write: Arc<dyn Any + Send + Sync>,
}

/// Writes the site's mail with the values of the module's; where it lacks something, an error that says what.
pub(crate) type Write<M> = fn(M, &str) -> Result<Written>;

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in place of {}", self.by, self.name)
    }
}

/// What came of it: the mail as the site writes it, or the mail, which the site leaves as it is.
pub type Replaced<M> = Result<Result<Written, M>>;

/// Those of a site.
#[derive(Debug, Default)]
pub struct Replacements(HashMap<TypeId, Replacement>);

impl Replacements {
    /// # Errors
    /// If a mail has two.
    pub(crate) fn of(all: &[Replacement]) -> Result<Self, Failure> {
        let mut found = HashMap::new();
        for one in all {
            if let Some(first) = found.insert(one.mail, one.clone()) {
                let Replacement { name, by, .. } = &one;
                return Err(Failure::new(format_args!(
                    "The mail {name} is replaced twice, by {} and by {by}: leave one `.mail::<…>()` out.",
                    first.by
                )));
            }
        }
        Ok(Self(found))
    }

    /// Writes a mail as the site has it.
    ///
    /// # Errors
    /// While developing and in tests: it lacks an address that the module's has.
    pub fn write<M: 'static>(&self, mail: M, unsubscribe: &str) -> Replaced<M> {
        let replacement = self.0.get(&TypeId::of::<M>());
        let Some(write) = replacement.and_then(|one| one.write.downcast_ref::<Write<M>>()) else {
            return Ok(Err(mail));
        };
        write(mail, unsubscribe).map(Ok)
    }
}
