#![deny(deprecated)]
mod site;
use site::*;
use vauban_orm::actor::{Proof, Right};
use vauban_orm::actions::{Add, View};
use vauban_orm::{May, Service, service};

service! {
    /// Makes accounts for people who have none yet.
    pub SignUp: Add<User>;
    waiver!(ServiceRights, "people sign up before they are anybody") }

fn main() {}
