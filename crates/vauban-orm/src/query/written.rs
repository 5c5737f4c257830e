//! In development, which rule refused a write.

#[cfg(debug_assertions)]
use crate::error::Error;
use crate::error::Result;
use crate::policy::actor::Action;
use crate::tree::meta::ModelMeta;
use crate::unit::handles::Bound;
#[cfg(debug_assertions)]
use crate::unit::{Found, Refused};

/// Hands on what a write came to, and notes which rule refused it.
pub(super) fn written<T>(
    bound: &Bound,
    model: &'static ModelMeta,
    action: Action,
    done: Result<T>,
) -> Result<T> {
    #[cfg(debug_assertions)]
    if matches!(done, Err(Error::Forbidden)) && bound.explains() {
        bound.refuse(model, action);
    }
    let _ = (bound, model, action);
    done
}

#[cfg(debug_assertions)]
impl Bound {
    pub(super) fn refuse(&self, model: &'static ModelMeta, action: Action) {
        let refused = Refused::new(model, action, Found::Seen, self.last_query(), self.models());
        self.note(refused);
    }
}
