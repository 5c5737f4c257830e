//! Organisations and who belongs to them, in which role.

pub mod forms;
pub mod views;

use vauban::prelude::*;

use crate::events::Event;
use crate::tasks::Task;
use crate::users::User;

/// People who work together. For everybody else it is not there.
#[derive(Model)]
#[model(related(memberships: Membership.organisation, tasks: Task.organisation, events: Event.organisation))]
pub struct Organisation {
    pub id: Id<Self>,
    #[field(max_length = 100)]
    pub name: String,
    /// Members read it, and the database does not; an organisation is found by all of it.
    #[field(encrypted = "organisation.tax_id", index = blind, max_length = 20)]
    pub tax_id: Option<Encrypted<String>>,
    #[field(auto_now_add)]
    pub created: DateTime,
}

impl Policy for Organisation {
    fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> {
        let admin = who.has_role(&o.id, Role::Admin);
        Rules {
            view: who.is_member(&o.id),
            change: admin.clone(),
            delete: admin,
            ..Rules::none()
        }
    }
}

/// Its name in lists of choices.
impl std::fmt::Display for Organisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// What a member may do, the least first; the last one owns the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
pub enum Role {
    /// Sees the organisation and its tasks.
    Member,
    /// Changes tasks, too.
    Editor,
    /// Changes the organisation and the members' roles, too, and invites people.
    Admin,
}

/// Somebody's place in an organisation.
#[derive(Model)]
#[model(membership, unique(organisation, user))]
pub struct Membership {
    pub id: Id<Self>,
    #[field(tenant, on_delete = cascade)]
    pub organisation: ForeignKey<Organisation>,
    #[field(owner, on_delete = cascade)]
    pub user: ForeignKey<User>,
    #[field(role)]
    pub role: Role,
}

/// Members see each other; admins add, change and remove them; everybody may leave. Nobody can add themselves: rules ask how things stood
/// *before* a statement, so a row never justifies itself.
impl Policy for Membership {
    fn rules(who: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        Rules::members(who, m)
    }
}

vauban::service! {
    /// Makes an organisation and its first admin: there is nobody yet whose rights could allow it.
    pub Founding: View<User>, Add<Organisation>, View<Organisation>, Add<Membership>, Grant<Membership>;
    waiver!(ServiceRights, "somebody has to be the first member of an organisation")
}

/// The models and the service; their addresses stand in `urls.rs`.
pub fn module() -> Module {
    Module::new("organisations")
        .model::<Organisation>()
        .model::<Membership>()
        .service::<Founding>()
}
