//! ASVS 8.4.1, CWE-862: a view asks for a role of the tenant's, and not for whatever type has the right name.

use vauban::prelude::*;

#[derive(Model)]
#[model(user)]
pub struct User {
    pub id: Id<Self>,
}
impl Policy for User {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

#[derive(Model)]
pub struct Organisation {
    pub id: Id<Self>,
}
impl Policy for Organisation {
    fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: who.is_member(&o.id),
            ..Rules::none()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
pub enum Role {
    Viewer,
    Editor,
    Owner,
}

#[derive(Model)]
#[model(membership, unique(organisation, person))]
pub struct Seat {
    pub id: Id<Self>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: ForeignKey<Organisation>,
    #[field(owner, on_delete = cascade)]
    pub person: ForeignKey<User>,
    #[field(role)]
    pub role: Role,
}
impl Policy for Seat {
    fn rules(who: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        Rules::members(who, s)
    }
}

#[view(get, "/organisations/{organisation}/drafts/")]
async fn drafts(_: SignedIn, organisation: HasRole<Organisation, at_least::Editor>) -> Result<Text> {
    Ok(Text::new(organisation.role().label()))
}

fn main() {}
