//! Sign-up gives a new account nothing but its address.

use vauban::prelude::*;

#[derive(FieldGroup, Clone)]
pub struct Profile {
    #[field(max_length = 20)]
    pub nick: String,
}

#[derive(Model, UserAccount, Clone)]
#[model(user)]
pub struct User {
    pub id: Id<User>,
    #[field(unique, fixed)]
    pub email: Email,
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
    #[field(group, given)]
    pub profile: Profile,
}

impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

fn main() {}
