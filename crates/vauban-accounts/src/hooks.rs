//! What happens to accounts, for the [hooks](vauban::hooks) of other modules: a welcome page for whoever signs up, a domain whose people
//! alone may, what is to be put away before an account goes.
//!
//! Each is fired in the unit of the request (or task) in which it happens: what a hook writes is saved with it, and if a hook fails,
//! nothing is. What is about to happen may be refused, by a sentence that the page shows at its form ([`Refused`]); before a password was
//! right no hook is asked, so no answer of a hook's tells who has an account (CWE-204).
//!
//! ```
//! # use vauban::prelude::*;
//! # use vauban_accounts::hooks::SigningUp;
//! # #[derive(Model)]
//! # pub struct Guest { pub id: Id<Guest>, pub email: Email }
//! # impl Policy for Guest { fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> { Rules::none() } }
//! # service! { pub GuestList: View<Guest>; waiver!(ServiceRights, "the list says who may have an account") }
//! use vauban::hooks::Refused;
//!
//! /// Only who stands on the list has an account.
//! #[hook]
//! async fn on_the_list(_: AsService<GuestList>, db: Db<Write>, who: &SigningUp) -> Result<(), Refused> {
//!     if Guest::objects().filter(|g| g.email.eq(&who.email)).exists(&db).await? {
//!         return Ok(());
//!     }
//!     Err(vauban::Problem::new("not_invited", "This address is on nobody's list.").into())
//! }
//!
//! fn module() -> Module {
//!     Module::new("guests").model::<Guest>().service::<GuestList>().hook::<on_the_list>()
//! }
//! # fn main() {}
//! ```

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};
use vauban::hooks::{Event, Refused};
use vauban::http::{Error, Result};
use vauban::orm::UserId;

use crate::Email;
use crate::people::Account;

/// Somebody who reads this address is about to make an account. The page of the link says why not.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SigningUp {
    /// The address, which is proved.
    pub email: Email,
}

/// Somebody has made an account by the link of a mail. Its row is there, with the site's own fields.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedUp {
    /// Whose account it is: `user.id::<User>()` is its key.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
}

/// Somebody has proved who they are, and a session is about to begin. The page says why not; after a sign-up, the page to sign in at.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SigningIn {
    /// Whose account it is.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
}

/// A session has begun.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedIn {
    /// Whose account it is.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
}

/// An account is about to have another address, which is proved. The page of the link says why not.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmailChanging {
    /// Whose account it is.
    pub user: UserId,
    /// Its address until now.
    pub old: Email,
    /// The one that it is about to have.
    pub email: Email,
}

/// An account has another address, which is proved.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmailChanged {
    /// Whose account it is.
    pub user: UserId,
    /// Its address until now.
    pub old: Email,
    /// Its address from now on.
    pub email: Email,
}

/// An account has another password, by its old one or by the link of a mail.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PasswordChanged {
    /// Whose account it is.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
}

/// What became of an account's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactorChange {
    /// It has an authenticator app.
    Added,
    /// It has no app any more, by its owner or by an administrator.
    Removed,
    /// It has one passkey more.
    PasskeyAdded,
    /// It has one passkey less, or none, by its owner or by an administrator.
    PasskeyRemoved,
    /// Its recovery codes are others.
    NewRecoveryCodes,
}

/// An account's second factor is another one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FactorChanged {
    /// Whose account it is.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
    /// What became of it.
    pub change: FactorChange,
}

/// An account is opened by an identity at a provider of single sign-on from now on, or by it no more.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProviderLinkChanged {
    /// Whose account it is.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
    /// Whether it was linked.
    pub is_linked: bool,
}

/// An account is about to be erased, for good: the rows are still there. A hook puts away what its module keeps of the person where no
/// `on_delete` reaches. If it fails, the account stays, and the task is tried again.
///
/// It has a few seconds, and the erasure may still be undone: for what lies outside the database (files, another service) it enqueues a
/// task, which runs once this is saved.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Deleting {
    /// Whose account it is.
    pub user: UserId,
    /// The address that it signs in with.
    pub email: Email,
}

/// A person's data is being made for them, as that person. What the models tell by themselves (their row, and rows that are `owner`ed by
/// or `personal` to them) is there; a hook [adds](Self::add) what they do not: an encrypted field, a row of another service.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exporting {
    /// Whose data is made, and who acts.
    pub user: UserId,
    /// The address that they sign in with.
    pub email: Email,
    more: Mutex<Map<String, Value>>,
}

impl Exporting {
    pub(crate) fn of(person: &Account) -> Self {
        Self {
            user: person.user,
            email: person.email.clone(),
            more: Mutex::default(),
        }
    }

    /// Adds something under a name of its own; the module's name is one.
    ///
    /// # Errors
    /// Of a value that has no form as JSON; of a name that is taken.
    pub fn add(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value)?;
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        if more.contains_key(name) {
            return Err(Error::internal(format!(
                "two hooks add `{name}` to a person's data: give one of them another name"
            )));
        }
        more.insert(name.to_owned(), value);
        Ok(())
    }

    pub(crate) fn taken(&self) -> Map<String, Value> {
        std::mem::take(&mut *self.more.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

macro_rules! events {
    ($($event:ty: $failure:ty),+ $(,)?) => {
        $(impl Event for $event {
            type Failure = $failure;
        })+
    };
}

events! {
    SigningUp: Refused,
    SignedUp: Error,
    SigningIn: Refused,
    SignedIn: Error,
    EmailChanging: Refused,
    EmailChanged: Error,
    PasswordChanged: Error,
    FactorChanged: Error,
    ProviderLinkChanged: Error,
    Deleting: Error,
    Exporting: Error,
}

impl Account {
    pub(crate) fn signed_up(&self) -> SignedUp {
        let (user, email) = (self.user, self.email.clone());
        SignedUp { user, email }
    }

    pub(crate) fn signing_in(&self) -> SigningIn {
        let (user, email) = (self.user, self.email.clone());
        SigningIn { user, email }
    }

    pub(crate) fn signed_in(&self) -> SignedIn {
        let (user, email) = (self.user, self.email.clone());
        SignedIn { user, email }
    }

    pub(crate) fn password_changed(&self) -> PasswordChanged {
        let (user, email) = (self.user, self.email.clone());
        PasswordChanged { user, email }
    }
}
