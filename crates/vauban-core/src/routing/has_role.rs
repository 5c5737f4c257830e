//! A parameter that asks for a role in the tenant that the path names.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use vauban_orm::membership::{AtLeast, RoleIn, Standing, Tenant};
use vauban_orm::{Choices as _, Id, Policy};

use super::{BySession, Call, InvalidSegment, Kind, Param, PathValue, RoleAsked};
use crate::http::{Error, Refusal, Result};

/// The tenant that the path names, for whoever stands there in this role or one above it: `organisation: HasRole<Organisation,
/// at_least::Editor>` for `{organisation}`. It dereferences to the tenant's row, which is read with the role in one statement.
///
/// A tenant that they may not see is 404, as if it were not there (ASVS 8.4.1); one that they see in too low a role, or in none, is 403; a
/// stranger is sent to the sign-in. The tenant is the path's: no session, cookie or form names it (CWE-639). It is a parameter and not a
/// rule, for a rule is asked before the path's rows are read; the access matrix has both.
///
/// ```
/// # extern crate vauban_core as vauban;
/// use vauban::prelude::*;
/// # #[derive(Model)]
/// # #[model(user)]
/// # pub struct User { pub id: Id<Self> }
/// # impl Policy for User { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// # #[derive(Model)]
/// # pub struct Organisation { pub id: Id<Self>, #[field(max_length = 100)] pub name: String }
/// # impl Policy for Organisation {
/// #     fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> { Rules { view: who.is_member(&o.id), ..Rules::none() } }
/// # }
/// # #[derive(Model)]
/// # #[model(membership, unique(organisation, person))]
/// # pub struct Seat {
/// #     pub id: Id<Self>,
/// #     #[field(tenant, on_delete = cascade)] pub organisation: ForeignKey<Organisation>,
/// #     #[field(owner, on_delete = cascade)] pub person: ForeignKey<User>,
/// #     #[field(role)] pub role: Role,
/// # }
/// # impl Policy for Seat { fn rules(who: Who<Self>, s: &Columns<Self>) -> Rules<Self> { Rules::members(who, s) } }
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
/// pub enum Role { Viewer, Editor, Owner }
///
/// #[view(get, "/organisations/{organisation}/drafts/")]
/// async fn drafts(_: SignedIn, organisation: HasRole<Organisation, at_least::Editor>) -> Result<Text> {
///     Ok(Text::new(format!("Drafts of {}", organisation.name)))
/// }
/// # fn main() {}
/// ```
pub struct HasRole<T: Tenant, R> {
    standing: Standing<T>,
    least: PhantomData<fn() -> R>,
}

impl<T: Tenant, R> HasRole<T, R> {
    /// As what they stand there.
    pub fn role(&self) -> RoleIn<T> {
        self.standing.role()
    }
}

impl<T: Tenant, R> Deref for HasRole<T, R> {
    type Target = T;
    fn deref(&self) -> &T {
        self.standing.tenant()
    }
}

impl<T: Tenant, R> fmt::Debug for HasRole<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HasRole").field(&self.standing).finish()
    }
}

/// The pattern's parameter number `INDEX`: what `#[view]` makes of a [`HasRole`].
#[doc(hidden)]
#[derive(Debug)]
pub struct RoleSegment<const INDEX: usize, T: Tenant, R>(pub HasRole<T, R>);

impl<const INDEX: usize, T, R, K: Kind> Param<K, BySession> for RoleSegment<INDEX, T, R>
where
    T: Tenant + Policy,
    R: AtLeast<Role = RoleIn<T>>,
    Id<T>: PathValue,
{
    fn roles(tell: &mut dyn FnMut(RoleAsked)) {
        tell(RoleAsked {
            tenant: T::meta(),
            role: R::LEAST.stored(),
        });
    }

    async fn take(call: &mut Call<K, BySession>) -> Result<Self> {
        let segment = call.cx().params.get(INDEX).ok_or_else(Error::not_found)?;
        let tenant = <Id<T>>::read(segment).map_err(|InvalidSegment| Error::not_found())?;
        // CWE-306: behind a rule for everybody, too.
        let facts = call.cx().actor().user_facts();
        let facts = facts.ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        let standing = Standing::at_least(&call.reader()?, tenant, facts.id, R::LEAST).await?;
        Ok(Self(HasRole {
            standing,
            least: PhantomData,
        }))
    }
}
