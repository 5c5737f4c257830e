//! __Many__: each is its owner's, and for everybody else not there.

pub mod forms;
pub mod views;

use vauban::prelude::*;

__uses__use crate::people::User;

/// __A_one__.
#[derive(Model)]
pub struct __Model__ {
    pub id: Id<Self>,
__model_fields__
    #[field(owner, on_delete = cascade)]
    pub owner: ForeignKey<User>,
    #[field(auto_now_add, index)]
    pub created: DateTime,
}

/// The owner may do everything, others nothing. To publish some: `view: r.published.eq(true) | mine.clone()`.
impl Policy for __Model__ {
    fn rules(who: Who<Self>, r: &Columns<Self>) -> Rules<Self> {
        let mine = r.owner.is(who);
        Rules::owner(mine)
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
