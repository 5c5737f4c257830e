//! As what somebody stands in a tenant, in front of a view: the tenant's row and their role, read together.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::{Membership, Role, RoleIn, Tenant, this};
use crate::error::{Error, Result};
use crate::model::choices::Choices as _;
use crate::model::scope::Own;
use crate::model::types::Id;
use crate::policy::Policy;
use crate::query::QuerySet;
use crate::unit::handles::Db;

/// The least role that something asks for, as a type: `at_least::Editor`. Written by `#[derive(Role)]`, one for each role, in the module
/// `at_least` beside the enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role that can be asked for",
    label = "not a role's type",
    note = "`#[derive(Role)]` writes a type for each role, in the module `at_least` beside the enum: `HasRole<Organisation, at_least::Editor>`"
)]
pub trait AtLeast: Send + Sync + 'static {
    /// The roles that it is one of.
    type Role: Role;
    /// Which one.
    const LEAST: Self::Role;
}

/// A tenant's row, and the role that somebody has there.
pub struct Standing<T: Tenant> {
    tenant: Arc<T>,
    role: RoleIn<T>,
}

impl<T: Tenant + Policy> Standing<T> {
    /// Reads both in one statement, by what whoever asks may see.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a tenant that they do not see, as if it were not there (ASVS 8.4.1); [`Error::Forbidden`] for one where
    /// they are less than `least`, or nothing.
    pub async fn at_least(db: &Db, tenant: Id<T>, person: Uuid, least: RoleIn<T>) -> Result<Self> {
        // CWE-639: the seat in this very tenant, of whoever asks. CWE-636: with a role of the program's.
        let seat = QuerySet::<T::Membership>::new()
            .filter(|m| {
                let keys = T::Membership::__keys::<Own<T::Membership>>(m);
                keys.tenant.eq(tenant) & keys.person.eq(Id::from_uuid(person))
            })
            .filter(T::Membership::__has_a_role::<Own<T::Membership>>)
            .related(|m| T::Membership::__keys::<Own<T::Membership>>(m).tenant)
            .first(db)
            .await?;
        let Some(seat) = seat else {
            QuerySet::<T>::new().get(db, |_| this(tenant)).await?;
            return Err(Error::Forbidden);
        };
        let role = seat.role();
        let tenant = seat.__into_tenant().ok_or(Error::NotFound)?;
        match role.is_at_least(least) {
            true => Ok(Self { tenant, role }),
            false => Err(Error::Forbidden),
        }
    }
}

impl<T: Tenant> Standing<T> {
    /// The row of the tenant that was asked for.
    pub fn tenant(&self) -> &T {
        &self.tenant
    }

    /// As what they belong to it.
    pub fn role(&self) -> RoleIn<T> {
        self.role
    }
}

impl<T: Tenant> fmt::Debug for Standing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Standing").field(&self.role.stored()).finish()
    }
}
