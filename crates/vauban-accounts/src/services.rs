//! The services of accounts: what each may do beyond the policies, signed once.
//!
//! They are generic over the application's user, so they are written out here and not by `service!`.

use std::marker::PhantomData;

use vauban::orm::actions::{Add, Change, Delete, Grant, View};
use vauban::orm::actor::{Proof, Right};
use vauban::orm::{May, Service};
use vauban::{__place, SignedPlace};

use super::UserAccount;
use super::credential::Credential;

macro_rules! services {
    ($($(#[$doc:meta])+ $name:ident: user [$($user:ident),*], credential [$($credential:ident),*]; waiver!(ServiceRights, $reason:literal);)+) => {$(
        $(#[$doc])+
        #[derive(Debug)]
        pub(crate) struct $name<U>(PhantomData<fn() -> U>);

        impl<U: UserAccount> Service for $name<U> {
            type Rights = services!(@rights U, [$($user),*], [$($credential),*]);
            #[allow(deprecated)]
            const SIGNED: Proof<Self> = Proof::__by_macro();
            fn waiver() -> SignedPlace {
                __place!(ServiceRights, $reason)
            }
        }
        $(impl<U: UserAccount> May<$user, U> for $name<U> {
            #[allow(deprecated)]
            const LISTED: Proof<Self> = Proof::__by_macro();
        })*
        $(impl<U: UserAccount> May<$credential, Credential> for $name<U> {
            #[allow(deprecated)]
            const LISTED: Proof<Self> = Proof::__by_macro();
        })*
    )+};
    (@rights $user_model:ident, [$user:ident $(, $users:ident)*], [$($credentials:ident),*]) => {
        (Right<$user, $user_model>, services!(@rights $user_model, [$($users),*], [$($credentials),*]))
    };
    (@rights $user_model:ident, [], [$credential:ident $(, $credentials:ident)*]) => {
        (Right<$credential, Credential>, services!(@rights $user_model, [], [$($credentials),*]))
    };
    (@rights $user_model:ident, [], []) => { () };
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
    /// Changes an address that was proved by the link in a mail to it.
    AddressChange: user [View, Change, Grant], credential [];
        waiver!(ServiceRights, "an address is changed by whoever reads its mails");
    /// Erases accounts whose owners want it.
    Erasure: user [View, Delete], credential [];
        waiver!(ServiceRights, "nobody deletes people through a policy");
    /// Makes administrators, for whoever holds the machine.
    Administration: user [View, Add, Change, Grant], credential [View, Add, Change];
        waiver!(ServiceRights, "whoever runs commands on the server decides who is superuser");
}
