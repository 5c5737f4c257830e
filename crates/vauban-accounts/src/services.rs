//! The services of accounts: what each may do beyond the policies, signed once.
//!
//! They are generic over the application's user, so they are written out here and not by `service!`.

use std::marker::PhantomData;

use vauban::orm::actions::{Add, Change, Grant, View};
use vauban::orm::actor::{Action, Granted, Listed};
use vauban::orm::{May, Model, Service};
use vauban::{Place, __place};

use super::UserAccount;
use super::credential::Credential;

macro_rules! services {
    ($($(#[$doc:meta])+ $name:ident: user [$($user:ident),*], credential [$($credential:ident),*]; waiver!(ServiceRights, $reason:literal);)+) => {$(
        $(#[$doc])+
        #[derive(Debug)]
        pub(crate) struct $name<U>(PhantomData<fn() -> U>);

        impl<U: UserAccount> Service for $name<U> {
            const NAME: &'static str = stringify!($name);
            fn waiver() -> Place {
                __place!(ServiceRights, $reason)
            }
            fn grants() -> &'static [Granted] {
                &[
                    $(Granted { action: Action::$user, model: <U as Model>::meta },)*
                    $(Granted { action: Action::$credential, model: <Credential as Model>::meta },)*
                ]
            }
        }
        $(impl<U: UserAccount> May<$user, U> for $name<U> {
            const LISTED: Listed = Listed;
        })*
        $(impl<U: UserAccount> May<$credential, Credential> for $name<U> {
            const LISTED: Listed = Listed;
        })*
    )+};
}

services! {
    /// Makes accounts for people who have none.
    SignUp: user [Add, View], credential [Add];
        waiver!(ServiceRights, "people sign up before they are anybody");
    /// Finds out who somebody is, by session or by password.
    SignIn: user [View, Change, Grant], credential [View, Change];
        waiver!(ServiceRights, "people prove who they are before they are anybody");
    /// Changes a password whose old one was proved.
    PasswordChange: user [View], credential [View, Add, Change];
        waiver!(ServiceRights, "nobody reaches hashes through a policy");
    /// Makes administrators, for whoever holds the machine.
    Administration: user [View, Add, Change, Grant], credential [View, Add, Change];
        waiver!(ServiceRights, "whoever runs commands on the server decides who is superuser");
}
