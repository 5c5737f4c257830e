//! __Many__: everybody reads them.

pub mod views;

use vauban::prelude::*;
__uses__
/// __A_one__.
#[derive(Model)]
pub struct __Model__ {
    pub id: Id<Self>,
__model_fields__
    #[field(auto_now_add, index)]
    pub created: DateTime,
}

/// Everybody sees them. Nobody signs in here, so nobody writes through a page: a service of a command does.
impl Policy for __Model__ {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::public()
    }
}

/// How it is called in lists of choices.
impl std::fmt::Display for __Model__ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.__label__)
    }
}

/// The model; its addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("__models__").model::<__Model__>()
}
