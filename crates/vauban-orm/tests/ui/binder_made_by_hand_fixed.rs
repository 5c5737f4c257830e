#![deny(deprecated)]
use vauban_orm::actor::Binder;
use vauban_orm::{Actor, UserFacts};

pub fn claim(binder: &Binder, facts: UserFacts) -> Actor {
    binder.user(facts)
}

fn main() {}
