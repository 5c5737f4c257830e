//! __Many__: an organisation's members see them, its editors and admins change them.

pub mod forms;
pub mod views;

use vauban::prelude::*;

__uses__use crate::organisations::{Organisation, Role};

/// __A_one__.
#[derive(Model)]
pub struct __Model__ {
    pub id: Id<Self>,
__model_fields__
    #[field(tenant)]
    pub organisation: ForeignKey<Organisation>,
    #[field(auto_now_add, index)]
    pub created: DateTime,
}

impl Policy for __Model__ {
    fn rules(who: Who<Self>, r: &Columns<Self>) -> Rules<Self> {
        let members = &r.organisation.memberships;
        let editor = members.any(|m| m.user.is(who) & m.role.is_in([Role::Editor, Role::Admin]));
        Rules {
            view: members.any(|m| m.user.is(who)),
            add: editor.clone(),
            change: editor.clone(),
            delete: editor,
            ..Rules::none()
        }
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
