//! A membership of the site, without its type.

use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban::orm::membership::{Membership, Role};
use vauban::orm::{Create, Db, Error, Id, ModelMeta, Own, QuerySet, Write};

use super::service::Members;
use crate::UserAccount;
use crate::users::Answer;

/// Members that a page lists (CWE-770).
const MOST_LISTED: u32 = 500;

/// A member, as somebody sees them.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) person: Uuid,
    /// `None` where the reader may not see the person's row.
    pub(crate) name: Option<String>,
    pub(crate) role: &'static str,
    pub(crate) label: &'static str,
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
    /// Name and label of each role, the least first.
    fn roles(&self) -> Vec<(&'static str, &'static str)>;
    /// Whether somebody in this role manages members, up to that one.
    fn manages(&self, role: &str, up_to: &str) -> bool;
    /// Somebody's role, if their account may be used: read in the unit of what is decided by it, and held there (CWE-362).
    fn standing<'a>(&'a self, db: &'a Db, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>>;
    /// The same, and nobody else changes it before the unit has ended.
    fn held<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>>;
    /// The members that whoever asks sees; of a tenant whose members they do not see, none.
    fn members<'a>(&'a self, db: &'a Db, tenant: Uuid) -> Answer<'a, Vec<Member>>;
    /// One that whoever asks may change.
    fn member_to_change<'a>(&'a self, db: &'a Db, tenant: Uuid, member: Uuid) -> Answer<'a, Member>;
    /// Gives a member another role, as whoever asks.
    fn change<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid, role: &'a str) -> Answer<'a, ()>;
    /// Removes a member, as whoever asks; says whom.
    fn remove<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid) -> Answer<'a, Uuid>;
    /// Makes somebody a member who was invited; `false` if they are one.
    fn join<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid, role: &'a str) -> Answer<'a, bool>;
    /// Whether a tenant would be left without an owner if this account were gone.
    fn is_last_owner<'a>(&'a self, db: &'a Db, person: Uuid) -> Answer<'a, bool>;
}

/// The membership `M`.
pub(crate) struct TenancyOf<M>(PhantomData<fn() -> M>);

impl<M> TenancyOf<M> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl fmt::Debug for dyn AnyTenancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model().name)
    }
}

/// The role of this name; none of the program's is no role (CWE-636).
fn role_of<M: Membership>(name: &str) -> Option<M::Role> {
    use vauban::orm::Choices as _;
    M::Role::all().iter().find(|role| role.stored() == name).copied()
}

/// The rows of a tenant's members.
fn of_tenant<M: Membership>(tenant: Uuid) -> QuerySet<M> {
    QuerySet::<M>::new().filter(|m| M::__keys::<Own<M>>(m).tenant.eq(Id::from_uuid(tenant)))
}

/// The row of one person's.
fn of_person<M: Membership>(tenant: Uuid, person: Uuid) -> QuerySet<M> {
    of_tenant::<M>(tenant).filter(|m| M::__keys::<Own<M>>(m).person.eq(Id::from_uuid(person)))
}

fn this<M: Membership>(
    tenant: Uuid,
    member: Uuid,
) -> impl FnOnce(&vauban::orm::Columns<M>) -> vauban::orm::Filter<M> {
    // CWE-639: of this tenant, which stands in the address, and of no other.
    move |m| {
        let of_tenant = M::__keys::<Own<M>>(m).tenant.eq(Id::from_uuid(tenant));
        M::__id::<Own<M>>(m).eq(Id::from_uuid(member)) & of_tenant
    }
}

fn standing_of<M: Membership>(seat: &M) -> Option<Standing>
where
    M::Person: UserAccount,
    M::Tenant: fmt::Display,
{
    use vauban::orm::Choices as _;
    let (person, tenant) = (seat.__person()?, seat.__tenant()?);
    // CWE-613: whoever was deactivated has no role.
    person.is_active().then(|| Standing {
        role: seat.role().stored(),
        tenant: short(&tenant.to_string()),
        name: short(person.display_name()),
    })
}

/// A name for a mail or a page: one line, and not a page of it (CWE-117, CWE-1284).
fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn seen<M: Membership>(seat: &M, may_change: bool, may_remove: bool) -> Member
where
    M::Person: UserAccount,
{
    use vauban::orm::Choices as _;
    Member {
        id: seat.id().uuid(),
        person: seat.person().uuid(),
        name: seat.__person().map(|person| short(person.display_name())),
        role: seat.role().stored(),
        label: seat.role().label(),
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

    fn roles(&self) -> Vec<(&'static str, &'static str)> {
        use vauban::orm::Choices as _;
        M::Role::all()
            .iter()
            .map(|role| (role.stored(), role.label()))
            .collect()
    }

    fn manages(&self, role: &str, up_to: &str) -> bool {
        let (Some(role), Some(up_to)) = (role_of::<M>(role), role_of::<M>(up_to)) else {
            return false;
        };
        role.is_at_least(M::Role::MANAGES) && role.is_at_least(up_to)
    }

    fn standing<'a>(&'a self, db: &'a Db, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>> {
        Box::pin(async move {
            let seat = of_person::<M>(tenant, person)
                .related(|m| M::__keys::<Own<M>>(m).tenant)
                .related(|m| M::__keys::<Own<M>>(m).person)
                .first(&db.acting::<Members<M>>())
                .await?;
            Ok(seat.as_ref().and_then(standing_of))
        })
    }

    fn held<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid) -> Answer<'a, Option<Standing>> {
        Box::pin(async move {
            let seat = of_person::<M>(tenant, person)
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

    fn members<'a>(&'a self, db: &'a Db, tenant: Uuid) -> Answer<'a, Vec<Member>> {
        Box::pin(async move {
            let rows = of_tenant::<M>(tenant)
                .related(|m| M::__keys::<Own<M>>(m).person)
                .limit(MOST_LISTED)
                .with_may()
                .all(db)
                .await?;
            let seen = rows
                .iter()
                .map(|row| seen::<M>(row, row.may_change(), row.may_delete()));
            Ok(seen.collect())
        })
    }

    fn member_to_change<'a>(&'a self, db: &'a Db, tenant: Uuid, member: Uuid) -> Answer<'a, Member> {
        Box::pin(async move {
            let row = QuerySet::<M>::new()
                .get_to_change(db, this::<M>(tenant, member))
                .await?;
            Ok(seen::<M>(&row, true, false))
        })
    }

    fn change<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid, role: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let role = role_of::<M>(role).ok_or(Error::NotFound)?;
            let row = QuerySet::<M>::new()
                .get_to_change(db, this::<M>(tenant, member))
                .await?;
            row.change(db, |m| [M::__keys::<Own<M>>(m).role.set(role)])
                .await?;
            Ok(())
        })
    }

    fn remove<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, member: Uuid) -> Answer<'a, Uuid> {
        Box::pin(async move {
            let row = QuerySet::<M>::new()
                .get_to_delete(db, this::<M>(tenant, member))
                .await?;
            let person = row.person().uuid();
            row.delete(db).await?;
            Ok(person)
        })
    }

    fn join<'a>(&'a self, db: &'a Db<Write>, tenant: Uuid, person: Uuid, role: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let acting = db.acting::<Members<M>>();
            if of_person::<M>(tenant, person).exists(&acting).await? {
                return Ok(false);
            }
            let role = role_of::<M>(role).ok_or(Error::NotFound)?;
            let new = M::__new(Id::from_uuid(tenant), Id::from_uuid(person), role);
            Create::<M>::new(new).save(&acting).await?;
            Ok(true)
        })
    }

    fn is_last_owner<'a>(&'a self, db: &'a Db, person: Uuid) -> Answer<'a, bool> {
        Box::pin(async move {
            let acting = db.acting::<Members<M>>();
            let owned = owners::<M>()
                .filter(|m| M::__keys::<Own<M>>(m).person.eq(Id::from_uuid(person)))
                .limit(MOST_LISTED)
                .all(&acting)
                .await?;
            for seat in owned {
                let others = standing_owners::<M>(seat.tenant());
                let others = others.filter(|m| M::__keys::<Own<M>>(m).person.ne(Id::from_uuid(person)));
                if !others.exists(&acting).await? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// The rows of owners.
pub(super) fn owners<M: Membership>() -> QuerySet<M> {
    QuerySet::<M>::new().filter(|m| M::__is_owner::<Own<M>>(m))
}

/// The rows of a tenant's owners whose accounts may be used.
pub(super) fn standing_owners<M: Membership>(tenant: Id<M::Tenant>) -> QuerySet<M>
where
    M::Person: UserAccount,
{
    owners::<M>()
        .filter(|m| M::__keys::<Own<M>>(m).tenant.eq(tenant))
        .filter(|m| {
            M::Person::columns_of_account(M::__keys::<Own<M>>(m).person)
                .is_active
                .eq(true)
        })
}
