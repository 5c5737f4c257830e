//! The last owner stays, and nobody makes anybody more than they are: looked at before a unit is saved, whatever statement did it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use uuid::Uuid;
use vauban::orm::actor::Action;
use vauban::orm::membership::{Membership, Role, StoredMember, StoredMembers};
use vauban::orm::{Acting, Change, ChangeHook, Changes, Error, Id, Own, Result, Write};

use super::kind::standing_owners;
use super::service::Members;
use crate::UserAccount;

/// People and rows that one statement looks for.
const AT_ONCE: usize = 500;

/// `#[model(membership)]` and `#[model(user)]` have it told what becomes of members and of people.
pub(crate) struct OwnersStay<M>(PhantomData<fn() -> M>);

impl<M> OwnersStay<M> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> fmt::Debug for OwnersStay<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnersStay")
    }
}

/// What one change made of a seat; `None` where there is none, before or after.
struct Step<R> {
    /// The person who made it; a service answers for itself.
    by: Option<Uuid>,
    old: Option<Seat<R>>,
    new: Option<Seat<R>>,
}

/// Who is what, where. A role that is none of the program's is no role.
#[derive(Clone)]
struct Seat<R> {
    tenant: Uuid,
    person: Uuid,
    role: Option<R>,
}

impl<M: Membership> ChangeHook for OwnersStay<M>
where
    M::Person: UserAccount,
{
    type Service = Members<M>;

    async fn changed(&self, changes: &Changes<'_>, db: &Acting<Members<M>, Write>) -> Result<()> {
        let steps = steps::<M>(changes, db).await?;
        let mut losing: BTreeSet<Uuid> = BTreeSet::new();
        for step in &steps {
            let Some(old) = step.old.as_ref().filter(|old| is_owner(old.role)) else {
                continue;
            };
            let stays = |new: &Seat<M::Role>| {
                is_owner(new.role) && new.tenant == old.tenant && new.person == old.person
            };
            if !step.new.as_ref().is_some_and(stays) {
                losing.insert(old.tenant);
            }
        }
        let touched: BTreeSet<Uuid> = steps
            .iter()
            .flat_map(|step| [&step.old, &step.new])
            .flatten()
            .map(|seat| seat.tenant)
            .chain(losing.iter().copied())
            .collect();
        // With a tenant go its members, and nobody is missed.
        let mut there = BTreeSet::new();
        for tenant in touched {
            if M::__tenant_is_there(db, Id::from_uuid(tenant)).await? {
                there.insert(tenant);
            }
        }
        not_above::<M>(&steps, &there, db).await?;
        for tenant in losing.iter().filter(|tenant| there.contains(tenant)) {
            an_owner_is_left::<M>(Id::from_uuid(*tenant), db).await?;
        }
        Ok(())
    }
}

fn is_owner<R: Role>(role: Option<R>) -> bool {
    role.is_some_and(|role| role.is_at_least(R::OWNER))
}

/// CWE-362: who is left is locked, their account too, so that of two owners who demote each other, leave or are deleted at once one
/// waits for the other, and is undone. Whoever is deactivated does not count, and may be: an account that was taken over is closed, whatever it owns.
async fn an_owner_is_left<M: Membership>(tenant: Id<M::Tenant>, db: &Acting<Members<M>, Write>) -> Result<()>
where
    M::Person: UserAccount,
{
    let left = standing_owners::<M>([tenant])
        .order_by(|m| M::__id::<Own<M>>(m).asc())
        .for_update()
        .of(|m| M::__keys::<Own<M>>(m).person)
        .first(db)
        .await?;
    match left {
        Some(_) => Ok(()),
        None => Err(Error::Refused(
            "This would leave nobody who owns it. Make somebody else an owner first.",
        )),
    }
}

/// CWE-269: nobody gives a role above their own, nor changes or removes whoever stands above them, whatever the site's policies say. What
/// they were counts as it was before the unit, so that no change justifies the next.
async fn not_above<M: Membership>(
    steps: &[Step<M::Role>],
    there: &BTreeSet<Uuid>,
    db: &Acting<Members<M>, Write>,
) -> Result<()> {
    let mut known: BTreeMap<(Uuid, Uuid), Option<M::Role>> = BTreeMap::new();
    for step in steps {
        let Some(by) = step.by else { continue };
        for seat in [&step.old, &step.new].into_iter().flatten() {
            // Leaving, and being less than one was.
            let is_own = seat.person == by && step.old.as_ref().is_some_and(|old| old.person == by);
            if is_own && !is_raised(step) || !there.contains(&seat.tenant) {
                continue;
            }
            let key = (seat.tenant, by);
            let own = match known.get(&key) {
                Some(own) => *own,
                None => {
                    let own = before::<M>(steps, key, db).await?;
                    known.insert(key, own);
                    own
                }
            };
            // Of a role that is none nobody knows how high it is: an owner's.
            let asked = seat.role.unwrap_or(M::Role::OWNER);
            if !own.is_some_and(|own| own.is_at_least(asked)) {
                return Err(Error::Refused(
                    "Nobody gives a role above their own, nor changes or removes who stands above them.",
                ));
            }
        }
    }
    Ok(())
}

/// Whether somebody is more than they were, or elsewhere.
fn is_raised<R: Role>(step: &Step<R>) -> bool {
    match (&step.old, &step.new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => {
            let is_elsewhere = old.tenant != new.tenant || old.person != new.person;
            let is_lower = match (old.role, new.role) {
                (Some(old), Some(new)) => old.is_at_least(new),
                _ => false,
            };
            is_elsewhere || !is_lower
        }
    }
}

/// What somebody was in a tenant before the unit.
async fn before<M: Membership>(
    steps: &[Step<M::Role>],
    (tenant, person): (Uuid, Uuid),
    db: &Acting<Members<M>, Write>,
) -> Result<Option<M::Role>> {
    let is_it = |seat: &&Seat<M::Role>| seat.tenant == tenant && seat.person == person;
    for step in steps {
        let (old, new) = (step.old.as_ref().filter(is_it), step.new.as_ref().filter(is_it));
        match (old, new) {
            (Some(old), _) => return Ok(old.role),
            (None, Some(_)) => return Ok(None),
            (None, None) => {}
        }
    }
    let theirs = StoredMembers::<M>::new(|m| {
        let keys = M::__keys::<Own<M>>(m);
        keys.tenant.eq(Id::from_uuid(tenant)) & keys.person.eq(Id::from_uuid(person))
    });
    Ok(theirs.all(db).await?.first().and_then(StoredMember::role))
}

/// Every change of a seat, as it was and as it became.
async fn steps<M: Membership>(
    changes: &Changes<'_>,
    db: &Acting<Members<M>, Write>,
) -> Result<Vec<Step<M::Role>>> {
    let of_seats: Vec<&Change> = changes
        .iter()
        .filter(|change| std::ptr::eq(change.model(), M::meta()))
        .collect();
    let ids: BTreeSet<Uuid> = of_seats.iter().map(|change| change.id()).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut now: BTreeMap<Uuid, Seat<M::Role>> = BTreeMap::new();
    for ids in ids.chunks(AT_ONCE) {
        let ids = ids.iter().map(|id| Id::from_uuid(*id));
        let rows = StoredMembers::<M>::new(|m| M::__id::<Own<M>>(m).is_in(ids));
        now.extend(rows.all(db).await?.into_iter().map(|row| {
            let seat = Seat {
                tenant: row.tenant().uuid(),
                person: row.person().uuid(),
                role: row.role(),
            };
            (row.id().uuid(), seat)
        }));
    }
    // From the last change to the first: what a change leaves is what the next one found.
    let mut steps = Vec::with_capacity(of_seats.len());
    for change in of_seats.iter().rev() {
        let new = now.get(&change.id()).cloned();
        let old = match change.action() {
            Action::Add => None,
            Action::Delete => seat::<M>(change, None),
            _ => seat::<M>(change, new.as_ref()),
        };
        // What was added and deleted again is told by the change that added it.
        let new = match change.action() {
            Action::Delete => None,
            _ => new,
        };
        match &old {
            Some(old) => now.insert(change.id(), old.clone()),
            None => now.remove(&change.id()),
        };
        steps.push(Step {
            by: change.actor().user_facts().map(|facts| facts.id),
            old,
            new,
        });
    }
    steps.reverse();
    Ok(steps)
}

/// What a seat was before a change: of what the change left as it was, what it is.
fn seat<M: Membership>(change: &Change, new: Option<&Seat<M::Role>>) -> Option<Seat<M::Role>> {
    let fields: Vec<(&str, String)> = change
        .columns()
        .map(|column| (column.field(), column.old().to_string()))
        .collect();
    let told = |field: &str| {
        fields
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, value)| value)
    };
    let [tenant, person, role] = M::__FIELDS;
    let id = |told: Option<&String>, now: Option<Uuid>| match told {
        Some(text) => Uuid::try_parse(text).ok(),
        None => now,
    };
    Some(Seat {
        tenant: id(told(tenant), new.map(|new| new.tenant))?,
        person: id(told(person), new.map(|new| new.person))?,
        role: match told(role) {
            Some(name) => M::Role::named(name),
            None => new.and_then(|new| new.role),
        },
    })
}
