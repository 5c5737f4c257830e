//! Who signs in.

use vauban::prelude::*;

/// Somebody with an account: the framework's columns, and a name.
#[derive(Clone, Model, UserAccount)]
#[model(user, unique_oracle = waiver!(UniqueOracle, "accounts alone write addresses and tell nobody"))]
pub struct User {
    pub id: Id<Self>,
    #[field(unique, fixed)]
    pub email: Email,
    /// What others call them.
    #[field(max_length = 100)]
    pub name: String,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(privileged, default = false)]
    pub is_staff: bool,
    #[field(privileged, default = false)]
    pub is_superuser: bool,
    #[field(auto_now_add)]
    pub date_joined: DateTime,
    #[field(privileged)]
    pub last_login: Option<DateTime>,
}

/// People see and change themselves. Accounts are made by the framework's own service.
impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules { view: u.id.is(who), change: u.id.is(who), ..Rules::none() }
    }
}

/// The model; the pages for accounts come with the framework.
pub fn module() -> Module {
    Module::new("people").model::<User>()
}
