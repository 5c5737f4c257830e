//! A user model without the framework's columns.

use vauban::prelude::*;

#[derive(Model, UserAccount, Clone)]
#[model(user)]
pub struct User {
    pub id: Id<User>,
    #[field(unique, max_length = 254)]
    pub email: String,
    #[field(privileged, default = true)]
    pub is_active: bool,
    #[field(auto_now_add)]
    pub date_joined: DateTime,
}

impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

fn main() {}
