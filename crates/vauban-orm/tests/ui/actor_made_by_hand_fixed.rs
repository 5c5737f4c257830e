mod site;
use site::*;
use vauban_orm::{Actor, Binder, UserFacts};

pub fn claim(binder: &Binder, id: vauban_orm::Id<User>) -> Actor {
    let facts = UserFacts { id: id.uuid(), is_staff: true, is_superuser: true };
    binder.user(facts)
}

fn main() {}
