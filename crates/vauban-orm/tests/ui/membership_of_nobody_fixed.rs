//! CWE-863. The mistake: a seat that may be nobody's.

#![allow(dead_code)]

use vauban_macros::{Model, Role};
use vauban_orm::{Columns, ForeignKey, Id, Policy, Rules, Who};

#[derive(Model)]
#[model(crate = vauban_orm, user)]
pub struct User {
    pub id: Id<User>,
}
impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Model)]
#[model(crate = vauban_orm)]
pub struct Firm {
    pub id: Id<Firm>,
}
impl Policy for Firm {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
#[choices(crate = vauban_orm)]
pub enum Level {
    Guest,
    Owner,
}

#[derive(Model)]
#[model(crate = vauban_orm, membership, unique(firm, person))]
pub struct Seat {
    pub id: Id<Seat>,
    #[field(tenant)]
    pub firm: ForeignKey<Firm>,
    #[field(owner)]
    pub person: ForeignKey<User>,
    #[field(role)]
    pub level: Level,
}
impl Policy for Seat {
    fn rules(who: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules::members(who, s)
    }
}

fn main() {}
