#![deny(deprecated)]
use vauban_orm::actor::Binder;
use vauban_orm::{Actor, UserFacts};

pub fn claim(binder: &Binder, facts: UserFacts) -> Actor {
    Binder::__for_the_sites_identity().user(facts)
}

fn main() {}
