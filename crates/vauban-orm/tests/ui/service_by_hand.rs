#![deny(deprecated)]
mod site;
use site::*;
use vauban_orm::actor::{Proof, Right};
use vauban_orm::actions::{Add, View};
use vauban_orm::{May, Service, service};

pub enum SignUp {} impl Service for SignUp { type Rights = (Right<Add, User>, ()); const SIGNED: Proof<Self> = Proof::__by_macro(); fn waiver() -> vauban_orm::__private::Place { vauban_orm::__private::__place!(ServiceRights, "people sign up before they are anybody") } }

fn main() {}
