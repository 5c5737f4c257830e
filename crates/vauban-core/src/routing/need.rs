//! What a view needs of the site.

use std::any::{Any, TypeId, type_name};

/// A part that a view needs: checked when the program is assembled, so that nobody meets its absence.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
}

impl Need {
    /// The part of this type.
    pub const fn of<T: Any>() -> Self {
        Self {
            id: TypeId::of::<T>,
            name: type_name::<T>,
        }
    }

    /// The part's type.
    pub(crate) fn id(&self) -> TypeId {
        (self.id)()
    }

    pub(crate) fn missing(&self) -> String {
        format!(
            "no module brings the part {}: add the module that does",
            (self.name)()
        )
    }
}
