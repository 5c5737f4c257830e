#![deny(deprecated)]
mod site;
use site::*;
use vauban_orm::actor::{Proof, Right};
use vauban_orm::actions::{Add, View};
use vauban_orm::{May, Service, service};

service! {
    /// Reads who there is, and is signed for that.
    pub Honest: View<User>;
    waiver!(ServiceRights, "people are looked up before they are anybody")
}

pub enum SignUp {} impl Service for SignUp { type Rights = (Right<Add, User>, ()); const SIGNED: Proof<Self> = <Honest as Service>::SIGNED; fn waiver() -> vauban_orm::__private::Place { vauban_orm::__private::__place!(ServiceRights, "people sign up before they are anybody") } }

fn main() {}
