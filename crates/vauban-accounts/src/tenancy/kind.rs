//! A membership of the site, without its type.

use std::fmt;

use uuid::Uuid;
use vauban::Url;
use vauban::orm::membership::{Membership, Role, StoredMember, StoredMembers};
use vauban::orm::{Choices as _, Create, Db, Error, Id, ModelMeta, Own, Page, QuerySet, Write};

use super::service::Members;
use crate::users::Answer;
use crate::{Email, UserAccount};

/// Members on a page (CWE-770).
const PER_PAGE: u32 = 100;
/// Owners who are told of one thing (CWE-770).
const MOST_TOLD: u32 = 20;
/// Tenants that are looked at by one statement.
const AT_ONCE: u32 = 500;

/// A member, as somebody sees them.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) person: Uuid,
    /// `None` where the reader may not see the person's row.
    pub(crate) name: Option<String>,
    /// Its name, as it is stored.
    pub(crate) role: String,
    /// What people call it.
    pub(crate) label: String,
    pub(crate) may_change: bool,
    pub(crate) may_remove: bool,
}

/// Somebody's role in a tenant, as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) role: &'static str,
    /// What the tenant is called.
    pub(crate) tenant: String,
    /// What they are called.
    pub(crate) name: String,
}

/// One of the site's memberships.
pub(crate) trait AnyTenancy: Send + Sync + 'static {
    /// The membership's model. Rows know it by its table.
    fn model(&self) -> &'static ModelMeta;
    /// The site's own page of a tenant.
    fn page(&self, tenant: Uuid) -> Option<Url>;
    /// Name and label of each role, the least first.
    fn roles(&self) -> Vec<(&'static str, &'static str)>;
    /// Whether somebody in this role manages members, up to that one.
    fn manages(&self, role: &str, up_to: &str) -> bool;
    /// Somebody's role, if their account may be used: read in the unit of what is decided by it, and held there (CWE-362).
    fn standing<'a>(&'a self, db: &'a Db, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>>;
    /// The same, and nobody else changes it before the unit has ended.
    fn held<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>>;
    /// The members that whoever asks sees, a page of them; of a tenant whose members they do not see, none.
    fn members<'a>(&'a self, db: &'a Db, tenant: Uuid, page: u32) -> Answer<'a, Page<Member>>;
    /// One that whoever asks may change.
    fn member_to_change<'a>(&'a self, db: &'a Db, tenant: Uuid, member: Uuid) -> Answer<'a, Member>;
    /// Gives a member another role, as whoever asks.
    fn change<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid, role: &'a str) -> Answer<'a, ()>;
    /// Removes a member, as whoever asks; says whom, as they were.
    fn remove<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid) -> Answer<'a, Member>;
    /// The owners whose accounts may be used, as many as are told of something.
    fn owners<'a>(&'a self, db: &'a Db, tenant: Uuid) -> Answer<'a, Vec<(Uuid, Email)>>;
    /// Whether the role of this name is the owner's.
    fn is_owner(&self, role: &str) -> bool;
    /// Makes somebody a member who was invited; `false` if they are one.
    fn join<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid, role: &'a str) -> Answer<'a, bool>;
    /// Whether a tenant would be left without an owner if this account were gone.
    fn is_last_owner<'a>(&'a self, db: &'a Db, person: Uuid) -> Answer<'a, bool>;
}

/// The membership `M`, and where the site's page of a tenant is.
pub(crate) struct TenancyOf<M: Membership> {
    page: Option<PageOf<M>>,
}

/// The address of a tenant's page.
pub(crate) type PageOf<M> = fn(Id<<M as Membership>::Tenant>) -> Url;

impl<M: Membership> TenancyOf<M> {
    pub(crate) const fn new(page: Option<PageOf<M>>) -> Self {
        Self { page }
    }
}

impl fmt::Debug for dyn AnyTenancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model().name)
    }
}

/// The rows of a tenant's members.
fn of_tenant<M: Membership>(tenant: Uuid) -> QuerySet<M> {
    QuerySet::<M>::new().filter(|m| M::__keys::<Own<M>>(m).tenant.eq(Id::from_uuid(tenant)))
}

/// The row of one person's.
fn of_person<M: Membership>(tenant: Uuid, person: Uuid) -> QuerySet<M> {
    of_tenant::<M>(tenant).filter(|m| M::__keys::<Own<M>>(m).person.eq(Id::from_uuid(person)))
}

/// The row of one person's that gives them rights: one with a role of the program's (CWE-636).
fn role_of<M: Membership>(tenant: Uuid, person: Uuid) -> QuerySet<M> {
    of_person::<M>(tenant, person).filter(|m| M::__has_a_role::<Own<M>>(m))
}

/// One member's row, whatever role stands there.
fn this<M: Membership>(tenant: Uuid, member: Uuid) -> StoredMembers<M> {
    // CWE-639: of this tenant, which stands in the address, and of no other.
    StoredMembers::new(|m| {
        let of_tenant = M::__keys::<Own<M>>(m).tenant.eq(Id::from_uuid(tenant));
        M::__id::<Own<M>>(m).eq(Id::from_uuid(member)) & of_tenant
    })
}

fn standing_of<M: Membership>(seat: &M) -> Option<Standing>
where
    M::Person: UserAccount,
    M::Tenant: fmt::Display,
{
    let (person, tenant) = (seat.__person()?, seat.__tenant()?);
    // CWE-613: whoever was deactivated has no role.
    person.is_active().then(|| Standing {
        role: seat.role().stored(),
        tenant: short(&tenant.to_string()),
        name: short(person.display_name()),
    })
}

/// A name for a mail or a page: one line, and not a page of it (CWE-117, CWE-1284).
pub(super) fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn seen<M: Membership>(seat: &StoredMember<M>, may_change: bool, may_remove: bool) -> Member
where
    M::Person: UserAccount,
{
    let stored = seat.stored_role();
    Member {
        id: seat.id().uuid(),
        person: seat.person().uuid(),
        name: seat.who().map(|person| short(person.display_name())),
        role: stored.to_owned(),
        label: match seat.role() {
            Some(role) => role.label().to_owned(),
            None => format!("unknown ({})", short(stored)),
        },
        may_change,
        may_remove,
    }
}

impl<M: Membership> AnyTenancy for TenancyOf<M>
where
    M::Person: UserAccount,
    M::Tenant: fmt::Display,
{
    fn model(&self) -> &'static ModelMeta {
        M::meta()
    }

    fn page(&self, tenant: Uuid) -> Option<Url> {
        self.page.map(|page| page(Id::from_uuid(tenant)))
    }

    fn roles(&self) -> Vec<(&'static str, &'static str)> {
        M::Role::all()
            .iter()
            .map(|role| (role.stored(), role.label()))
            .collect()
    }

    fn manages(&self, role: &str, up_to: &str) -> bool {
        let (Some(role), Some(up_to)) = (M::Role::named(role), M::Role::named(up_to)) else {
            return false;
        };
        role.is_at_least(M::Role::MANAGES) && role.is_at_least(up_to)
    }

    fn standing<'a>(&'a self, db: &'a Db, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>> {
        Box::pin(async move {
            let seat = role_of::<M>(tenant, person)
                .related(|m| M::__keys::<Own<M>>(m).tenant)
                .related(|m| M::__keys::<Own<M>>(m).person)
                .first(&db.acting::<Members<M>>())
                .await?;
            Ok(seat.as_ref().and_then(standing_of))
        })
    }

    fn held<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>> {
        Box::pin(async move {
            let seat = role_of::<M>(tenant, person)
                .for_update()
                .of(|m| M::__keys::<Own<M>>(m).person)
                .first(&db.acting::<Members<M>>())
                .await?;
            match seat {
                Some(_) => self.standing(db, tenant, person).await,
                None => Ok(None),
            }
        })
    }

    fn members<'a>(&'a self, db: &'a Db, tenant: Uuid, page: u32) -> Answer<'a, Page<Member>> {
        Box::pin(async move {
            let rows = StoredMembers::<M>::new(|m| M::__keys::<Own<M>>(m).tenant.eq(Id::from_uuid(tenant)));
            let page = rows.page(db, page, PER_PAGE).await?;
            Ok(page.map(|row| seen(&*row, row.may_change(), row.may_delete())))
        })
    }

    fn member_to_change<'a>(&'a self, db: &'a Db, tenant: Uuid, member: Uuid) -> Answer<'a, Member> {
        Box::pin(async move {
            let row = this::<M>(tenant, member).get_to_change(db).await?;
            Ok(seen(&*row, true, false))
        })
    }

    fn change<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid, role: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let role = M::Role::named(role).ok_or(Error::NotFound)?;
            let row = this::<M>(tenant, member).get_to_change(&**db).await?;
            row.change_role(db, role).await
        })
    }

    fn remove<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid) -> Answer<'a, Member> {
        Box::pin(async move {
            let row = this::<M>(tenant, member).get_to_delete(&**db).await?;
            let was = seen(&*row, false, true);
            row.remove(db).await?;
            Ok(was)
        })
    }

    fn owners<'a>(&'a self, db: &'a Db, tenant: Uuid) -> Answer<'a, Vec<(Uuid, Email)>> {
        Box::pin(async move {
            let rows = standing_owners::<M>([Id::from_uuid(tenant)])
                .related(|m| M::__keys::<Own<M>>(m).person)
                .limit(MOST_TOLD)
                .all(&db.acting::<Members<M>>())
                .await?;
            let owners = rows
                .iter()
                .filter_map(|row| Some((row.person().uuid(), row.__person()?.email().clone())));
            Ok(owners.collect())
        })
    }

    fn is_owner(&self, role: &str) -> bool {
        M::Role::named(role).is_some_and(|role| role.is_at_least(M::Role::OWNER))
    }

    fn join<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid, role: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let acting = db.acting::<Members<M>>();
            if of_person::<M>(tenant, person).exists(&acting).await? {
                return Ok(false);
            }
            let role = M::Role::named(role).ok_or(Error::NotFound)?;
            let new = M::__new(Id::from_uuid(tenant), Id::from_uuid(person), role);
            Create::<M>::new(new).save(&acting).await?;
            Ok(true)
        })
    }

    fn is_last_owner<'a>(&'a self, db: &'a Db, person: Uuid) -> Answer<'a, bool> {
        Box::pin(async move {
            let acting = db.acting::<Members<M>>();
            let mut after = Id::from_uuid(Uuid::nil());
            loop {
                let owned = owners::<M>()
                    .filter(|m| M::__keys::<Own<M>>(m).person.eq(Id::from_uuid(person)))
                    .filter(|m| M::__id::<Own<M>>(m).gt(after))
                    .order_by(|m| M::__id::<Own<M>>(m).asc())
                    .limit(AT_ONCE)
                    .all(&acting)
                    .await?;
                let Some(last) = owned.last() else {
                    return Ok(false);
                };
                after = last.id();
                let others = standing_owners::<M>(owned.iter().map(Membership::tenant))
                    .filter(|m| M::__keys::<Own<M>>(m).person.ne(Id::from_uuid(person)))
                    .values(|m| M::__keys::<Own<M>>(m).tenant)
                    .distinct()
                    .all(&acting)
                    .await?;
                // A person is in a tenant once.
                if others.len() < owned.len() {
                    return Ok(true);
                }
            }
        })
    }
}

/// The rows of owners.
pub(super) fn owners<M: Membership>() -> QuerySet<M> {
    QuerySet::<M>::new().filter(|m| M::__is_owner::<Own<M>>(m))
}

/// The rows of these tenants' owners whose accounts may be used.
pub(super) fn standing_owners<M: Membership>(tenants: impl IntoIterator<Item = Id<M::Tenant>>) -> QuerySet<M>
where
    M::Person: UserAccount,
{
    owners::<M>()
        .filter(|m| M::__keys::<Own<M>>(m).tenant.is_in(tenants))
        .filter(|m| {
            M::Person::columns_of_account(M::__keys::<Own<M>>(m).person)
                .is_active
                .eq(true)
        })
}
