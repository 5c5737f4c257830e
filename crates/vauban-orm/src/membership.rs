//! Tenancy: who belongs to which tenant, in which role, as rules ask it.

mod standing;
mod stored;

use std::fmt;
use std::sync::Arc;

pub use standing::{AtLeast, Standing};
pub use stored::{StoredMember, StoredMembers};

use crate::error::Result;
use crate::model::choices::Choices;
use crate::model::columns::{Column, Columns};
use crate::model::field::Field;
use crate::model::filter::Filter;
use crate::model::key::Rel;
use crate::model::many::{KeyOf, Many};
use crate::model::path::Path;
use crate::model::scope::{In, Own, Place, Scope, Via};
use crate::model::types::Id;
use crate::model::who::Who;
use crate::model::{Model, UserModel};
use crate::policy::actor::May;
use crate::policy::actor::actions::View;
use crate::policy::{Policy, Rules};
use crate::query::QuerySet;
use crate::tree::expr::{Col, Expr, Op};
use crate::tree::meta::Auto;
use crate::tree::value::Value;
use crate::unit::handles::{Acting, Reads, Write};

/// What a member of a tenant may do: an enum, in order, the least role first; the last one is the owner's. Written by
/// `#[derive(Role)]`.
///
/// A row holds the role's name, so that another order in the code changes what nobody may do who is there (CWE-269). A name that is
/// none of these is no role: its member may nothing (CWE-636).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role",
    label = "not a role",
    note = "a role is an enum in order, the last one the owner's: `#[derive(Debug, Clone, Copy, PartialEq, Eq, Role)] enum {Self} {{ Viewer, Editor, Owner }}`"
)]
pub trait Role: Choices + Copy {
    /// The least role that manages members: invites them, changes their roles and removes them, never above its own. The
    /// owner's, unless another one says `#[role(manages)]`.
    const MANAGES: Self;
    /// The owner's role, of which there is always somebody left.
    const OWNER: Self;

    /// Its place in the order, from 0.
    fn rank(self) -> usize {
        let all = Self::all().iter();
        all.take_while(|one| one.stored() != self.stored()).count()
    }

    /// The role of this name; none of the program's is no role (CWE-636).
    fn named(name: &str) -> Option<Self> {
        Self::all().iter().find(|role| role.stored() == name).copied()
    }

    /// Whether it is this role or one above it.
    fn is_at_least(self, least: Self) -> bool {
        self.rank() >= least.rank()
    }

    /// This role and those above it.
    fn and_above(self) -> &'static [Self] {
        Self::all().get(self.rank()..).unwrap_or_default()
    }

    /// This role and those below it.
    fn and_below(self) -> &'static [Self] {
        Self::all().get(..=self.rank()).unwrap_or_default()
    }
}

/// A model whose rows say who belongs to which tenant, in which role: one foreign key to the tenant, one to the person, one role;
/// a person is in a tenant once. Written by `#[derive(Model)]` with `#[model(membership)]`.
///
/// ```
/// # use vauban_macros::{Model, Role};
/// # use vauban_orm::*;
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm, user)]
/// # pub struct User { pub id: Id<User> }
/// # impl Policy for User { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
/// # #[derive(Model)]
/// # #[model(crate = vauban_orm)]
/// # pub struct Organisation { pub id: Id<Organisation> }
/// # impl Policy for Organisation {
/// #     fn rules(who: Who<Self>, o: &Columns<Self>) -> Rules<Self> { Rules { view: who.is_member(&o.id), ..Rules::none() } }
/// # }
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Role)]
/// # #[choices(crate = vauban_orm)]
/// pub enum Role { Viewer, Editor, Owner }
///
/// #[derive(Model)]
/// # #[model(crate = vauban_orm)]
/// #[model(membership, unique(organisation, person))]
/// pub struct Seat {
///     pub id: Id<Seat>,
///     #[field(tenant, on_delete = cascade)]
///     pub organisation: ForeignKey<Organisation>,
///     #[field(owner, index, on_delete = cascade)]
///     pub person: ForeignKey<User>,
///     #[field(role)]
///     pub role: Role,
/// }
///
/// impl Policy for Seat {
///     fn rules(who: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
///         Rules::members(who, s)
///     }
/// }
///
/// #[derive(Model)]
/// # #[model(crate = vauban_orm)]
/// pub struct Task {
///     pub id: Id<Task>,
///     #[field(tenant, on_delete = cascade)]
///     pub organisation: ForeignKey<Organisation>,
/// }
///
/// impl Policy for Task {
///     fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
///         Rules {
///             view: who.is_member(&t.organisation),
///             change: who.has_role(&t.organisation, Role::Editor),
///             ..Rules::none()
///         }
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a membership",
    label = "says of nobody that they belong to a tenant",
    note = "write `#[model(membership, unique(organisation, person))]` on the model, with the fields `#[field(tenant)] organisation: \
            ForeignKey<Organisation>`, `#[field(owner)] person: ForeignKey<User>` and `#[field(role)] role: Role`"
)]
pub trait Membership: Model<New: Send> + Policy {
    /// To what people belong.
    type Tenant: Tenant<Membership = Self>;
    /// Who belongs to it.
    type Person: UserModel;
    /// As what.
    type Role: Role;

    /// To which tenant the member belongs.
    fn tenant(&self) -> Id<Self::Tenant>;
    /// Who the member is, active or not.
    fn person(&self) -> Id<Self::Person>;
    /// What the member may do there.
    fn role(&self) -> Self::Role;

    /// The names of the fields for tenant, person and role.
    #[doc(hidden)]
    const __FIELDS: [&'static str; 3];
    /// The tenant's row, if it was loaded.
    #[doc(hidden)]
    fn __tenant(&self) -> Option<&Self::Tenant>;
    /// The person's row, if it was loaded.
    #[doc(hidden)]
    fn __person(&self) -> Option<&Self::Person>;
    /// The same, without the rest.
    #[doc(hidden)]
    fn __into_tenant(self) -> Option<Arc<Self::Tenant>>;
    #[doc(hidden)]
    fn __keys<P: Place>(columns: &Columns<Self, P>) -> MembershipColumns<'_, P, Self>;
    #[doc(hidden)]
    fn __id<P: Place>(columns: &Columns<Self, P>) -> &Column<P, Id<Self>>;
    /// The row is an owner's.
    #[doc(hidden)]
    fn __is_owner<P: Place>(columns: &Columns<Self, P>) -> Filter<P::Scope> {
        Filter::new(is_one_of(Self::__keys(columns).role, &[Self::Role::OWNER]))
    }
    /// The row's role is one of the program's.
    #[doc(hidden)]
    fn __has_a_role<P: Place>(columns: &Columns<Self, P>) -> Filter<P::Scope> {
        Filter::new(is_one_of(Self::__keys(columns).role, Self::Role::all()))
    }
    /// Whether the tenant's row is there, for a service that may see it.
    #[doc(hidden)]
    fn __tenant_is_there<S: May<View, Self>>(
        db: &Acting<S, Write>,
        tenant: Id<Self::Tenant>,
    ) -> impl Future<Output = Result<bool>> + Send {
        let this = QuerySet::<Self::Tenant>::new().filter(|_| this(tenant));
        this.exists_in(Reads::<Self>::bound(db))
    }
    #[doc(hidden)]
    fn __new(tenant: Id<Self::Tenant>, person: Id<Self::Person>, role: Self::Role) -> Self::New;
}

/// A model whose rows people belong to, each by a row of one membership: written with that.
#[diagnostic::on_unimplemented(
    message = "nobody can be a member of a `{Self}`",
    label = "no tenant",
    note = "a model is a tenant by its membership: `#[derive(Model)] #[model(membership, unique(tenant, person))] struct Seat {{ …, \
            #[field(tenant)] tenant: ForeignKey<{Self}>, … }}`"
)]
pub trait Tenant: Model {
    /// The rows that say who belongs to it.
    type Membership: Membership<Tenant = Self>;
}

/// The roles of a tenant's members.
pub type RoleIn<T> = <<T as Tenant>::Membership as Membership>::Role;

/// The columns that make a membership one.
#[doc(hidden)]
pub struct MembershipColumns<'a, P: Place, M: Membership> {
    pub tenant: &'a Rel<P, M::Tenant>,
    pub person: &'a Rel<P, M::Person>,
    pub role: &'a Column<P, M::Role>,
}

impl<P: Place, M: Membership> fmt::Debug for MembershipColumns<'_, P, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MembershipColumns")
    }
}

/// The columns of a membership, as it stands in `any`.
type Inside<S, M> = Columns<M, Own<In<S, M>>>;

/// A column that says which tenant: a foreign key to it, or in the tenant's own rules its `id`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which tenant",
    label = "no foreign key to a tenant",
    note = "a rule asks for the membership by the row's foreign key, `who.is_member(&t.organisation)`, and in the tenant's own rules by its \
            id, `who.is_member(&o.id)`"
)]
pub trait TenantKey {
    /// The tenant's model.
    type Tenant: Tenant;
    /// The row that a condition on it is a condition on.
    type Scope: Scope;

    #[doc(hidden)]
    fn __some(
        &self,
        is_so: impl FnOnce(
            &Inside<Self::Scope, <Self::Tenant as Tenant>::Membership>,
        ) -> Filter<In<Self::Scope, <Self::Tenant as Tenant>::Membership>>,
    ) -> Filter<Self::Scope>;
}

/// The row with this id.
fn this<M: Model>(id: Id<M>) -> Filter<M> {
    Filter::new(Expr::compare(
        Op::Eq,
        Col::of_root(M::meta().id()),
        Value::Uuid(id.uuid()),
    ))
}

fn is_one_of<P: Place, R: Role>(column: &Column<P, R>, roles: &[R]) -> Expr {
    let values = roles.iter().map(Field::to_value);
    column.condition(|column| Expr::is_in(column, values)).expr
}

fn key_of<T: Tenant>() -> KeyOf<T::Membership> {
    KeyOf::to::<T>(|m| T::Membership::__keys::<Own<T::Membership>>(m).tenant)
}

fn some<P: Place, T: Tenant>(
    path: &Path,
    is_so: impl FnOnce(&Inside<P::Scope, T::Membership>) -> Filter<In<P::Scope, T::Membership>>,
) -> Filter<P::Scope> {
    Many::<P, T::Membership>::new(path, key_of::<T>).having_some(is_so)
}

impl<P: Place, T: Tenant> TenantKey for Rel<P, T> {
    type Tenant = T;
    type Scope = P::Scope;

    fn __some(
        &self,
        is_so: impl FnOnce(&Inside<P::Scope, T::Membership>) -> Filter<In<P::Scope, T::Membership>>,
    ) -> Filter<P::Scope> {
        some::<Via<P::Scope>, T>(&self.path().then(self.column_meta()), is_so)
    }
}

impl<P: Place, T: Tenant> TenantKey for Column<P, Id<T>> {
    type Tenant = T;
    type Scope = P::Scope;

    fn __some(
        &self,
        is_so: impl FnOnce(&Inside<P::Scope, T::Membership>) -> Filter<In<P::Scope, T::Membership>>,
    ) -> Filter<P::Scope> {
        // CWE-863: an id that a row of another model keeps without a foreign key is not that row's own.
        if !matches!(self.column_meta().auto, Auto::Id | Auto::RandomId) {
            return Filter::never();
        }
        some::<P, T>(self.path(), is_so)
    }
}

impl<M: Model> Who<M> {
    /// Belongs to the tenant, in any of its roles: never nobody, nor a service. As all rules it is read with the rows, at every request and
    /// every run of a task, so that it ends with the membership (CWE-613), and it is about the tenant of the row, and about no tenant
    /// that a session has chosen (CWE-639; ASVS 8.4.1).
    pub fn is_member<K: TenantKey>(self, of: &K) -> Filter<K::Scope> {
        match RoleIn::<K::Tenant>::all().first() {
            Some(least) => self.has_role(of, *least),
            None => Filter::never(),
        }
    }

    /// Belongs to the tenant in this role or one above it: see [`Membership`].
    pub fn has_role<K: TenantKey>(self, of: &K, least: RoleIn<K::Tenant>) -> Filter<K::Scope> {
        of.__some(|mine| {
            let mine = <K::Tenant as Tenant>::Membership::__keys::<Own<In<K::Scope, _>>>(mine);
            // CWE-636: a role that is none of the program's is in no list.
            let is_one_of = is_one_of(mine.role, least.and_above());
            Filter::new(mine.person.is(self).expr.and(is_one_of))
        })
    }
}

impl<M: Membership> Rules<M> {
    /// The rules of a membership: members see each other; who [manages](Role::MANAGES) adds, changes and removes members up to their own
    /// role, and gives no role above it (CWE-269); everybody may leave.
    ///
    /// Whatever a policy says, a change that a person makes above their own role is refused, and so is one after which no
    /// owner is left.
    pub fn members(who: Who<M>, columns: &Columns<M>) -> Self {
        let row = M::__keys::<Own<M>>(columns);
        // The row's own role stands beside the look at one's own seat, and not inside: so that is found by its index, and of rows that go
        // together none waits for the one before.
        let manages = M::Role::MANAGES
            .and_above()
            .iter()
            .fold(Expr::False, |any, role| {
                let up_to = match role.is_at_least(M::Role::OWNER) {
                    // Of a role that is none of the program's nobody knows how high it is: the owner's (CWE-269).
                    true => Expr::True,
                    false => is_one_of(row.role, role.and_below()),
                };
                any.or(who.has_role(row.tenant, *role).expr.and(up_to))
            });
        let manages = Filter::<M>::new(manages);
        Self {
            view: who.is_member(row.tenant),
            add: manages.clone(),
            change: manages.clone(),
            delete: manages | row.person.is(who),
            set: Vec::new(),
        }
    }
}
