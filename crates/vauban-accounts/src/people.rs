//! The app's own user model, as the framework sees it.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use vauban::page;

use vauban::orm::{Column, Columns, DateTime, Id, Place, UserFacts, UserId};

use super::{Attribute, Email};

/// The model of those who sign in. Written by [`#[derive(UserAccount)]`](macro@crate::UserAccount), which checks
/// that the framework's columns are there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user account",
    note = "write `#[derive(Model, UserAccount)] #[model(user)]` on the struct of those who sign in"
)]
pub trait UserAccount: vauban::orm::UserModel<New: Send> + vauban::Policy + Clone {
    /// The e-mail address, in its normal form: the name to sign in with.
    fn email(&self) -> &Email;
    /// Whether the account may be used. Everything ends at the next request once it is not (ASVS 7.4.2).
    fn is_active(&self) -> bool;
    /// Works for the site.
    fn is_staff(&self) -> bool;
    /// A superuser.
    fn is_superuser(&self) -> bool;
    /// What the site calls them: their `name` if they have one, else what stands before the `@`.
    fn display_name(&self) -> &str;
    /// What is known of them besides the address, which their password must not resemble.
    fn attributes(&self) -> Vec<Attribute>;
    /// That the derive wrote this (CWE-269, CWE-287: an implementation by hand would say who is staff).
    #[doc(hidden)]
    const DERIVED: Derived<Self>;
    #[doc(hidden)]
    fn columns_of_account<P: Place>(columns: &Columns<Self, P>) -> AccountColumns<'_, P, Self>;
    #[doc(hidden)]
    fn fresh(email: Email) -> Self::New;
}

/// Proof that [`#[derive(UserAccount)]`](macro@crate::UserAccount) wrote the implementation for `U`.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct Derived<U>(PhantomData<fn() -> U>);

impl<U> Derived<U> {
    /// For the derive.
    #[deprecated(
        note = "who is staff and who may sign in is read from the columns: write `#[derive(UserAccount)]`"
    )]
    pub const fn __by_derive() -> Self {
        Self(PhantomData)
    }

    pub(crate) const fn holds(&self) {}
}

/// The framework's columns of a user model.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct AccountColumns<'a, P, U> {
    pub id: &'a Column<P, Id<U>>,
    pub email: &'a Column<P, Email>,
    pub is_active: &'a Column<P, bool>,
    pub is_staff: &'a Column<P, bool>,
    pub is_superuser: &'a Column<P, bool>,
    pub last_login: &'a Column<P, Option<DateTime>>,
}

/// One account, without the app's type.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) facts: UserFacts,
    /// The same id, for other modules.
    pub(crate) user: UserId,
    pub(crate) email: Email,
    pub(crate) name: String,
    pub(crate) is_active: bool,
    /// Reads what else is known of them from the row; only a new password asks.
    attributes: fn(&(dyn Any + Send + Sync)) -> Vec<Attribute>,
    /// The app's own row, for `CurrentUser`.
    pub(crate) row: Arc<dyn Any + Send + Sync>,
}

impl Account {
    pub(crate) fn of<U: UserAccount>(user: U) -> Self {
        let facts = UserFacts {
            id: user.id().uuid(),
            is_staff: user.is_staff(),
            is_superuser: user.is_superuser(),
        };
        Self {
            facts,
            user: user.id().into(),
            email: user.email().clone(),
            name: user.display_name().to_owned(),
            is_active: user.is_active(),
            attributes: |row| row.downcast_ref::<U>().map(U::attributes).unwrap_or_default(),
            row: Arc::new(user),
        }
    }

    /// What every page may show of them.
    pub(crate) fn for_pages(&self) -> page::User {
        page::User {
            id: Some(self.facts.id.to_string()),
            name: self.name.clone(),
            email: self.email.to_string(),
            is_signed_in: true,
            can_sign_up: false,
            is_staff: self.facts.is_staff,
            is_superuser: self.facts.is_superuser,
        }
    }

    /// What a password of theirs must not resemble.
    pub(crate) fn known_words(&self) -> Vec<Attribute> {
        std::iter::once(Attribute::address(&self.email))
            .chain((self.attributes)(&*self.row))
            .collect()
    }
}
