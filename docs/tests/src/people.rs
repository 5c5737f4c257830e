//! The user that the guide's snippets refer to.

use vauban::{Columns, Id, Model, Policy, Rules, Who};

/// Somebody with an account.
#[derive(Model)]
#[model(user)]
pub struct User {
    /// The primary key.
    pub id: Id<Self>,
    /// What others call them.
    #[field(max_length = 100)]
    pub name: String,
}

impl Policy for User {
    fn rules(who: Who<Self>, u: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: u.id.is(who),
            ..Rules::none()
        }
    }
}
